"""Who sees protected attributes: who brings cases, and who answers for fairness.

Viewers and reviewers do not: a reviewer decides without them, as the model does.
"""

from django.contrib.auth.management import create_permissions
from django.db import migrations

NEW = {
    "read_protected": ["Operator", "Integration", "Admin"],
    "view_caserevision": ["Admin"],
}


def give_rights(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    config = apps.get_app_config("training")
    config.models_module = True  # historical configs carry none; required below
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    for codename, roles in NEW.items():
        found = Permission.objects.get(
            content_type__app_label="training", codename=codename
        )
        for group in Group.objects.filter(name__in=roles):
            group.permissions.add(found)


class Migration(migrations.Migration):
    dependencies = [
        ("mlops", "0013_roles_service_accounts"),
        ("training", "0022_case_revisions"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
