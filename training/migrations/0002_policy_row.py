"""The one row of the training policy, with its defaults."""

from django.db import migrations


def make_policy(apps, schema_editor):
    policy = apps.get_model("training", "TrainingPolicy")
    policy.objects.using(schema_editor.connection.alias).get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("training", "0001_initial")]
    operations = [migrations.RunPython(make_policy, migrations.RunPython.noop)]
