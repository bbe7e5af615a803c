"""What was confirmed before the column was there."""

from django.db import migrations


def fill(apps, schema_editor):
    rows = apps.get_model("mlops", "BreakGlass").objects
    asked = rows.using(schema_editor.connection.alias)
    asked.exclude(period=None).update(confirmed=True)


class Migration(migrations.Migration):
    dependencies = [("mlops", "0015_two_people_select")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
