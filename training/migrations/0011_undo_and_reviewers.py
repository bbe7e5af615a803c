import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0010_case_claim"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="review",
            name="review_action_is_known",
        ),
        migrations.RemoveIndex(
            model_name="sample",
            name="sample_collected",
        ),
        migrations.AddField(
            model_name="sample",
            name="reviewer",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                help_text="Who gave the review that yielded it.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="status_before",
            field=models.CharField(
                blank=True,
                choices=[
                    ("awaiting_review", "Awaiting review"),
                    ("needs_review", "Needs a second reviewer"),
                    ("approved", "Approved"),
                    ("rejected", "Rejected"),
                    ("changes_requested", "Changes requested"),
                ],
                default="",
                help_text="The status that undoing a rejection or a sending back restores.",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="action",
            field=models.CharField(
                choices=[
                    ("approve", "Approved"),
                    ("reject", "Rejected"),
                    ("request_changes", "Sent back"),
                    ("withdraw", "Withdrew the approval"),
                    ("reopen", "Took it back"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(
                fields=[
                    "in_from",
                    "in_until",
                    "decision",
                    "held_out",
                    "source",
                    "reviewer",
                ],
                name="sample_collected",
            ),
        ),
        migrations.AddIndex(
            model_name="trainingrun",
            index=models.Index(fields=["trainer", "scope", "id"], name="run_kind"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "action__in",
                        ["approve", "reject", "request_changes", "withdraw", "reopen"],
                    )
                ),
                name="review_action_is_known",
            ),
        ),
    ]
