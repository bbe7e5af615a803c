"""The trainers that an installation can choose from: one line each.

A built-in one is the module ``training.trainers.<name>``, which the worker starts with
``python -m``. Settings, forms, API, pages and the check of the installation read what
there is from here, and no table of the database lists it.
"""

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

COMMAND = "command"


@dataclass(frozen=True)
class Trainer:
    """A program that turns samples into a model.

    ``packages`` are what it imports beyond the standard library: the name that is
    imported, and the name under which it is installed.
    """

    name: str
    label: str | Promise
    packages: dict[str, str] = field(default_factory=dict)

    @property
    def is_built_in(self) -> bool:
        return self.name != COMMAND


TRAINERS = {
    trainer.name: trainer
    for trainer in (
        Trainer(
            "decision", _("Decision model (built in)"), {"sklearn": "scikit-learn"}
        ),
        Trainer(COMMAND, _("Your own training command")),
    )
}


def trainer_choices() -> list[tuple[str, str | Promise]]:
    """Names and labels, for fields and filters.

    A model field takes this function itself, so that another trainer is no migration.
    """
    return [(trainer.name, trainer.label) for trainer in TRAINERS.values()]
