"""The checks of the quality gate in words, and what to do where one is not met."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

CHECKS: dict[str, str | Promise] = {
    "confidence": _("Reviewer's confidence"),
    "evidence_count": _("Pieces of evidence"),
    "numbers_found": _("Numbers of the answer found in the facts"),
    "contradictions": _("Other decisions on the same facts"),
    "duplicates": _("Equal samples that are there already"),
    "output_length": _("Length of the answer, characters"),
    "forbidden_content": _("No secrets or personal numbers"),
}
ADVICE: dict[str, str | Promise] = {
    "confidence": _(
        "The reviewer was not sure enough; another person should decide this case."
    ),
    "evidence_count": _(
        "Too little evidence: withdraw the approval, have evidence added to the case, "
        "and decide again."
    ),
    "numbers_found": _(
        "The answer states numbers that the facts do not: withdraw the approval, and "
        "decide again with a reason that uses the numbers of the case."
    ),
    "contradictions": _(
        "Equal facts were decided otherwise before: another person should look at "
        "both cases and decide; withdraw the earlier approval if it was wrong."
    ),
    "duplicates": _(
        "Enough equal samples are there already, so this one is not learnt; "
        "there is nothing to do."
    ),
    "output_length": _(
        "The answer is empty or too long: withdraw the approval, and decide again with "
        "a shorter reason."
    ),
    "forbidden_content": _(
        "The case or the answer contains what no model may learn: withdraw the "
        "approval, have it removed, and decide again; change a secret that was shown."
    ),
}
KINDS: dict[str, str | Promise] = {
    "private_key": _("private key"),
    "access_token": _("access token or key"),
    "password": _("password"),
    "payment_card": _("payment card number"),
    "resident_number": _("resident registration number"),
    "us_social_security_number": _("US social security number"),
    "iban": _("bank account number (IBAN)"),
}
SHARES = {"confidence", "numbers_found"}  # shown in percent
AT_LEAST = {"confidence", "numbers_found", "evidence_count"}


@dataclass(frozen=True)
class CheckLine:
    """One check: ``figures`` beside it, ``advice`` where it is not met."""

    label: str | Promise
    ok: bool
    applies: bool
    figures: str
    advice: str | Promise


def check_lines(checks: list[dict[str, Any]]) -> list[CheckLine]:
    """What is not met first, what does not apply last."""
    lines = [_line(row) for row in checks]
    return sorted(lines, key=lambda line: (line.ok, not line.applies))


def _line(row: dict[str, Any]) -> CheckLine:
    name, ok = str(row["check"]), bool(row["ok"])
    applies = row["value"] is not None or not ok
    return CheckLine(
        CHECKS.get(name, name.replace("_", " ").capitalize()),
        ok,
        applies,
        _figures(name, row["value"], row["limit"]) if applies else "",
        "" if ok else ADVICE.get(name, ""),
    )


def _figures(name: str, value: Any, limit: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(KINDS.get(str(kind), kind)) for kind in value)
    if value is None or limit is None:
        return "" if value is None else _figure(name, value)
    values = {"value": _figure(name, value), "limit": _figure(name, limit)}
    if name in AT_LEAST:
        return gettext("%(value)s, at least %(limit)s") % values
    return gettext("%(value)s, at most %(limit)s") % values


def _figure(name: str, number: float) -> str:
    if name in SHARES:
        return f"{number_format(round(100 * number, 1))} %"
    return number_format(number, force_grouping=True)
