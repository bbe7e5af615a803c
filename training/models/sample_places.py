"""Where a sample stands among the dataset versions, as a record of its own.

It moves while Auto parks what is too young to be trained on; the sample's content never
does. So one event tells of the move, and what events said of the content stays true.
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
