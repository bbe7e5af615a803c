"""The admin, to look things up; what changes there goes through services."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from training.admin import cases, jobs, people

__all__ = ["cases", "jobs", "people"]

admin.site.site_header = _("Preciso MLOps: administration")
admin.site.site_title = _("Preciso MLOps")
admin.site.index_title = _("Everything that is kept, table by table")
admin.site.site_url = "/mlops/"
