"""Who may read the access log: it tells what colleagues did, so administrators."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


def give_rights(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    config = apps.get_app_config("training")
    config.models_module = True  # historical configs carry none; required below
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    found = Permission.objects.filter(
        content_type__app_label="training", codename="read_accesslog"
    )
    for group in Group.objects.filter(name="Admin"):
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("mlops", "0011_preferences"),
        ("training", "0020_access_log"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
