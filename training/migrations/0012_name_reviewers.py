"""Who gave the review of each sample, written beside the sample."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def name_reviewers(apps, schema_editor):
    alias = schema_editor.connection.alias
    reviews = apps.get_model("training", "Review").objects.using(alias)
    by = reviews.filter(pk=OuterRef("review_id")).values("by_id")[:1]
    samples = apps.get_model("training", "Sample").objects.using(alias)
    samples.filter(reviewer=None).update(reviewer_id=Subquery(by))


class Migration(migrations.Migration):
    dependencies = [("training", "0011_undo_and_reviewers")]
    operations = [migrations.RunPython(name_reviewers, migrations.RunPython.noop)]
