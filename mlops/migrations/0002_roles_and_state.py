"""The roles as groups, and the one row that orders every switch.

Each verb is its own permission, so a company can cut its roles differently; running
this again adds what is missing to a role and takes nothing away.
"""

from django.contrib.auth.management import create_permissions
from django.db import migrations

READ = ["training.view_*", "mlops.view_*"]
VIEWER = [*READ, "mlops.predict"]
ROLES = {
    "Viewer": VIEWER,
    "Reviewer": [*VIEWER, "training.review_case", "training.record_outcome"],
    "Operator": [
        *VIEWER,
        "training.add_case",
        "training.change_case",
        "training.import_case",
        "training.record_outcome",
        "training.seal_datasetversion",
        "training.train",
        "training.cancel_pipelinejob",
        "training.retry_pipelinejob",
        "mlops.select_version",
        "mlops.roll_back",
        "mlops.release_hold",
    ],
    "Integration": [
        *VIEWER,
        "training.add_case",
        "training.change_case",
        "training.import_case",
        "training.record_outcome",
    ],
    "Admin": ["training.*", "mlops.*", "auth.*"],
}


def make_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for label in ("auth", "training", "mlops"):
        config = apps.get_app_config(label)
        config.models_module = True  # historical configs carry none; required below
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    for role, patterns in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        for pattern in patterns:
            app, codename = pattern.split(".")
            found = Permission.objects.filter(content_type__app_label=app)
            if codename.endswith("*"):
                found = found.filter(codename__startswith=codename[:-1])
            else:
                found = found.filter(codename=codename)
            group.permissions.add(*found)


def make_state(apps, schema_editor):
    apps.get_model("mlops", "ServingState").objects.get_or_create(pk=1)
    apps.get_model("mlops", "MirrorLease").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("mlops", "0001_initial"),
        ("training", "0002_policy_row"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunPython(make_roles, migrations.RunPython.noop),
        migrations.RunPython(make_state, migrations.RunPython.noop),
    ]
