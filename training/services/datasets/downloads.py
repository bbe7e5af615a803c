"""A dataset leaves the system: not without an entry in the access log."""

from typing import TYPE_CHECKING

from preciso.requester import Requester
from training.choices import AccessKind
from training.models import DatasetVersion
from training.services.access import access_log
from training.services.datasets.versions import open_export

if TYPE_CHECKING:
    from django.core.files import File


def open_download(version: DatasetVersion, *, requester: Requester) -> "File[bytes]":
    """The sealed bytes. Raises what ``open_export`` does, and then nobody took any."""
    content = open_export(version)
    try:
        access_log.note(AccessKind.DOWNLOAD, requester, subject=version)
    except BaseException:
        content.close()
        raise
    return content
