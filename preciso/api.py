"""What every API view shares: permissions, errors and documentation."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from preciso.request_body import CUT_OFF

logger = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])


class ApiRequest(Request):
    """What a view behind DeclaredPerms gets; a type, never instantiated by us."""

    user: User


class DeclaredPerms(BasePermission):
    """Each view lists its methods and what they need; a method not listed is refused.

    `required_perms = {"GET": [], "POST": ["training.review_case"]}`: an empty list
    means that signing in is enough. Nothing is open to a stranger. An API token that
    restricts its owner says so by a method `permits(permission) -> bool`.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        declared: Mapping[str, Sequence[str]] = getattr(view, "required_perms", {})
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in declared:
            raise exceptions.MethodNotAllowed(method)
        return all(permitted(request, each) for each in declared[method])


def permitted(request: Request, permission: str) -> bool:
    """Whether the person may do this, and the token they ask with lets them."""
    permits = getattr(request.auth, "permits", None)
    if permits is not None and not permits(permission):
        return False
    return bool(request.user.has_perm(permission))


def documented(**options: Any) -> Callable[[F], F]:
    """Describe a method of a view for the OpenAPI document.

    Takes the options of drf-spectacular's `extend_schema`. That decorator would load
    the generator of the document, with Django's test client, at every start: 0.28 of
    1.1 seconds of processor time (ADR 53). So the options are only stored here, and
    `preciso.schema` applies them when somebody asks for the document.
    """

    def note(method: F) -> F:
        vars(method)["documented"] = options
        return method

    return note


def handle_exception(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to a refusal; None, which becomes a 500, for what nobody foresaw."""
    known = _as_api_exception(error)
    if known is not None:
        body: dict[str, Any] = {
            "code": _code(known),
            "detail": _sentence(known.detail),
        }
        if isinstance(known.detail, dict):
            body["fields"] = known.detail
        headers = {}
        if challenge := getattr(known, "auth_header", None):
            headers["WWW-Authenticate"] = challenge
        if wait := getattr(known, "wait", None):
            headers["Retry-After"] = str(int(wait))
        return Response(body, status=known.status_code, headers=headers)
    status, code = getattr(error, "status_code", None), getattr(error, "code", None)
    if isinstance(status, int) and isinstance(code, str):
        return Response({"code": code, "detail": str(error)}, status=status)
    return None


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    """The same error in the words of REST framework."""
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return PayloadTooLarge()
    if isinstance(error, UnreadablePostError):
        return exceptions.ParseError(CUT_OFF)
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("The database does not answer.", exc_info=error)
        return DatabaseUnavailable()
    return None


class PayloadTooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = _("The body of the request is too large.")


class UnknownField(exceptions.APIException):
    status_code = 400
    default_code = "unknown_field"


class DuplicateField(exceptions.APIException):
    status_code = 400
    default_code = "duplicate_field"


class DatabaseUnavailable(exceptions.APIException):
    status_code = 503
    default_code = "database_unavailable"
    default_detail = _("The database does not answer. Try again in a moment.")


def _code(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ParseError):
        return "malformed"
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _sentence(detail: Any, path: str = "") -> str:
    """The first complaint, with the path of the field that it is about."""
    if isinstance(detail, dict):
        name, inner = next(iter(detail.items()))
        below = path if name == "non_field_errors" else f"{path}.{name}".strip(".")
        return _sentence(inner, below)
    if isinstance(detail, list | tuple):
        # A list of complaints, or one entry for each item of a list, often empty.
        for position, inner in enumerate(detail):
            if inner:
                nested = isinstance(inner, dict | list)
                return _sentence(inner, f"{path}[{position}]" if nested else path)
        return path
    return f"{path}: {detail}" if path else str(detail)
