"""Where a request came from, through as many proxies as are trusted, and no more."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings

OF_ONE_CUSTOMER = 64  # bits: whoever has an IPv6 address has this many of them


def address(request: Any) -> str:
    """The client's address; empty where the server told none.

    Each trusted proxy adds to X-Forwarded-For whom it was asked by; read from the
    right, the first that none of ours wrote is where a client could say anything. With
    fewer entries than proxies the request came round one: then whoever asked it is.
    """
    asked_by = str(request.META.get("REMOTE_ADDR") or "")
    trusted: int = settings.TRUSTED_PROXIES
    if not trusted:
        return asked_by[:45]
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")
    found = forwarded[-trusted].strip() if len(forwarded) >= trusted else ""
    return _written(found) or asked_by[:45]


def _written(found: str) -> str:
    """In one spelling; empty for what is no address."""
    try:
        return str(ip_address(found.removeprefix("[").removesuffix("]")))
    except ValueError:
        return ""


def network(found: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        known = ip_address(found)
    except ValueError:
        return found
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(ip_network((known, OF_ONE_CUSTOMER), strict=False))
    return str(getattr(known, "ipv4_mapped", None) or known)
