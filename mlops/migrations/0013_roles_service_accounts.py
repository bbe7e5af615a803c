"""Who manages people makes service accounts; whoever reads may see them."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

READERS = ["Viewer", "Reviewer", "Operator", "Integration"]


def give_rights(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    config = apps.get_app_config("training")
    config.models_module = True  # historical configs carry none; required below
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    found = Permission.objects.filter(
        content_type__app_label="training", content_type__model="serviceaccount"
    )
    for group in Group.objects.filter(name__in=READERS):
        group.permissions.add(*found.filter(codename="view_serviceaccount"))
    for admin in Group.objects.filter(name="Admin"):
        admin.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("mlops", "0012_roles_read_access_log"),
        ("training", "0021_service_accounts"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
