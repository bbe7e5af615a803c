"""The access log over HTTP."""

from rest_framework import serializers

from preciso.api_fields import Id, Moment, TextOrNull, Whole
from preciso.api_views import ListAPIView
from training.choices import AccessKind
from training.filters.access_log import AccessFilters
from training.models import AccessEntry


class AccessEntryOut(serializers.Serializer):
    """What one person or address did by one route within an hour, and how often."""

    id = Id()
    kind = serializers.ChoiceField(choices=AccessKind.choices)
    person = TextOrNull(source="name")
    known = serializers.SerializerMethodField()
    token = TextOrNull()
    address = TextOrNull()
    route = TextOrNull()
    subject_type = TextOrNull()
    subject_id = TextOrNull()
    case_ids = serializers.SerializerMethodField()
    count = Whole()
    first_at = Moment()
    last_at = Moment()
    keep_until = serializers.DateField()

    def get_known(self, row: AccessEntry) -> bool:
        """Whether there is such a person."""
        return row.person_id is not None

    def get_case_ids(self, row: AccessEntry) -> list[str]:
        """Whose protected attributes were shown."""
        return [str(pk) for pk in row.cases]


class AccessLogList(ListAPIView):
    """Who came in, who was kept out, who took something along or saw it."""

    required_perms = {"GET": ["training.read_accesslog"]}
    serializer_class = AccessEntryOut
    filterset_class = AccessFilters
    queryset = AccessEntry.objects.for_table()
