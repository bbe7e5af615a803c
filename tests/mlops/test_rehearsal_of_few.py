"""A rehearsal where people reviewed nothing, or nothing is left of it."""

import pytest

from mlops.serving import selection
from mlops.serving.rehearsals import rehearse
from tests.apis import person
from tests.mlops.people import browser, text
from tests.mlops.rehearsals import decided, reviewed_loans, two_versions
from tests.trainers.samples import facts
from training.choices import ReviewSource
from training.services.cases.approvals import withdraw_approval

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita():
    return person("Reviewer", "rita")


@pytest.fixture
def ada():
    return person("Admin", "ada")


def test_with_imported_decisions_alone_these_count(ada, two_model_directories):
    reviewed_loans(ada, 8, source=ReviewSource.REPLAY)
    versions = two_versions(two_model_directories, ada)
    selection.select_version(versions[0], by=ada)

    found = rehearse(versions[1], by=ada)

    assert (found.cases, found.imported) == (8, 8)
    page = text(browser("Viewer").get(f"/mlops/models/{versions[1].pk}/rehearsal/"))
    assert "imported decisions count as well: 8 of 8." in page


def test_without_a_reviewed_case_it_says_so_and_stands(
    ada, rita, two_model_directories
):
    case = decided(rita, "yes", facts(income=1))
    versions = two_versions(two_model_directories, ada)
    withdraw_approval(case, by=rita)

    found = rehearse(versions[0], by=ada)

    assert (found.cases, found.changed, found.rows) == (0, 0, [])
    assert found.is_fresh
