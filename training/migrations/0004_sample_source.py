"""Samples made before carry the way of the review that yielded them."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill_source(apps, schema_editor):
    sample = apps.get_model("training", "Sample")
    review = apps.get_model("training", "Review")
    way = review.objects.filter(pk=OuterRef("review_id")).values("source")
    using = schema_editor.connection.alias
    sample.objects.using(using).filter(source="").update(source=Subquery(way))


class Migration(migrations.Migration):
    dependencies = [("training", "0003_auto_and_batch")]
    operations = [migrations.RunPython(fill_source, migrations.RunPython.noop)]
