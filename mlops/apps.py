from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from mlops.dbrules import MLOPS_RULES
from preciso.field_names import name_fields


class MlopsConfig(AppConfig):
    """From model version to the people who use it."""

    name = "mlops"
    verbose_name = _("Models and serving")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models exist only now, so what works with them is imported only now.
        from mlops.wiring import fill_ports  # noqa: PLC0415
        from training.services.audit import rule_watch  # noqa: PLC0415

        fill_ports()
        name_fields(self.get_models())
        rule_watch.keep_rules(self, MLOPS_RULES)
