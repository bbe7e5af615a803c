"""Whose clock: the company's, by which its rules go, and the reader's."""

from django.conf import settings
from django.template import Library
from django.utils import timezone
from django.utils.formats import date_format

register = Library()


@register.simple_tag
def company_zone() -> str:
    return str(settings.TIME_ZONE)


@register.simple_tag
def local_clock() -> str:
    """``14:05 (Asia/Seoul)``"""
    now = timezone.localtime()
    return f"{date_format(now, 'H:i')} ({timezone.get_current_timezone_name()})"
