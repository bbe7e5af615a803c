"""What a training is asked for: checked, with the defaults filled in.

Reads only; writes nothing.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from preciso import limits
from preciso.trainers import COMMAND, TRAINERS
from training.canonical import sha256_json
from training.choices import TrainingScope
from training.errors import InvalidInput, NotAllowedNow, TooLarge
from training.models import DatasetVersion
from training.refusals import refusal
from training.values import checked_text

MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class RunRequest:
    """What to train. Empty names mean the settings' defaults."""

    dataset_version: DatasetVersion
    model_name: str = ""
    trainer: str = ""
    local_model_path: str = ""
    training_args: dict[str, Any] = field(default_factory=dict)
    notes: str = ""
    scope: str = TrainingScope.ALL

    def resolved(self) -> dict[str, Any]:
        """The run's columns, defaults filled in. Raises InvalidInput, TooLarge."""
        name = self.model_name or settings.TRAINING_MODEL_NAME
        if not MODEL_NAME.fullmatch(name):
            raise InvalidInput(refusal("model_name"))
        trainer = self.trainer or settings.TRAINER
        if trainer not in TRAINERS:
            raise InvalidInput(
                refusal(
                    "unknown_trainer",
                    name=trainer,
                    known=", ".join(TRAINERS),
                )
            )
        if trainer == COMMAND and not settings.LOCAL_TRAINING_COMMAND:
            raise NotAllowedNow(
                refusal("no_command"),
                code="trainer_not_configured",
            )
        if self.scope not in TrainingScope.values:
            raise InvalidInput(
                refusal(
                    "unknown_scope",
                    name=self.scope,
                    known=", ".join(TrainingScope.values),
                )
            )
        checked_text(self.notes, "notes")
        checked_text(self.local_model_path, "local_model_path", limits.PATH)
        _require_startable(self.training_args)
        return {
            "dataset_version": self.dataset_version,
            "scope": str(self.scope),
            "model_name": name,
            "trainer": trainer,
            "local_model_path": self.local_model_path,
            "training_args": self.training_args,
            "notes": self.notes,
        }

    @property
    def sha256(self) -> str:
        """Equal for two requests that ask for the same."""
        columns = self.resolved()
        columns["dataset_version"] = self.dataset_version.pk
        if self.scope == TrainingScope.ALL:
            del columns["scope"]  # equal to what was asked for before there were scopes
        return sha256_json(columns)


def _require_startable(arguments: dict[str, Any]) -> None:
    """A trainer gets them in one variable of its environment, and Linux starts no
    program with one of 128 KiB: said now, not by a job that never starts."""
    if len(json.dumps(arguments)) > limits.ARGUMENTS:
        raise TooLarge(
            _(
                "training_args are longer than %(limit)d bytes as JSON, and no "
                "program is started with so many. Put them in a file that the "
                "trainer reads."
            )
            % {"limit": limits.ARGUMENTS}
        )
