"""Who may read the service log and export the audit trail."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = ["Operator", "Admin"]
NEW = ["read_servicelog", "export_auditevent"]


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
        ("mlops", "0009_differing_answers"),
        ("training", "0007_audit_request"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
