
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mlops", "0002_roles_and_state"),
    ]

    operations = [
        migrations.CreateModel(
            name="PromotionDecision",
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
                (
                    "at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now
                    ),
                ),
                ("promoted", models.BooleanField()),
                ("rules", models.JSONField()),
                (
                    "champion",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="mlops.modelversion",
                    ),
                ),
                (
                    "model_version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promotion_decision",
                        to="mlops.modelversion",
                    ),
                ),
                (
                    "period",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="mlops.servingperiod",
                    ),
                ),
            ],
            options={
                "verbose_name": "promotion decision",
                "verbose_name_plural": "promotion decisions",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("period__isnull", False), ("promoted", True)),
                            models.Q(("period", None), ("promoted", False)),
                            _connector="OR",
                        ),
                        name="promotiondecision_period_iff_promoted",
                    )
                ],
            },
        ),
    ]
