from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from mlops.dbrules import MLOPS_RULES
from preciso.field_names import name_fields
from training.rule_findings import know


def lower_rules(using: str, **kwargs: Any) -> None:
    from training.services import rule_watch  # noqa: PLC0415 - needs the models

    rule_watch.lower_rules("mlops", MLOPS_RULES, using)


def raise_rules(using: str, **kwargs: Any) -> None:
    from training.services import rule_watch  # noqa: PLC0415 - needs the models

    rule_watch.raise_rules("mlops", MLOPS_RULES, using)


class MlopsConfig(AppConfig):
    """From model version to the people who use it."""

    name = "mlops"
    verbose_name = _("Models and serving")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models exist only now, so what works with them is imported only now.
        from mlops.wiring import fill_ports  # noqa: PLC0415

        fill_ports()
        know(MLOPS_RULES)
        name_fields(self.get_models())
        pre_migrate.connect(lower_rules, sender=self)
        post_migrate.connect(raise_rules, sender=self)
