"""Migrations 1 to 25 in one step, for a database that has none of them yet.

A database that has some of them runs the rest of the old files, and this one counts as
done then. The last steps make the roles as groups and the two rows that there is one
of; running them again adds what is missing to a role and takes nothing away.
"""

import django.db.models.deletion
import django.db.models.expressions
import preciso.clock
import training.salts
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

READ = ["training.view_*", "mlops.view_*"]
VIEWER = [*READ, "mlops.predict"]
BRINGS_CASES = [
    "training.add_case",
    "training.change_case",
    "training.import_case",
    "training.read_protected",
    "training.record_outcome",
]
ROLES = {
    "Viewer": VIEWER,
    "Reviewer": [*VIEWER, "training.review_case", "training.record_outcome"],
    "Operator": [
        *VIEWER,
        *BRINGS_CASES,
        "training.cancel_pipelinejob",
        "training.export_auditevent",
        "training.read_servicelog",
        "training.retry_pipelinejob",
        "training.seal_datasetversion",
        "training.train",
        "mlops.confirm_breakglass",
        "mlops.name_fallback",
        "mlops.quarantine_modelversion",
        "mlops.rehearse",
        "mlops.release_hold",
        "mlops.roll_back",
        "mlops.select_version",
        "mlops.start_serving",
        "mlops.stop_serving",
    ],
    "Integration": [*VIEWER, *BRINGS_CASES],
    "Admin": ["training.*", "mlops.*", "auth.*"],
}
# What services alone write: an administrator may read it.
NOBODYS = [
    "add_breakglass",
    "change_breakglass",
    "delete_breakglass",
    "change_freezewindow",
    "delete_freezewindow",
    "add_withdrawnacceptance",
    "change_withdrawnacceptance",
    "delete_withdrawnacceptance",
]


def make_roles(apps, schema_editor):
    alias = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    for label in ("auth", "training", "mlops"):
        config = apps.get_app_config(label)
        config.models_module = True  # historical configs carry none; required below
        create_permissions(config, apps=apps, verbosity=0, using=alias)
        config.models_module = None
    for role, patterns in ROLES.items():
        group, _ = groups.get_or_create(name=role)
        for pattern in patterns:
            app, codename = pattern.split(".")
            rights = permissions.filter(content_type__app_label=app)
            if codename.endswith("*"):
                rights = rights.filter(codename__startswith=codename[:-1])
                rights = rights.exclude(codename__in=NOBODYS)
            else:
                rights = rights.filter(codename=codename)
            group.permissions.add(*rights)


def make_single_rows(apps, schema_editor):
    alias = schema_editor.connection.alias
    for model in ("ServingState", "MirrorLease"):
        apps.get_model("mlops", model).objects.using(alias).get_or_create(pk=1)


class Migration(migrations.Migration):

    replaces = [
        ('mlops', '0001_initial'),
        ('mlops', '0002_roles_and_state'),
        ('mlops', '0003_promotion_decision'),
        ('mlops', '0004_roles_read_decisions'),
        ('mlops', '0005_freezes_and_acceptance'),
        ('mlops', '0006_freeze_rights'),
        ('mlops', '0007_rehearsal'),
        ('mlops', '0008_roles_rehearse'),
        ('mlops', '0009_differing_answers'),
        ('mlops', '0010_roles_read_service_log'),
        ('mlops', '0011_preferences'),
        ('mlops', '0012_roles_read_access_log'),
        ('mlops', '0013_roles_service_accounts'),
        ('mlops', '0014_roles_read_protected'),
        ('mlops', '0015_two_people_select'),
        ('mlops', '0016_fill_confirmed'),
        ('mlops', '0017_roles_see_reading'),
        ('mlops', '0018_stamped_by_database'),
        ('mlops', '0019_role_puts_periods_right'),
        ('mlops', '0020_off_switch'),
        ('mlops', '0021_roles_stop_serving'),
        ('mlops', '0022_roles_see_loosenings'),
        ('mlops', '0023_mirror_trouble'),
        ('mlops', '0024_salts'),
        ('mlops', '0025_prediction_explanation'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('contenttypes', '0002_remove_content_type_name'),
        ('training', '0001_initial'),
        ('training', '0002_policy_row'),
        ('training', '0004_sample_source'),
        ('training', '0007_audit_request'),
        ('training', '0020_access_log'),
        ('training', '0021_service_accounts'),
        ('training', '0022_case_revisions'),
        ('training', '0025_reading'),
        ('training', '0031_loosening'),
    ]

    operations = [
        migrations.CreateModel(
            name='MirroredExperiment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('mlflow_id', models.CharField(max_length=64)),
                ('seen_at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
            ],
            options={
                'verbose_name': 'MLflow experiment',
                'verbose_name_plural': 'MLflow experiments',
            },
        ),
        migrations.CreateModel(
            name='MirrorLease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('holder', models.CharField(blank=True, default='', max_length=120)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'mirror lease',
                'verbose_name_plural': 'mirror lease',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='mirrorlease_one_row')],
            },
        ),
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('version', models.PositiveIntegerField()),
                ('flavor', models.CharField(blank=True, default='', max_length=60)),
                ('sha256', models.CharField(max_length=64)),
                ('metrics', models.JSONField(blank=True, default=dict, help_text='Measured on held-out cases.')),
                ('evaluation', models.JSONField(blank=True, default=dict, help_text='Beside the version that served then, on the same cases.')),
                ('problem', models.CharField(blank=True, choices=[('artifact_missing', 'Its model files are gone.'), ('artifact_changed', 'Its model files are not the ones that were registered.'), ('unknown_flavor', 'No predictor here can load this kind of model.'), ('does_not_load', 'Its model files cannot be loaded.'), ('probe_failed', 'It does not answer a test case.'), ('quarantined', 'A person put it in quarantine.')], default='', max_length=30)),
                ('problem_detail', models.TextField(blank=True, default='')),
                ('checked_at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('created_at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='model_version', to='training.trainingrun')),
            ],
            options={
                'verbose_name': 'model version',
                'verbose_name_plural': 'model versions',
                'permissions': [('predict', 'Can ask the serving model for predictions'), ('quarantine_modelversion', 'Can put a version in quarantine')],
                'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='modelversion_number_unique_per_name'), models.CheckConstraint(condition=models.Q(('problem', ''), ('problem__in', ['artifact_missing', 'artifact_changed', 'unknown_flavor', 'does_not_load', 'probe_failed', 'quarantined']), _connector='OR'), name='modelversion_problem_is_known')],
            },
        ),
        migrations.CreateModel(
            name='MirroredVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mlflow_name', models.CharField(max_length=200)),
                ('mlflow_version', models.CharField(max_length=20)),
                ('mlflow_run_id', models.CharField(max_length=64)),
                ('seen_at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('model_version', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='mirrored', to='mlops.modelversion')),
            ],
            options={
                'verbose_name': 'model version in MLflow',
                'verbose_name_plural': 'model versions in MLflow',
            },
        ),
        migrations.CreateModel(
            name='OutboxEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('run_started', 'Run started by hand'), ('version_registered', 'Run and model version'), ('serving_changed', 'Serving model changed')], max_length=20)),
                ('key', models.CharField(help_text='What it tells of; the same thing is told once.', max_length=80, unique=True)),
                ('payload', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('try_after', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('tries', models.PositiveIntegerField(default=0)),
                ('last_error', models.TextField(blank=True, default='')),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.JSONField(blank=True, default=dict)),
                ('trouble', models.CharField(blank=True, choices=[('no_answer', 'MLflow does not answer at its address.'), ('not_let_in', 'MLflow does not let us in.'), ('no_room', 'MLflow has no room left on its disk.'), ('not_yet', 'It waits for something that MLflow must be told before.'), ('refused', 'MLflow refused something; what it said is below.')], db_default='', default='', max_length=20)),
            ],
            options={
                'verbose_name': 'message to MLflow',
                'verbose_name_plural': 'messages to MLflow',
                'indexes': [models.Index(condition=models.Q(('delivered_at', None)), fields=['try_after', 'id'], name='outbox_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['run_started', 'version_registered', 'serving_changed'])), name='outboxevent_kind_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Prediction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(db_index=True, max_length=200)),
                ('decision', models.CharField(max_length=200)),
                ('confidence', models.FloatField()),
                ('rationale', models.TextField(blank=True, default='')),
                ('facts_sha256', models.CharField(max_length=64)),
                ('at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='predictions', to='mlops.modelversion')),
                ('salt', models.CharField(blank=True, db_default='', default=training.salts.new_salt, editable=False, max_length=32)),
                ('explanation', models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict, help_text='The rationale as a code and parameters, where a model gave it.')),
            ],
            options={
                'verbose_name': 'prediction',
                'verbose_name_plural': 'predictions',
            },
        ),
        migrations.CreateModel(
            name='ServingPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(unique=True)),
                ('until', models.DateTimeField(blank=True, null=True, unique=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('kind', models.CharField(choices=[('select', 'Selected'), ('rollback', 'Rolled back'), ('auto', 'Promoted by Auto'), ('break_glass', 'Selected by two people in a freeze'), ('two_people', 'Selected by two people'), ('stopped', 'Stopped: people decide'), ('started', 'Started again'), ('fallback', 'Switched to the fallback')], max_length=20)),
                ('below', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.servingperiod')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('follows', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='mlops.servingperiod')),
                ('model_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='periods', to='mlops.modelversion')),
                ('drill', models.BooleanField(db_default=False, default=False)),
            ],
            options={
                'verbose_name': 'serving period',
                'verbose_name_plural': 'serving periods',
                'permissions': [('select_version', 'Can select the serving version'), ('roll_back', 'Can roll back the serving version'), ('release_hold', 'Can release the promotion hold'), ('stop_serving', 'Can stop serving, so that people decide'), ('start_serving', 'Can start serving again'), ('name_fallback', 'Can name the fallback version'), ('put_periods_right', 'Can put right serving periods that begin in the future')],
                'constraints': [models.UniqueConstraint(models.ExpressionWrapper(models.Q(('until__isnull', True)), output_field=models.BooleanField()), condition=models.Q(('until', None)), name='servingperiod_exactly_one_open'), models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('since')), _connector='OR'), name='servingperiod_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'stopped'), ('model_version', None)), models.Q(models.Q(('kind', 'stopped'), _negated=True), ('model_version__isnull', False)), _connector='OR'), name='servingperiod_stopped_has_no_version'), models.CheckConstraint(condition=models.Q(('drill', False), ('kind', 'stopped'), _connector='OR'), name='servingperiod_a_drill_is_a_stop'), models.CheckConstraint(condition=models.Q(('kind__in', ['select', 'rollback', 'auto', 'break_glass', 'two_people', 'stopped', 'started', 'fallback'])), name='servingperiod_kind_is_known')],
            },
        ),
        migrations.CreateModel(
            name='ServingState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hold_since', models.DateTimeField(blank=True, null=True)),
                ('hold_reason', models.TextField(blank=True, default='')),
                ('hold_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('fallback', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.modelversion')),
                ('fallback_at', models.DateTimeField(blank=True, null=True)),
                ('fallback_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'serving state',
                'verbose_name_plural': 'serving state',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='servingstate_one_row')],
            },
        ),
        migrations.CreateModel(
            name='PromotionDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=preciso.clock.DatabaseNow(), db_index=True)),
                ('promoted', models.BooleanField()),
                ('rules', models.JSONField()),
                ('champion', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.modelversion')),
                ('model_version', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='promotion_decision', to='mlops.modelversion')),
                ('period', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='mlops.servingperiod')),
            ],
            options={
                'verbose_name': 'promotion decision',
                'verbose_name_plural': 'promotion decisions',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('period__isnull', False), ('promoted', True)), models.Q(('period', None), ('promoted', False)), _connector='OR'), name='promotiondecision_period_iff_promoted')],
            },
        ),
        migrations.CreateModel(
            name='FreezeWindow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='What for')),
                ('starts_at', models.DateTimeField(db_default=preciso.clock.DatabaseNow(), verbose_name='From')),
                ('ends_at', models.DateTimeField(verbose_name='Until')),
                ('created_at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('canceled_at', models.DateTimeField(blank=True, null=True)),
                ('canceled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'freeze window',
                'verbose_name_plural': 'freeze windows',
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='freezewindow_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('canceled_at', None), ('canceled_at__lt', models.F('starts_at')), _connector='OR'), name='freezewindow_called_off_before_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='BreakGlass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('requested_at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('reason', models.TextField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('answer', models.TextField(blank=True, default='')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('instead_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.servingperiod')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.modelversion')),
                ('period', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='break_glass', to='mlops.servingperiod')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('freeze', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='mlops.freezewindow')),
                ('confirmed', models.BooleanField(db_default=False, default=False)),
            ],
            options={
                'verbose_name': 'break-glass request',
                'verbose_name_plural': 'break-glass requests',
                'permissions': [('confirm_breakglass', 'Can confirm a switch that another person asked for')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='breakglass_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='breakglass_decided_by_iff_decided'), models.UniqueConstraint(condition=models.Q(('decided_at', None)), fields=('model_version', 'freeze'), name='breakglass_one_undecided_per_version_and_freeze'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed', False), ('period', None)), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('requested_by')), _negated=True)), _connector='OR'), name='breakglass_confirmed_by_another_person'), models.UniqueConstraint(condition=models.Q(('decided_at', None), ('freeze', None)), fields=('model_version',), name='breakglass_one_undecided_per_version')],
            },
        ),
        migrations.CreateModel(
            name='WithdrawnAcceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('samples', models.PositiveIntegerField(help_text='How many withdrawn samples were accepted.')),
                ('reason', models.TextField()),
                ('at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='mlops.modelversion')),
            ],
            options={
                'verbose_name': 'acceptance of withdrawn samples',
                'verbose_name_plural': 'acceptances of withdrawn samples',
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='withdrawnacceptance_has_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='Rehearsal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cases', models.PositiveIntegerField()),
                ('imported', models.PositiveIntegerField()),
                ('learnt', models.PositiveIntegerField()),
                ('changed', models.PositiveIntegerField()),
                ('away', models.PositiveIntegerField()),
                ('towards', models.PositiveIntegerField()),
                ('rows', models.JSONField(default=list)),
                ('at', models.DateTimeField(db_default=preciso.clock.DatabaseNow())),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rehearsals', to='mlops.modelversion')),
                ('period', models.ForeignKey(blank=True, help_text='The serving period then open.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.servingperiod')),
                ('serving', models.ForeignKey(blank=True, help_text='The version compared with. Empty: none served, or none loaded.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.modelversion')),
            ],
            options={
                'verbose_name': 'rehearsal',
                'verbose_name_plural': 'rehearsals',
                'permissions': [('rehearse', 'Can rehearse a version before it serves')],
                'constraints': [models.CheckConstraint(condition=models.Q(('imported__lte', models.F('cases')), ('learnt__lte', models.F('cases')), ('changed__lte', models.F('cases')), ('changed__gte', django.db.models.expressions.CombinedExpression(models.F('away'), '+', models.F('towards')))), name='rehearsal_counts_fit'), models.CheckConstraint(condition=models.Q(('serving', None), ('period__isnull', False), _connector='OR'), name='rehearsal_compares_with_what_served')],
            },
        ),
        migrations.CreateModel(
            name='DifferingAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('candidate', models.CharField(max_length=200)),
                ('champion', models.CharField(max_length=200)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='differing_answers', to='mlops.modelversion')),
                ('sample', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='training.sample')),
            ],
            options={
                'verbose_name': 'differing answer',
                'verbose_name_plural': 'differing answers',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('model_version', 'sample'), name='differinganswer_one_per_case'), models.CheckConstraint(condition=models.Q(('candidate', models.F('champion')), _negated=True), name='differinganswer_differs')],
            },
        ),
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='preferences', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('language', models.CharField(blank=True, default='', max_length=10)),
                ('time_zone', models.CharField(blank=True, default='', max_length=60)),
            ],
            options={
                'verbose_name': 'preferences',
                'verbose_name_plural': 'preferences',
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='ServingPeriod',
            name='rehearsal',
            field=models.ForeignKey(blank=True, help_text='What was known of the switch beforehand, if it was rehearsed.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.rehearsal'),
        ),
        migrations.RunPython(make_roles, migrations.RunPython.noop),
        migrations.RunPython(make_single_rows, migrations.RunPython.noop),
    ]
