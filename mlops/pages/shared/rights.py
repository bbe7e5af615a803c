"""What a person may do, in words instead of the names of permissions."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.models import Group
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training.services.people.roles import STAFF, SUPERUSER

Words = str | Promise
APPS = ("training", "mlops")
READING: Words = _("read every page")
RIGHTS: list[tuple[Words, dict[str, Words]]] = [
    (
        _("Cases"),
        {
            "training.review_case": _("decide cases"),
            "training.see_reading": _("see how each person's reviews were read"),
            "training.record_outcome": _("record what really happened"),
            "training.add_case": _("post cases"),
            "training.read_protected": _("see protected attributes"),
            "training.change_case": _("correct cases that still wait"),
            "training.import_case": _("import cases from a file"),
        },
    ),
    (
        _("Training"),
        {
            "training.seal_datasetversion": _("seal datasets"),
            "training.train": _("start trainings"),
            "training.cancel_pipelinejob": _("cancel jobs"),
            "training.retry_pipelinejob": _("retry jobs and put them aside"),
        },
    ),
    (
        _("Serving"),
        {
            "mlops.predict": _("ask the model for predictions"),
            "mlops.rehearse": _("rehearse a version"),
            "mlops.select_version": _("select the serving version"),
            "mlops.roll_back": _("roll back"),
            "mlops.release_hold": _("lift the promotion hold"),
            "mlops.stop_serving": _("stop serving, or switch to the fallback"),
            "mlops.start_serving": _("start serving again"),
            "mlops.name_fallback": _("name the fallback"),
            "mlops.put_periods_right": _("correct times that a wrong clock recorded"),
            "mlops.quarantine_modelversion": _("put versions in quarantine"),
            "mlops.add_freezewindow": _("plan freezes"),
            "mlops.confirm_breakglass": _(
                "confirm a switch that another person asked for"
            ),
        },
    ),
    (
        _("Logs"),
        {
            "training.read_servicelog": _("read the service log"),
            "training.export_auditevent": _("take the audit trail along"),
            "training.read_accesslog": _("read the access log and take it along"),
        },
    ),
    (
        _("Settings and people"),
        {
            "training.change_trainingpolicy": _("change switches and rules"),
            "auth.add_user": _("add people"),
            "auth.change_user": _("change people and their roles"),
            "training.add_apitoken": _("make API tokens"),
            "training.add_serviceaccount": _("make service accounts"),
            "training.change_apitoken": _("revoke API tokens"),
        },
    ),
]
OTHERS: Words = _("More")
VERBS: dict[str, Words] = {
    "view": _("see %(things)s"),
    "add": _("add %(things)s"),
    "change": _("change %(things)s"),
    "delete": _("delete %(things)s"),
}
BEYOND: dict[str, Words] = {  # columns of a person, not permissions
    SUPERUSER: _("everything, without asking for rights"),
    STAFF: _("open the Django admin"),
}


@dataclass(frozen=True)
class MatrixRow:
    """One thing to do, and for each role whether it may: yes, in part, no."""

    words: Words
    marks: list[str]


def rights_in_words(permissions: Iterable[str]) -> list[Words]:
    """What these allow that is worth saying, in the order of the matrix."""
    held = set(permissions)
    reading = [READING] if _readings() & held else []
    in_words = [
        words
        for _legend, rights in _all_rights()
        for permission, words in rights.items()
        if permission in held
    ]
    return [*reading, *in_words]


def scopes_in_words(scopes: Iterable[str]) -> str:
    """What a token may do; what there are no words for, by the name it has."""
    words: dict[str, Words] = {"read": READING, **BEYOND}
    for _legend, rights in _all_rights():
        words |= rights
    return ", ".join(
        str(words[scope]) if scope in words else _table_in_words(scope)
        for scope in scopes
    )


def _table_in_words(scope: str) -> str:
    """What has no words of its own, by what it does to which table."""
    app, _dot, codename = scope.partition(".")
    verb, _underscore, model = codename.partition("_")
    if verb not in VERBS or not app or model not in apps.all_models.get(app, {}):
        return scope
    plural = apps.get_model(app, model)._meta.verbose_name_plural
    return str(VERBS[verb]) % {"things": plural}


def matrix(roles: list[Group]) -> list[tuple[Words, list[MatrixRow]]]:
    """Every right in words beside every role. Needs ``permissions`` prefetched."""
    held = [
        {f"{p.content_type.app_label}.{p.codename}" for p in role.permissions.all()}
        for role in roles
    ]
    readings = _readings()
    reading = MatrixRow(READING, [_how_much(readings, each) for each in held])
    return [
        (_("Looking"), [reading]),
        *(
            (
                legend,
                [
                    MatrixRow(words, [_how_much({permission}, each) for each in held])
                    for permission, words in rights.items()
                ],
            )
            for legend, rights in _all_rights()
        ),
    ]


def _how_much(rights: set[str], held: set[str]) -> str:
    """Whether all of these rights are held, some, or none: yes, part, no."""
    if rights <= held:
        return "yes"
    return "part" if rights & held else "no"


def _readings() -> set[str]:
    return {
        f"{model._meta.app_label}.view_{model._meta.model_name}"
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if "view" in model._meta.default_permissions
    }


def _all_rights() -> list[tuple[Words, dict[str, Words]]]:
    """Those with words here, and any other verb by the name its model gives it."""
    known = {permission for _legend, rights in RIGHTS for permission in rights}
    others = {
        f"{app}.{codename}": name
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        for codename, name in model._meta.permissions
        if f"{app}.{codename}" not in known
    }
    return [*RIGHTS, (OTHERS, others)] if others else RIGHTS
