"""GET /status: the preflight checks."""

from rest_framework.response import Response

from mlops.api.serializers import StatusOut
from mlops.health import run_checks
from preciso.api import ApiRequest, documented
from preciso.api_views import APIView


class Status(APIView):
    required_perms = {"GET": ["mlops.view_servingstate"]}

    @documented(responses=StatusOut)
    def get(self, request: ApiRequest) -> Response:
        """Whether everything works that the system needs, and how to mend the rest."""
        checks = run_checks()
        blocked = any(check.blocks for check in checks)
        return Response(StatusOut({"ok": not blocked, "checks": checks}).data)
