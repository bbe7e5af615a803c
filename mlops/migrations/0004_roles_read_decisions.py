"""The roles may read what is new: promotion decisions and the budget's entries."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

READERS = ["Viewer", "Reviewer", "Operator", "Integration", "Admin"]
NEW = [("mlops", "promotiondecision"), ("training", "budgetentry")]


def give_rights(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for label, model in NEW:
        config = apps.get_app_config(label)
        config.models_module = True  # historical configs carry none; required below
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
        found = Permission.objects.filter(
            content_type__app_label=label, content_type__model=model
        )
        for group in Group.objects.filter(name__in=READERS):
            group.permissions.add(*found.filter(codename__startswith="view_"))
        for admin in Group.objects.filter(name="Admin"):
            admin.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("mlops", "0003_promotion_decision"),
        ("training", "0004_sample_source"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
