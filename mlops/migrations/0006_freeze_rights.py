"""Who may plan a freeze, confirm a switch in one, and put a version in quarantine."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

READERS = ["Viewer", "Reviewer", "Operator", "Integration", "Admin"]
MODELS = ["freezewindow", "breakglass", "withdrawnacceptance"]
DOERS = {
    "Operator": ["confirm_breakglass", "quarantine_modelversion"],
    "Admin": ["confirm_breakglass", "quarantine_modelversion", "add_freezewindow"],
}


def give_rights(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    config = apps.get_app_config("mlops")
    config.models_module = True  # historical configs carry none; required below
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    found = Permission.objects.filter(content_type__app_label="mlops")
    read = found.filter(codename__in=[f"view_{model}" for model in MODELS])
    for group in Group.objects.filter(name__in=READERS):
        group.permissions.add(*read)
    for role, codenames in DOERS.items():
        for group in Group.objects.filter(name=role):
            group.permissions.add(*found.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [("mlops", "0005_freezes_and_acceptance")]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
