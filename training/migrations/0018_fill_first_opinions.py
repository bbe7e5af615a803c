"""What each review was about, and whether it asked for a second one.

A review is about the content that its case has now, unless the case was corrected
since: then nobody knows the hash of what it was about, and it stays empty.
"""

from django.db import migrations
from django.db.models import CharField, Exists, OuterRef, Subquery
from django.db.models.functions import Cast


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias

    def rows(name):
        return apps.get_model("training", name).objects.using(alias)

    corrected = rows("AuditEvent").filter(
        action="case.corrected",
        subject_type="case",
        subject_id=Cast(OuterRef("case_id"), CharField(max_length=40)),
        at__gte=OuterRef("at"),
    )
    content = rows("Case").filter(pk=OuterRef("case_id")).values("content_sha256")
    reviews = rows("Review")
    reviews.filter(~Exists(corrected)).update(content_sha256=Subquery(content[:1]))
    waited = rows("Sample").filter(review=OuterRef("pk"), gate_status="needs_review")
    reviews.filter(Exists(waited)).update(asks_second=True)


class Migration(migrations.Migration):
    dependencies = [("training", "0017_first_opinions")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
