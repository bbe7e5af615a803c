"""Which dataset versions a sample is in, as a record of its own in the audit trail.

That changes when Auto takes a sample that is too young out of the version it freezes,
and when an approval is withdrawn; the sample's content never changes. With two records
an event of the one leaves what events said of the other true.
"""

from typing import ClassVar, Self

from django.utils.translation import gettext_lazy as _

from training.models.datasets import Sample


class SamplePlace(Sample):
    """The same row as its sample, of which only the two versions are read."""

    class Meta:
        proxy = True
        default_permissions: ClassVar[tuple[str, ...]] = ()
        verbose_name = _("place of a sample")
        verbose_name_plural = _("places of samples")

    @classmethod
    def of(cls, sample: Sample) -> Self:
        return cls(
            pk=sample.pk, in_from_id=sample.in_from_id, in_until_id=sample.in_until_id
        )
