"""Who may switch what serves may rehearse it; whoever reads may read rehearsals."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

READERS = ["Viewer", "Reviewer", "Operator", "Integration", "Admin"]
RIGHTS = {
    **{role: ["view_rehearsal"] for role in READERS},
    "Operator": ["view_rehearsal", "rehearse"],
}


def give_rights(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    config = apps.get_app_config("mlops")
    config.models_module = True  # historical configs carry none; required below
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    found = Permission.objects.filter(
        content_type__app_label="mlops", content_type__model="rehearsal"
    )
    for group in Group.objects.filter(name__in=RIGHTS):
        group.permissions.add(*found.filter(codename__in=RIGHTS[group.name]))
    for admin in Group.objects.filter(name="Admin"):
        admin.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("mlops", "0007_rehearsal")]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
