"""The address that a request came from, as far as trusted proxies tell it."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings

LONGEST_ADDRESS = 45  # characters of an IPv6 address that holds an IPv4 address
CUSTOMER_BITS = 64  # an internet provider gives each customer a whole IPv6 /64


def address(request: Any) -> str:
    """The client's address; empty if the server told none.

    Each trusted proxy adds to X-Forwarded-For the address that asked it. Read from the
    right, the first entry that none of our proxies wrote is where a client could write
    anything. With fewer entries than proxies, the request did not pass through all of
    them: then its sender is whoever opened the connection.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "")[:LONGEST_ADDRESS]
    trusted: int = settings.TRUSTED_PROXIES
    if not trusted:
        return peer
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")
    entry = forwarded[-trusted].strip() if len(forwarded) >= trusted else ""
    try:
        # In one spelling; an IPv6 address may stand in brackets.
        return str(ip_address(entry.removeprefix("[").removesuffix("]")))
    except ValueError:
        return peer


def network(client: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(client)
    except ValueError:
        return client
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, CUSTOMER_BITS), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
