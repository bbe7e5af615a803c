import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0002_policy_row"),
    ]

    operations = [
        migrations.CreateModel(
            name="BudgetEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("charged_on", models.DateField(db_index=True)),
                ("reserved_minutes", models.FloatField()),
                ("minutes", models.FloatField()),
                (
                    "price_per_minute",
                    models.DecimalField(
                        decimal_places=4, default=Decimal("0"), max_digits=12
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "budget entry",
                "verbose_name_plural": "budget entries",
            },
        ),
        migrations.AddField(
            model_name="autodecision",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="autodecision",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("approval", "An approval"),
                    ("undo_window", "The undo window of an approval has passed"),
                    ("waiting", "What it waited for is over"),
                    ("schedule", "The schedule"),
                ],
                db_default="approval",
                default="approval",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="counts",
            field=models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="What it contains, by decision, reviewer and source, once sealed.",
            ),
        ),
        migrations.AddField(
            model_name="sample",
            name="source",
            field=models.CharField(
                choices=[
                    ("page", "Approvals page"),
                    ("bulk", "Bulk approval"),
                    ("api", "API"),
                    ("replay", "Imported decision"),
                    ("admin", "Admin"),
                ],
                db_default="",
                help_text="The way of the review that yielded it.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="allowed_from",
            field=models.TimeField(
                blank=True,
                help_text="In the company's time zone. Empty: at any hour.",
                null=True,
                verbose_name="Auto trains from",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="allowed_until",
            field=models.TimeField(
                blank=True,
                help_text="May be earlier than the start: then it goes on past midnight.",
                null=True,
                verbose_name="Auto trains until",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="batch_min_new_samples",
            field=models.PositiveIntegerField(
                default=1,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="New samples the schedule needs",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="batch_schedule",
            field=models.CharField(
                blank=True,
                default="",
                help_text="A cron expression such as 0 2 * * 1. Empty: no schedule.",
                max_length=100,
                verbose_name="Schedule of Batch",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="batch_schedule_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="budget_minutes_per_day",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Of everybody together. Empty: any number.",
                null=True,
                verbose_name="Training minutes per day",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="budget_minutes_per_month",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Of everybody together. Empty: any number.",
                null=True,
                verbose_name="Training minutes per month",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="max_contradictions",
            field=models.PositiveIntegerField(
                blank=True,
                default=0,
                help_text="With more, a second reviewer decides. Empty: any number.",
                null=True,
                verbose_name="Other decisions on the same facts allowed",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="max_duplicates",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="With more of the same facts and decision, another one is not learnt. Empty: any number.",
                null=True,
                verbose_name="Equal samples allowed",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="min_evidence_by_source",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Where another number holds: the way of review, and the number.",
                verbose_name="Pieces of evidence needed, by way of review",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="min_numbers_found",
            field=models.FloatField(
                default=0.6,
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
                verbose_name="Share of the answer's numbers found in the facts",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="minutes_per_day",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Empty: any number.",
                null=True,
                verbose_name="Minutes Auto may train per day",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="price_per_minute",
            field=models.DecimalField(
                decimal_places=4,
                default=Decimal("0"),
                max_digits=12,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="Price of a training minute",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="promote_enabled",
            field=models.BooleanField(
                default=False, verbose_name="Better versions take over by themselves"
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="promote_margin",
            field=models.FloatField(
                default=0.0,
                help_text="On the same held-out cases; the whole confidence interval must lie beyond it.",
                validators=[django.core.validators.MinValueValidator(0.0)],
                verbose_name="Log loss must fall by at least",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="promote_max_drop",
            field=models.FloatField(
                default=0.05,
                help_text="The share of its cases that is recognized may fall by this much.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
                verbose_name="Most that one decision may get worse",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="promote_min_cases",
            field=models.PositiveIntegerField(
                default=100,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="Held-out cases needed",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="training_scope",
            field=models.CharField(
                choices=[
                    ("all", "Everything it contains"),
                    ("delta", "Only what is new in it"),
                ],
                default="all",
                max_length=10,
                verbose_name="Auto and the schedule learn from",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="trains_while_on_hold",
            field=models.BooleanField(
                default=False,
                help_text="A rollback puts promotion on hold until a person lifts it.",
                verbose_name="Auto trains while promotion is on hold",
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicy",
            name="undo_window_minutes",
            field=models.PositiveIntegerField(
                default=10,
                help_text="Auto learns from an approval only after this long.",
                validators=[django.core.validators.MaxValueValidator(527040)],
                verbose_name="Minutes to take an approval back",
            ),
        ),
        migrations.AddField(
            model_name="trainingrun",
            name="scope",
            field=models.CharField(
                choices=[
                    ("all", "Everything it contains"),
                    ("delta", "Only what is new in it"),
                ],
                db_default="all",
                default="all",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="sample",
            name="facts_sha256",
            field=models.CharField(max_length=64),
        ),
        migrations.AlterField(
            model_name="sample",
            name="in_from",
            field=models.ForeignKey(
                blank=True,
                db_column="in_from",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entered",
                to="training.datasetversion",
                to_field="number",
            ),
        ),
        migrations.AlterField(
            model_name="sample",
            name="in_until",
            field=models.ForeignKey(
                blank=True,
                db_column="in_until",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="left",
                to="training.datasetversion",
                to_field="number",
            ),
        ),
        migrations.AlterField(
            model_name="trainingpolicy",
            name="cooldown_minutes",
            field=models.PositiveIntegerField(
                default=60,
                help_text="Auto waits this long after the last training was submitted.",
                validators=[django.core.validators.MaxValueValidator(527040)],
                verbose_name="Minutes between trainings",
            ),
        ),
        migrations.AlterField(
            model_name="trainingpolicy",
            name="min_new_samples",
            field=models.PositiveIntegerField(
                default=50,
                help_text="Auto waits until this many samples are new since the last training.",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="New samples needed",
            ),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(
                fields=["in_from", "in_until", "decision", "held_out", "source"],
                name="sample_collected",
            ),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(
                fields=["created_at", "in_from", "in_until", "source"],
                name="sample_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(
                condition=models.Q(("in_until__isnull", False)),
                fields=["in_until"],
                name="sample_left",
            ),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(
                condition=models.Q(
                    ("gate_status", "candidate"), ("withdrawn_at", None)
                ),
                fields=["facts_sha256", "decision"],
                name="sample_same_facts",
            ),
        ),
        migrations.AddConstraint(
            model_name="autodecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_at__isnull", False), ("trigger", "schedule")),
                    models.Q(
                        models.Q(("trigger", "schedule"), _negated=True),
                        ("due_at", None),
                    ),
                    _connector="OR",
                ),
                name="autodecision_due_iff_scheduled",
            ),
        ),
        migrations.AddConstraint(
            model_name="autodecision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("trigger", "schedule")),
                fields=("due_at",),
                name="autodecision_one_per_due_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("min_numbers_found__gte", 0), ("min_numbers_found__lte", 1)
                ),
                name="trainingpolicy_numbers_found_is_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("allowed_from", None), ("allowed_until", None)),
                    models.Q(
                        ("allowed_from__isnull", False),
                        ("allowed_until__isnull", False),
                        models.Q(
                            ("allowed_from", models.F("allowed_until")), _negated=True
                        ),
                    ),
                    _connector="OR",
                ),
                name="trainingpolicy_both_hours_or_none",
                violation_error_message="State both hours, and different ones, or none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("batch_schedule", ""), ("batch_schedule_since", None)),
                    models.Q(
                        models.Q(("batch_schedule", ""), _negated=True),
                        ("batch_schedule_since__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="trainingpolicy_schedule_has_a_beginning",
            ),
        ),
        migrations.AddField(
            model_name="budgetentry",
            name="job",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="budget_entry",
                to="training.pipelinejob",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__gte", 0), ("reserved_minutes__gte", 0)),
                name="budgetentry_minutes_are_not_negative",
            ),
        ),
    ]
