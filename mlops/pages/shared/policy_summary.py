"""The policy as sentences: when Auto trains, as one would say it to a colleague."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from training.models import TrainingPolicy
from training.refusals import minutes

# Whole sentences, one for each choice of limits: (minutes, hours, pause) are set.
RULE_OF_AUTO: dict[tuple[bool, bool, bool], str | Promise] = {
    (False, False, False): _("Trains when %(samples)s, at most %(runs)s a day."),
    (False, False, True): _(
        "Trains when %(samples)s, at most %(runs)s a day, %(pause)s apart."
    ),
    (False, True, False): _(
        "Trains when %(samples)s, at most %(runs)s a day, between %(from)s and "
        "%(until)s."
    ),
    (False, True, True): _(
        "Trains when %(samples)s, at most %(runs)s a day, between %(from)s and "
        "%(until)s, %(pause)s apart."
    ),
    (True, False, False): _(
        "Trains when %(samples)s, at most %(runs)s and %(minutes)s a day."
    ),
    (True, False, True): _(
        "Trains when %(samples)s, at most %(runs)s and %(minutes)s a day, %(pause)s "
        "apart."
    ),
    (True, True, False): _(
        "Trains when %(samples)s, at most %(runs)s and %(minutes)s a day, between "
        "%(from)s and %(until)s."
    ),
    (True, True, True): _(
        "Trains when %(samples)s, at most %(runs)s and %(minutes)s a day, between "
        "%(from)s and %(until)s, %(pause)s apart."
    ),
}


def rule_of_auto(policy: TrainingPolicy) -> str:
    """``Trains when 50 new samples have settled, at most 10 times a day.``"""
    begin, end = policy.allowed_from, policy.allowed_until
    hours = begin is not None and end is not None
    limited = policy.minutes_per_day is not None
    sentence = RULE_OF_AUTO[limited, hours, bool(policy.cooldown_minutes)]
    return str(sentence) % {
        "samples": _samples(policy),
        "runs": times(policy.runs_per_day),
        "minutes": minutes(policy.minutes_per_day or 0),
        "from": f"{begin:%H:%M}" if begin else "",
        "until": f"{end:%H:%M}" if end else "",
        "pause": minutes(policy.cooldown_minutes),
    }


def _samples(policy: TrainingPolicy) -> str:
    """Without an undo window a sample counts at once."""
    count = policy.min_new_samples
    if policy.undo_window_minutes:
        text = ngettext(
            "%(count)d new sample has settled",
            "%(count)d new samples have settled",
            count,
        )
    else:
        text = ngettext(
            "%(count)d new sample is approved",
            "%(count)d new samples are approved",
            count,
        )
    return text % {"count": count}


def times(count: int) -> str:
    return ngettext("once", "%(count)d times", count) % {"count": count}


def days(count: int) -> str:
    return ngettext("day", "%(count)d days", count) % {"count": count}
