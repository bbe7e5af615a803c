"""Who is turned away is counted: in memory, so that a flood of it costs nothing."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from preciso.requester import requester_of, was_refused
from training.choices import AccessKind
from training.services.access import access_log

REFUSED_STATUSES = {401, 403}


class AccessMiddleware:
    """Counts refusals in the access log, whatever refused: sign-in, rights, tokens, the
    check against forged forms.

    A page that shows a refusal in its own words answers with another status than 403;
    it marks the request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in REFUSED_STATUSES or was_refused(request):
            requester = requester_of(request)
            kind = AccessKind.REFUSED if requester.person else AccessKind.STRANGER
            access_log.count(kind, requester)
        return response
