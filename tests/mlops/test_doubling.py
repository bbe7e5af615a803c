"""Twice as much asked of a model, or measured of one, is about twice the work.

As in ``tests/training/test_doubling.py``: calls and statements are counted, and the
processor time of this process is looked at as well.
"""

from itertools import count

import pytest

from mlops.evaluation.held_out import evaluate_directory
from mlops.models import ModelVersion
from mlops.predictor_cache import STORE
from mlops.serving.selection import select_version
from tests.apis import a_model_version, a_run, a_sealed_version, api, person
from tests.effort import FEW, TWICE, counted, prepared_grows_in_proportion
from tests.trainers.samples import loans, write

pytestmark = pytest.mark.django_db

numbers = count(1)


class Inputs:
    """Each prepares what it needs and returns what is asked with that size alone."""

    def __init__(self, folder, files):
        STORE.clear()
        self.folder, self.files = folder, files
        self.caller = api("Admin")
        self.dataset = a_sealed_version(person("Admin"), size=3)
        version = a_model_version(self.dataset, files[0])
        select_version(version, by=self.caller.user)

    def _predict(self, cases):
        return lambda: self.caller.post("predict", {"cases": cases})

    def predict(self, size):
        """Each answer is recorded."""
        rows = loans(size // 100)
        return self._predict(
            [{"external_id": f"P-{next(numbers)}", "facts": r["facts"]} for r in rows]
        )

    def predict_unrecorded(self, size):
        return self._predict([{"facts": r["facts"]} for r in loans(size // 100)])

    def predict_facts(self, size):
        known = loans(1)[0]["facts"]
        more = [{"name": f"fact {n}", "value": n} for n in range(size // 10)]
        return self._predict([{"external_id": "P-1", "facts": known + more}])

    def predict_text(self, size):
        facts = [{"name": "purpose", "value": "house " * (size // 6)}]
        return self._predict([{"external_id": "P-1", "facts": facts}])

    def evaluation(self, size):
        """Of a run, beside what serves, on held-out cases."""
        return self._evaluation(loans(size // 50), loans(20, seed=2))

    def evaluation_learnt_from(self, size):
        return self._evaluation(loans(20), loans(size // 50, seed=2))

    def evaluation_facts(self, size):
        rows = loans(20)
        for row in rows:
            row["facts"] += [
                {"name": f"fact {n}", "value": n} for n in range(size // 100)
            ]
        return self._evaluation(rows, rows)

    def evaluation_decisions(self, size):
        names = [f"decision {n}" for n in range(size // 50)]
        rows = loans(size // 50)
        for row, name in zip(rows, names, strict=True):
            row["decision"] = name
        return self._evaluation(rows, loans(20, seed=2))

    def _evaluation(self, held_out, learnt_from):
        for place, row in enumerate(held_out, start=1):
            row["id"] = str(place)
        held = write(self.folder / "eval.jsonl", held_out)
        learnt = write(self.folder / "train.jsonl", learnt_from)
        return lambda: evaluate_directory(self.files[1], learnt, held)

    def models(self, size):
        """The list, where each version keeps a large evaluation."""
        self._versions(size // 100, {f"f{n}": [n] * 20 for n in range(100)})
        return lambda: self.caller.get("models", limit=size // 100)

    def models_measured(self, size):
        """The list, where the evaluations are what grows."""
        self._versions(10, {f"f{n}": [n] * 20 for n in range(size // 20)})
        return lambda: self.caller.get("models", limit=10)

    def _versions(self, number, facts):
        """Without files: to be listed, not asked."""
        for _place in range(number):
            ModelVersion.objects.create(
                name=f"listed {next(numbers)}",
                version=1,
                run=a_run(self.dataset),
                sha256="0" * 64,
                evaluation={"facts": facts},
            )


NAMES = [name for name in vars(Inputs) if not name.startswith("_")]


@pytest.fixture
def inputs(tmp_path, two_model_directories, few_draws):
    return Inputs(tmp_path, two_model_directories)


@pytest.mark.parametrize("name", NAMES)
def test_twice_as_much_is_about_twice_the_work(inputs, name):
    ask = getattr(inputs, name)
    ask(800)()  # what is done once in a process is done

    small, large = counted(ask(6000)), counted(ask(12_000))

    assert large[0] <= TWICE * small[0], (small, large)
    assert large[1] <= small[1] + FEW, (small, large)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_eight_times_as_much_is_about_eight_times_the_processor_time(inputs, name):
    assert prepared_grows_in_proportion(getattr(inputs, name), 2400)
