"""Who switches what serves may stop it, start it again and name the fallback."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = ["stop_serving", "start_serving", "name_fallback"]


def give_rights(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    config = apps.get_app_config("mlops")
    config.models_module = True  # historical configs carry none; required below
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    rights = Permission.objects.filter(
        content_type__app_label="mlops", codename__in=RIGHTS
    )
    for group in Group.objects.filter(name__in=["Operator", "Admin"]):
        group.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [("mlops", "0020_off_switch")]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
