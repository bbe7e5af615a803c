"""Predictors: the same answers as the trainer's, fast to load, hard to fool."""

import json
import random
import subprocess
import sys
from dataclasses import replace

import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    log_loss,
    roc_auc_score,
)

from mlops.predictors import FLAVORS, ModelFormatError, UnknownFlavor, load
from mlops.predictors.metrics import measure, measure_commonest
from tests.trainers.samples import ROOT, facts, loan, loans, train_here
from training.features import read_facts
from training.trainers.decision.export import describe
from training.trainers.decision.model import fit_model
from training.trainers.decision.options import Options
from training.trainers.decision.recipe import learn
from training.trainers.decision.rows import TrainingCase

CASES = {
    "two": (250, ("no", "yes")),
    "three": (250, ("approve", "deny", "보류")),
}


def rows(cases):
    return [TrainingCase(read_facts(c["facts"])[0], {}, c["decision"]) for c in cases]


@pytest.fixture(scope="module")
def learnt():
    """Models of each kind, chosen once: (kind, decisions) -> trained."""
    made = {}
    for name, (count, decisions) in CASES.items():
        options = Options(model="both", cv_repeats=1)
        both = learn(rows(loans(count, decisions)), options, lambda *_: None)
        for kind in ("linear", "trees", "both"):
            choice = replace(both.choice, kind=kind)
            model = fit_model(both.cases, choice, options.seed)
            made[kind, name] = replace(both, choice=choice, model=model)
    return made


def predictor_of(trained):
    description = json.loads(json.dumps(describe(trained), allow_nan=False))
    return FLAVORS["decision"](description)


@pytest.fixture
def predictor(learnt):
    return predictor_of(learnt["both", "two"])


def wild(count, seed):
    """Cases unlike any in training: gaps, new texts, other kinds, extreme numbers."""
    chance = random.Random(seed)
    odd = [None, "", "new text", True, 0, -1e308, 10**400, 1e-320, "0.35", " 7 ", "car"]
    cases = loans(count, seed=seed)
    for case in cases:
        for fact in case["facts"]:
            if chance.random() < 0.3:
                fact["value"] = chance.choice(odd)
    return cases


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", ["linear", "trees", "both"])
def test_plain_python_and_scikit_learn_give_the_same_probabilities(learnt, kind, name):
    trained = learnt[kind, name]
    assert trained.choice.kind == kind
    cases = [*loans(*CASES[name]), *wild(300, seed=5), {"facts": [], "decision": "no"}]

    answers = predictor_of(trained).predict([case["facts"] for case in cases])

    expected = trained.predict(rows(cases))
    for answer, shares in zip(answers, expected, strict=True):
        assert answer.probabilities == pytest.approx(shares, abs=1e-9, rel=0)
        assert answer.confidence == answer.probabilities[answer.decision]
        assert answer.confidence == max(answer.probabilities.values())


@pytest.mark.parametrize("kind", ["linear", "trees", "both"])
def test_the_weights_add_up_to_the_distance_from_knowing_nothing(learnt, kind):
    predictor = predictor_of(learnt[kind, "two"])
    root = predictor.start[0]
    if predictor.forest is not None:
        share = predictor.forest.root[0]
        root += predictor.forest.weight * predictor.forest._score(share, share)
    for case in loans(40, seed=9):
        (answer,) = predictor.predict([case["facts"]])
        score = predictor._score(read_facts(case["facts"])[0])[0][0]
        sign = 1 if answer.decision == "yes" else -1
        moved = sum(weight for _, weight in answer.weights)
        assert moved == pytest.approx(sign * predictor.slope * (score - root))


def test_a_model_directory_is_loaded_without_numpy_or_django(tmp_path):
    model = train_here(tmp_path, loans(120), model="both", cv_repeats=1)
    program = (
        "import sys, pathlib; from mlops.predictors import load;"
        "p = load(pathlib.Path(sys.argv[1]));"
        "p.predict([[{'name': 'income', 'value': 4000}]]);"
        "print(sorted({'numpy', 'sklearn', 'scipy', 'django'} & set(sys.modules)))"
    )
    told = subprocess.check_output(
        [sys.executable, "-c", program, str(model)], cwd=ROOT, text=True
    )
    assert told.strip() == "[]"


def test_the_rationale_names_the_facts_that_weighed_most(predictor):
    known_as = {"income": 9000, "debt": 0.1, "purpose": "house"}

    (answer,) = predictor.predict([facts(**known_as)])

    assert answer.decision == "yes"
    first = answer.weights[0][0]
    assert answer.rationale.startswith(f"{first} = {known_as[first]}")
    assert "income = 9000" in answer.rationale
    assert answer.rationale.endswith("weighed most towards yes.")
    heaviest = [abs(weight) for _, weight in answer.weights]
    assert heaviest == sorted(heaviest, reverse=True)


def test_a_case_without_facts_is_answered_and_says_so(predictor):
    (answer,) = predictor.predict([[]])

    assert answer.decision in predictor.decisions
    assert any(note.startswith("Not given: ") for note in answer.notes)


@pytest.mark.parametrize(
    ("fact", "note"),
    [
        ({"name": "colour", "value": "red"}, "Unknown to the model, ignored: colour."),
        ({"name": "debt", "value": [1]}, "Neither a number nor a text, ignored: debt."),
        ({"name": "debt", "value": {}}, "Neither a number nor a text, ignored: debt."),
        ({"name": "debt", "value": float("nan")}, "Neither a number nor a text"),
        ({"name": "debt", "value": float("inf")}, "Neither a number nor a text"),
        ({"name": "debt", "value": "1e999"}, "Neither a number nor a text"),
        ({"name": "debt", "value": 10**400}, "Far from anything seen in training"),
        (
            {"name": "purpose", "value": "moon"},
            "Never seen in training: purpose = moon",
        ),
        ({"name": "purpose", "value": 12}, "Never seen in training: purpose = 12"),
        ({"name": "income", "value": 1, "period": "2024"}, "ignored: income (2024)."),
    ],
)
def test_what_a_model_cannot_use_is_noted_and_never_raises(predictor, fact, note):
    (answer,) = predictor.predict([[fact]])

    assert any(note in told for told in answer.notes)
    assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_a_fact_in_another_unit_than_learnt_is_noted(tmp_path):
    cases = [
        {
            "decision": "yes" if i % 2 else "no",
            "facts": [{"name": "income", "value": i % 2 + i / 99, "unit": "EUR"}],
        }
        for i in range(40)
    ]
    predictor = load(train_here(tmp_path, cases))

    (answer,) = predictor.predict([[{"name": "income", "value": 1, "unit": "kEUR"}]])

    assert answer.notes == (
        "Given in another unit than learnt: income (kEUR, not EUR).",
    )


def test_numbers_written_as_text_are_read_as_numbers(predictor):
    one, other = predictor.predict([facts(income=3500.5), facts(income=" 3500.5 ")])

    assert one.probabilities == other.probabilities


TREE = ("forest", "trees", 0)


GONE = object()
DAMAGE = [
    (["format"], 2),
    (["decisions"], ["no"]),
    (["decisions"], ["no", "no"]),
    (["decisions"], ["no", "yes", "maybe"]),
    (["decisions"], "no"),
    (["start"], [0.0, 1.0]),
    (["start"], [float("nan")]),
    (["start"], [10**400]),
    (["calibration"], GONE),
    (["calibration", "slope"], 0),
    (["calibration", "offset"], "1"),
    (["columns"], GONE),
    (["columns", 0, "name"], 7),
    (["columns", 0, "name"], "income"),
    (["columns", 1, "points"], [3.0, 1.0]),
    (["columns", 1, "scores"], [[0.0]]),
    (["columns", 1, "unit"], 7),
    (["columns", 0, "levels"], []),
    (["columns", 0, "levels"], {str(i): [0.0] for i in range(1001)}),
    (["columns", 0, "other"], [1.0, 2.0]),
    (["inputs", 0, "column"], 99),
    (["inputs", 0, "is"], "magic"),
    (["inputs", 1, "column"], GONE),
    (["inputs"], []),
    (["forest"], 7),
    (["forest", "trees"], []),
    (["forest", "floor"], 0.0),
    (["forest", "weight"], GONE),
    ([*TREE, "input", 0], 10**6),
    ([*TREE, "input", 0], True),
    ([*TREE, "input"], []),
    ([*TREE, "left", 0], 0),
    ([*TREE, "left", 0], -1),
    ([*TREE, "right", 0], 1),
    ([*TREE, "right", 0], 10**6),
    ([*TREE, "threshold", 0], float("inf")),
    ([*TREE, "threshold", 0], "0.5"),
    ([*TREE, "missing_left", 0], 2),
    ([*TREE, "shares", 0, 0], 1.5),
    ([*TREE, "shares"], []),
]


@pytest.mark.parametrize(
    ("path", "value"), DAMAGE, ids=[f"{path}-{i}" for i, (path, _) in enumerate(DAMAGE)]
)
def test_a_damaged_model_is_refused_in_one_sentence(learnt, path, value):
    description = json.loads(json.dumps(describe(learnt["both", "two"])))
    FLAVORS["decision"](description)  # whole, it loads

    *way, last = path
    part = description
    for step in way:
        part = part[step]
    if value is GONE:
        del part[last]
    else:
        part[last] = value

    with pytest.raises(ModelFormatError, match=r"^model\.json is damaged: .+\.$"):
        FLAVORS["decision"](description)


@pytest.mark.parametrize(
    ("content", "error", "sentence"),
    [
        (None, ModelFormatError, "missing or cannot be read"),
        (b"{", ModelFormatError, "not readable JSON"),
        (b"\xff", ModelFormatError, "not readable JSON"),
        (b"[" * 100_000, ModelFormatError, "not readable JSON"),
        (b"[]", ModelFormatError, "does not hold a JSON object"),
        (b"{}", ModelFormatError, "does not say its flavor"),
        (b'{"flavor": "llm"}', UnknownFlavor, "flavor 'llm'"),
        (b'{"flavor": "decision"}', ModelFormatError, "format 1 was expected"),
    ],
)
def test_what_is_no_model_is_refused(tmp_path, content, error, sentence):
    if content is not None:
        (tmp_path / "model.json").write_bytes(content)

    with pytest.raises(error, match=sentence):
        load(tmp_path)


def test_a_huge_file_is_refused_unread(tmp_path):
    with (tmp_path / "model.json").open("wb") as file:
        file.truncate(33 * 1024 * 1024)

    with pytest.raises(ModelFormatError, match="larger than 32 MB"):
        load(tmp_path)


def drawn(labels, count=200, seed=3):
    """Random probabilities, rounded so that some are equal, and random truth."""
    chance = random.Random(seed)
    predicted, truth = [], []
    for _ in range(count):
        parts = [round(chance.random(), 1) + 0.05 for _ in labels]
        row = {k: part / sum(parts) for k, part in zip(labels, parts, strict=True)}
        predicted.append(row)
        truth.append(chance.choices(labels, weights=parts)[0])
    return predicted, truth


@pytest.mark.parametrize("labels", [["no", "yes"], ["a", "b", "보류"]])
def test_the_measures_are_those_of_scikit_learn(labels):
    predicted, truth = drawn(labels)
    table = [[row[k] for k in labels] for row in predicted]
    answers = [max(labels, key=row.__getitem__) for row in predicted]
    second = [line[1] for line in table] if len(labels) == 2 else table

    found = measure(predicted, truth)

    assert found.numbers() == pytest.approx(
        {
            "accuracy": accuracy_score(truth, answers),
            "balanced_accuracy": balanced_accuracy_score(truth, answers),
            "auc": roc_auc_score(truth, second, multi_class="ovr"),
            "log_loss": log_loss(truth, table, labels=labels),
            "brier": brier_score_loss(truth, table, labels=labels),
        }
    )
    assert [list(row) for row in found.confusion] == confusion_matrix(
        truth, answers, labels=labels
    ).tolist()


def test_a_label_the_model_never_learnt_counts_as_never_predicted():
    found = measure([{"no": 0.9, "yes": 0.1}] * 2, ["no", "보류"])

    assert found.labels == ("no", "yes", "보류")
    assert found.accuracy == 0.5
    assert found.log_loss == pytest.approx((36.04365 + 0.10536) / 2, abs=1e-4)
    assert found.auc == 0.5


def test_measures_that_are_undefined_are_none():
    one_label = measure([{"no": 0.9, "yes": 0.1}] * 2, ["no", "no"])
    nothing = measure([], [])

    assert one_label.auc is None
    assert one_label.accuracy == 1
    assert nothing.n == 0
    assert nothing.numbers() == {}


def test_the_commonest_decision_is_measured_by_its_share_in_training():
    found = measure_commonest({"no": 0.8, "yes": 0.2}, ["no", "no", "yes", "yes"])

    assert found.accuracy == 0.5
    assert found.auc == 0.5
    assert [list(row) for row in found.confusion] == [[2, 0], [2, 0]]


def test_answers_and_truth_of_different_length_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        measure([{"no": 1.0}], [])


def test_predicting_changes_nothing(predictor):
    chance = random.Random(4)
    cases = [loan(chance)["facts"] for _ in range(20)]

    assert predictor.predict(cases) == [predictor.predict([c])[0] for c in cases]
