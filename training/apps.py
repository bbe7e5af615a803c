from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from preciso.field_names import name_fields
from training.dbrules import TRAINING_RULES


class TrainingConfig(AppConfig):
    """From case to model version."""

    name = "training"
    verbose_name = _("Training")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models exist only now, so what works with them is imported only now.
        from training.handlers import register_all  # noqa: PLC0415
        from training.services.audit import rule_watch  # noqa: PLC0415
        from training.services.people import role_watch  # noqa: PLC0415
        from training.services.sign_in import signals  # noqa: PLC0415

        register_all()
        signals.connect()
        name_fields(self.get_models())
        rule_watch.keep_rules(self, TRAINING_RULES)
        role_watch.keep_roles(self)
