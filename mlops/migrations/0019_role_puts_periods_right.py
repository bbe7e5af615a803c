"""Administrators put right what a wrong clock stamped; nobody else, unless given."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


def give_right(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    config = apps.get_app_config("mlops")
    config.models_module = True  # historical configs carry none; required below
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    right = Permission.objects.get(
        content_type__app_label="mlops", codename="put_periods_right"
    )
    for admin in Group.objects.filter(name="Admin"):
        admin.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [("mlops", "0018_stamped_by_database")]
    operations = [migrations.RunPython(give_right, migrations.RunPython.noop)]
