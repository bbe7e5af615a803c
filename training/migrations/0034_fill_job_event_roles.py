"""Who moved a job, and what was warned of, taken once from the texts that told it."""

from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Substr

REAPER = "reaper on "
WARNINGS = {
    "late result": "late_result",
    "late heartbeat": "late_heartbeat",
    "late end": "late_end",
    "metrics left out": "metrics_left_out",
}


def fill(apps, schema_editor):
    events = apps.get_model("training", "JobEvent").objects
    old = events.using(schema_editor.connection.alias).filter(role="")
    for note, warning in WARNINGS.items():
        old.filter(note=note).update(warning=warning)
    for role in ("submission", "person"):
        old.filter(by=role).update(role=role)
    old.filter(by__startswith=REAPER).update(
        role="reaper", worker=Substr("by", Value(len(REAPER) + 1))
    )
    old.filter(by="worker").update(role="worker")
    old.exclude(by="").update(role="worker", worker=F("by"))


class Migration(migrations.Migration):
    dependencies = [("training", "0033_job_event_roles")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
