"""Who sees the rules sees which of them somebody wants to loosen."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


def give_rights(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    config = apps.get_app_config("training")
    config.models_module = True  # historical configs carry none; required below
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    ours = Permission.objects.filter(content_type__app_label="training")
    right = ours.get(codename="view_loosening")
    rules = ours.get(codename="view_trainingpolicy")
    for group in Group.objects.filter(permissions=rules):
        group.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [
        ("mlops", "0021_roles_stop_serving"),
        ("training", "0031_loosening"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
