"""Every column of a protected table is in its record, or left out on purpose.

A column that can change without an event, or that follows from others, is named here.
Whatever else is new belongs into ``models/protected.py``: what is not in a record can
be altered by SQL unseen.
"""

import pytest

from training.models import Sample, SamplePlace
from training.records import form_of, protected_models

LEFT_OUT: dict[str, set[str]] = {
    "apitoken": {"last_used_at"},
    "case": {"updated_at"},
    "datasetversion": {"sealing_job_id"},
    "modelversion": {"checked_at", "problem_detail"},  # of the last look at its files
    "sample": {*form_of(SamplePlace).open},  # a record of its own
    "sampleplace": {*form_of(Sample).open, *form_of(Sample).private},
    "trainingpolicy": {"updated_at"},
    "trainingrun": {"mlflow_run_id", "model_version_id"},  # the version names it
    "user": {  # no rights; a password has events of its own
        "password", "last_login", "first_name", "last_name", "email", "date_joined",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(protected_models()))
def test_every_column_is_in_the_record_or_left_out_on_purpose(kind):
    model = protected_models()[kind]
    columns = {field.attname for field in model._meta.concrete_fields}
    proven = {*form_of(model).open, *form_of(model).private}
    assert columns - proven - {"id"} == LEFT_OUT.get(kind, set())
