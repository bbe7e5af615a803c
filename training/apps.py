from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from preciso.field_names import name_fields
from training.dbrules import TRAINING_RULES
from training.rule_findings import know


def lower_rules(using: str, **kwargs: Any) -> None:
    from training.services import rule_watch  # noqa: PLC0415 - needs the models

    rule_watch.lower_rules("training", TRAINING_RULES, using)


def raise_rules(using: str, **kwargs: Any) -> None:
    from training.services import rule_watch  # noqa: PLC0415 - needs the models

    rule_watch.raise_rules("training", TRAINING_RULES, using)


class TrainingConfig(AppConfig):
    """From case to model version."""

    name = "training"
    verbose_name = _("Training")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models exist only now, so what works with them is imported only now.
        from training.handlers import register_all  # noqa: PLC0415
        from training.services import sign_ins  # noqa: PLC0415

        register_all()
        sign_ins.connect()
        know(TRAINING_RULES)
        name_fields(self.get_models())
        pre_migrate.connect(lower_rules, sender=self)
        post_migrate.connect(raise_rules, sender=self)
