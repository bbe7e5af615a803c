"""Twice as much input is about twice the work, for every input of the contract.

The work is counted: statements sent to the database, and calls of functions that the
interpreter makes. Patterns and libraries in C work inside one call, so the processor
time of this process is looked at as well, at eight times the size.
"""

import json

import pytest

from tests.apis import (
    a_case,
    a_sealed_version,
    an_approved_case,
    api,
    case_body,
    person,
)
from tests.effort import FEW, TWICE, counted, prepared_grows_in_proportion
from training.models import PipelineJob

pytestmark = pytest.mark.django_db
WORDS = "word 1,234 가나 a@b.c 2020-01-01 token=abc "


def words(size):
    return (WORDS * (size // len(WORDS) + 1))[:size]


def facts(size):
    return [{"name": f"fact {n}", "value": n, "period": "2024"} for n in range(size)]


class Inputs:
    """Each prepares what it needs and returns the request of that size alone."""

    def __init__(self):
        self.caller, self.other = api("Admin"), api("Reviewer")
        self.number = 0

    def _name(self):
        self.number += 1
        return f"N-{self.number}"

    def _post(self, **changes):
        body = case_body(self._name(), **changes)
        return lambda: self.caller.post("cases", body)

    def _review(self, verb, body):
        case = a_case(external_id=self._name())
        return lambda: self.other.post(f"approvals/cases/{case.pk}/{verb}", body)

    def facts(self, size):
        return self._post(facts=facts(size // 20))

    def value(self, size):
        return self._post(facts=[{"name": "note", "value": words(size)}])

    def protected(self, size):
        return self._post(protected={f"a{n}": n for n in range(size // 400)})

    def evidence(self, size):
        return self._post(
            evidence=[{"snippet": f"page {n}"} for n in range(size // 100)]
        )

    def recommended(self, size):
        advice = {"decision": "no", "rationale": words(size)}
        return self._post(recommendation=advice)

    def correction(self, size):
        name = self._name()
        case = a_case(external_id=name)
        body = case_body(name, facts=facts(size // 20))
        return lambda: self.caller.put(f"cases/{case.pk}", body)

    def rationale(self, size):
        decision = {"decision": "no", "rationale": words(size)}
        return self._review("approve", {"decision": decision})

    def one_word(self, size):
        decision = {"decision": "no", "rationale": "a" * size}
        return self._review("approve", {"decision": decision})

    def reasoning(self, size):
        return self._review("reject", {"reasoning": words(size)})

    def accepted(self, size):
        advice = {"decision": "no", "rationale": words(size)}
        name, values = self._name(), facts(size // 20)
        case = a_case(external_id=name, facts=values, recommendation=advice)
        return lambda: self.other.post(f"approvals/cases/{case.pk}/approve", {})

    def bulk(self, size):
        ids = [str(a_case(external_id=self._name()).pk) for _ in range(size // 400)]
        return lambda: self.other.post("approvals/bulk", {"case_ids": ids})

    def lines(self, size):
        lines = [json.dumps(case_body(self._name())) for _ in range(size // 100)]
        text, form = "\n".join(lines), "application/x-ndjson"
        return lambda: self.caller.send("cases/import", text, form)

    def bad_lines(self, size):
        text, form = 'x,1,"y\n' * (size // 40), "text/csv"
        return lambda: self.caller.send("cases/import", f"id,a\n{text}", form)

    def columns(self, size):
        names = ",".join(f"c{n}" for n in range(size // 20))
        text = f"id,{names}\n{self._name()},{names}\n"
        return lambda: self.caller.send("cases/import", text, "text/csv")

    def query(self, size):
        return lambda: self.caller.get("cases", q="a" * (size // 40))

    def page(self, size):
        for _number in range(size // 400):
            an_approved_case(self.other.user, external_id=self._name())
        return lambda: self.caller.get("cases", limit=size // 400)


NAMES = [name for name in vars(Inputs) if not name.startswith("_")]
PER_ROW = {"bulk": 60, "lines": 9}  # statements that one more of them may take


@pytest.mark.parametrize("name", NAMES)
def test_twice_the_input_is_about_twice_the_work(name):
    ask = getattr(Inputs(), name)
    ask(800)()  # what is done once in a process is done

    small, large = counted(ask(3000)), counted(ask(6000))

    assert large[0] <= TWICE * small[0]
    rows = 3000 // (400 if name == "bulk" else 100)
    assert large[1] <= small[1] + FEW + PER_ROW.get(name, 0) * rows


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_eight_times_the_input_is_about_eight_times_the_processor_time(name):
    ask = getattr(Inputs(), name)

    assert prepared_grows_in_proportion(ask, 2400)


def test_twice_the_arguments_of_a_training_are_about_twice_the_work():
    caller = api("Operator")
    version = a_sealed_version(person("Admin"))

    def ask(size):
        PipelineJob.objects.update(dedupe_key="")
        body = {"dataset_version_id": str(version.pk), "notes": words(size // 5)}
        body["training_args"] = {f"a{n}": n for n in range(size // 20)}
        return lambda: caller.post("training/run", body)

    ask(1000)()
    small, large = counted(ask(20_000)), counted(ask(40_000))

    assert large[0] <= TWICE * small[0]
    assert large[1] <= small[1] + FEW
