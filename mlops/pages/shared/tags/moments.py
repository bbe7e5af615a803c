"""Moments by the clock: ``today 14:05``, where one plans by it and not by distance."""

from datetime import datetime

from django.template import Library
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = Library()


@register.filter
def at(moment: datetime) -> SafeString:
    """``today 14:05``; farther away the day of the week and the date as well."""
    local = timezone.localtime(moment)
    time = date_format(local, "H:i")
    near = {
        -1: _("yesterday %(time)s"),
        0: _("today %(time)s"),
        1: _("tomorrow %(time)s"),
    }
    days_away = (local.date() - timezone.localdate()).days
    if days_away in near:
        text = near[days_away] % {"time": time}
    else:
        text = _("%(weekday)s, %(date)s, %(time)s") % {
            "weekday": date_format(local, "l"),
            "date": date_format(local, "DATE_FORMAT"),
            "time": time,
        }
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(),
        date_format(local, "Y-m-d H:i:s e"),
        text,
    )
