"""What an evidence pack bundles, and the right to see each of it."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.evidence.packs import Pack, pack_version
from mlops.models import ModelVersion
from preciso.requester import Requester
from training.choices import AccessKind
from training.errors import Forbidden
from training.services.access import access_log

BUNDLED: dict[str, str | Promise] = {
    "mlops.view_modelversion": gettext_lazy("model versions"),
    "mlops.view_promotiondecision": gettext_lazy("how promotion was judged"),
    "mlops.view_servingperiod": gettext_lazy("serving periods"),
    "training.view_trainingrun": gettext_lazy("training runs"),
    "training.view_pipelinejob": gettext_lazy("jobs"),
    "training.view_datasetversion": gettext_lazy("datasets"),
    "training.view_sample": gettext_lazy("samples"),
    "training.view_case": gettext_lazy("cases"),
    "training.view_review": gettext_lazy("reviews and who gave them"),
    "training.view_auditevent": gettext_lazy("the audit trail"),
}


def take_pack_along(
    version: ModelVersion, *, requester: Requester, may: Callable[[str], bool]
) -> Pack:
    """The pack of a version, for somebody who may see everything that is in it.

    Raises Forbidden naming what they may not see, and what ``pack_version`` raises.
    """
    for right, words in BUNDLED.items():
        if not may(right):
            raise Forbidden(
                _(
                    "An evidence pack also holds what you have no right to see: "
                    "%(what)s. The right is %(right)s. Nothing was packed."
                )
                % {"what": words, "right": right}
            )
    pack = pack_version(version, by=requester.person)
    try:
        access_log.note(AccessKind.EVIDENCE, requester, subject=version)
    except BaseException:
        pack.file.close()
        raise
    return pack
