"""Who may see how each person's reviews were read."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = ["Admin"]
NEW = ["see_reading"]


def give_rights(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    config = apps.get_app_config("training")
    config.models_module = True  # historical configs carry none; required below
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    found = Permission.objects.filter(
        content_type__app_label="training", codename__in=NEW
    )
    for group in Group.objects.filter(name__in=ROLES):
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("mlops", "0016_fill_confirmed"),
        ("training", "0025_reading"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
