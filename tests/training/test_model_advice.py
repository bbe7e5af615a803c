"""When the serving model is asked about a case: once, and while nothing is locked."""

import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.apis import a_case, case_body, person
from training import ports
from training.case_files import ImportOptions
from training.case_schema import parse_case
from training.errors import StaleState
from training.models import Case, CaseRevision, Review
from training.services.cases.imports import import_cases
from training.services.cases.intake import correct_case, post_case
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db
ADVICE = ports.Advice("deny", "Debt.", 0.8, {"id": "7", "name": "m", "version": 1})
FACTS = [{"name": "income", "value": 1}]


class Model:
    """Notes whom it was asked about, and how many transactions were open."""

    def __init__(self):
        self.asked, self.depths = [], []
        self.meanwhile = lambda: None

    def __call__(self, external_id, facts):
        self.asked.append(external_id)
        self.depths.append(len(connection.atomic_blocks))
        self.meanwhile()
        return ADVICE


@pytest.fixture
def model(monkeypatch):
    model = Model()
    monkeypatch.setattr(ports.recommend, "_fill", model)
    return model


def content(name, **more):
    return parse_case(case_body(name, recommendation=None, **more))


def imported(*names, decision="", **who):
    rows = [
        {
            "external_id": name,
            "facts": FACTS,
            **({"said": decision} if decision else {}),
        }
        for name in names
    ]
    text = "\n".join(map(json.dumps, rows))
    options = ImportOptions("jsonl", decision_column="said" if decision else "")
    return import_cases(io.BytesIO(text.encode()), options, by=None, **who)


def test_no_transaction_waits_for_the_model(model):
    outside = len(connection.atomic_blocks)
    rita = person("Reviewer", "rita")

    case, _is_new = post_case(content("C-1"), by=None)
    correct_case(case, content("C-1", facts=FACTS), by=None)
    imported("C-2", "C-3")
    imported("C-4", decision="deny", replay_as=rita)

    assert model.asked == ["C-1", "C-1", "C-2", "C-3", "C-4"]
    assert set(model.depths) == {outside}
    assert Review.objects.count() == 1
    advised = Case.objects.filter(recommended_decision="deny", recommender_id=7)
    assert advised.count() == 4


def test_a_case_corrected_while_the_model_is_asked_stays_as_it_was_corrected(model):
    case = a_case(external_id="C-1", recommendation=None)
    first = content("C-1", title="First")

    def correct_it_first():
        model.meanwhile = lambda: None
        correct_case(Case.objects.get(), first, by=None)

    model.meanwhile = correct_it_first
    with pytest.raises(StaleState, match="corrected meanwhile"):
        correct_case(case, content("C-1", title="Second"), by=None)

    assert Case.objects.get().title == "First"
    assert CaseRevision.objects.count() == 1


def test_an_import_asks_about_each_new_case_once(model):
    imported("C-1")
    report = imported("C-1", "C-2", "C-2")

    assert model.asked == ["C-1", "C-2"]
    assert (report.imported, report.skipped) == (1, 2)


def test_an_import_reads_the_policy_once_for_all_its_cases(model):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        imported("C-1", "C-2", "C-3")

    read = [one for one in queries if 'FROM "training_trainingpolicy"' in one["sql"]]
    assert len(read) == 1


def test_where_the_first_line_of_an_id_is_refused_the_next_one_was_asked_about_before(
    model,
):
    outside = len(connection.atomic_blocks)
    rita = person("Reviewer", "rita")
    lines = [
        {"external_id": "C-1", "facts": FACTS, "said": "de\u200bny"},
        {"external_id": "C-1", "facts": FACTS, "said": "deny"},
    ]
    report = import_cases(
        io.BytesIO("\n".join(map(json.dumps, lines)).encode()),
        ImportOptions("jsonl", decision_column="said"),
        by=None,
        replay_as=rita,
    )

    assert (report.imported, report.refused_count) == (1, 1)
    assert model.asked == ["C-1"]
    assert set(model.depths) == {outside}


def test_a_share_that_is_raised_while_the_model_is_asked_counts(model):
    model.meanwhile = lambda: change_policy(by=None, blind_share=1.0)
    imported("C-1")
    assert Case.objects.get().blind
