"""The trainer `decision`: what it learns, reports and refuses."""

import json
import signal

import pytest

from mlops.predictors import load
from tests.trainers.samples import (
    events_of,
    facts,
    loans,
    request,
    start,
    train_here,
    write,
)
from training.trainers.contract import DataError, Events, Request
from training.trainers.decision.__main__ import train
from training.trainers.decision.options import read_options


def test_the_command_leaves_a_model_a_log_and_a_report(tmp_path):
    trainer_request = request(tmp_path, loans(150), loans(60, seed=2), cv_repeats=1)

    child = start(trainer_request)
    output, _ = child.communicate(timeout=120)

    assert child.returncode == 0, output
    assert "On the cases held back" in output
    model = json.loads(
        (trainer_request.output_dir / "model" / "model.json").read_text()
    )
    assert model["flavor"] == "decision"
    events = events_of(trainer_request)
    fractions = [e["fraction"] for e in events if e["type"] == "progress"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    figures = {e["name"]: e["value"] for e in events if e["type"] == "metric"}
    assert figures["eval_auc"] > 0.7 > 0.6 > figures["eval_commonest_auc"]
    assert {"eval_log_loss", "cv_accuracy", "eval_brier"} <= figures.keys()
    (report,) = [e["report"] for e in events if e["type"] == "report"]
    assert report == json.loads(
        (trainer_request.output_dir / "metrics.json").read_text()
    )
    assert sum(map(sum, report["eval"]["model"]["confusion"]["counts"])) == 60
    assert set(report["columns"]["unused"]) == {"country", "note"}


def test_wrong_data_ends_the_command_with_65_and_one_sentence(tmp_path):
    trainer_request = request(
        tmp_path, [{"decision": "no", "facts": facts(a=i)} for i in range(40)]
    )

    child = start(trainer_request)
    child.communicate(timeout=60)

    assert child.returncode == 65
    assert events_of(trainer_request)[-1] == {
        "type": "error",
        "message": "All 40 cases carry the decision 'no'. "
        "A model needs at least two different decisions to learn from.",
    }
    assert not (trainer_request.output_dir / "model").exists()


def test_a_request_to_stop_is_followed_and_leaves_no_half_model(tmp_path):
    trainer_request = request(tmp_path, loans(500), cv_repeats=20)

    child = start(trainer_request)
    for line in child.stdout:
        if "round 1 of" in line:
            break
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=60)

    assert child.returncode == 143
    assert not (trainer_request.output_dir / "model").exists()


def test_the_same_input_and_seed_give_the_same_bytes(tmp_path):
    cases = loans(100)
    first = train_here(tmp_path / "a", cases, cv_repeats=1, model="both", seed=3)
    second = train_here(tmp_path / "b", cases, cv_repeats=1, model="both", seed=3)

    assert (first / "model.json").read_bytes() == (second / "model.json").read_bytes()


def test_without_held_back_cases_the_figures_are_named_as_estimates(tmp_path):
    trainer_request = request(tmp_path, loans(80), model="linear")

    train(trainer_request, Events(trainer_request.events_file))

    names = {e["name"] for e in events_of(trainer_request) if e["type"] == "metric"}
    assert "cv_auc" in names
    assert not any(name.startswith("eval_") for name in names)
    report = json.loads((trainer_request.output_dir / "metrics.json").read_text())
    assert report["eval"] is None
    assert "No cases were held back" in report["notes"][0]


def test_held_back_decisions_that_nobody_taught_are_counted_as_wrong(tmp_path):
    new = [{"decision": "보류", "facts": facts(income=1000)}]

    train_here(tmp_path, loans(80), [*loans(20, seed=2), *new], model="linear")

    report = json.loads((tmp_path / "output" / "metrics.json").read_text())
    assert "보류" in report["eval"]["model"]["confusion"]["labels"]
    assert any("보류" in note for note in report["notes"])


@pytest.mark.parametrize("model", ["auto", "linear", "trees", "both"])
def test_each_kind_of_model_can_be_asked_for(tmp_path, model):
    train_here(tmp_path, loans(80), model=model, cv_repeats=1)

    report = json.loads((tmp_path / "output" / "metrics.json").read_text())
    assert model in ("auto", report["chosen"]["model"])
    assert set(report["chosen"]["cv_log_loss"]) >= {"linear"}


def test_ten_cases_with_a_single_example_of_one_decision_still_teach(tmp_path):
    cases = [{"decision": "no", "facts": facts(a=i)} for i in range(9)]
    cases.append({"decision": "yes", "facts": facts(a=40)})

    train_here(tmp_path, cases)

    report = json.loads((tmp_path / "output" / "metrics.json").read_text())
    assert report["decisions"] == {"no": 9, "yes": 1}
    assert report["cv"] is None
    assert any("Too few cases" in note for note in report["notes"])


def test_four_cases_whose_halves_say_nothing_still_teach(tmp_path):
    cases = [case("no", a="u"), case("no", a="u"), case("yes", a="v")]

    train_here(tmp_path, [*cases, case("yes", a="v")])

    report = json.loads((tmp_path / "output" / "metrics.json").read_text())
    assert report["chosen"]["folds"] == 2


def test_a_single_number_can_be_learnt_by_trees(tmp_path):
    cases = [case("yes" if i > 40 else "no", a=i) for i in range(80)]

    predictor = load(train_here(tmp_path, cases, model="trees", cv_repeats=1))

    low, high = predictor.predict([facts(a=5), facts(a=75)])
    assert (low.decision, high.decision) == ("no", "yes")


def test_a_third_decision_with_a_single_example_is_kept(tmp_path):
    cases = [*loans(60), {"decision": "rare", "facts": facts(income=1)}]

    model = train_here(tmp_path, cases, cv_repeats=1)

    assert json.loads((model / "model.json").read_text())["decisions"] == [
        "no",
        "rare",
        "yes",
    ]


def test_periods_make_features_of_their_own(tmp_path):
    cases = [
        {
            "decision": "yes" if i % 2 else "no",
            "facts": [
                {"name": "income", "value": i % 7, "period": "2023"},
                {"name": "income", "value": i % 2, "period": "2024"},
            ],
        }
        for i in range(40)
    ]

    model = train_here(tmp_path, cases)

    columns = json.loads((model / "model.json").read_text())["columns"]
    assert [c["name"] for c in columns] == ["income (2023)", "income (2024)"]


def test_numbers_of_any_size_are_learnt_without_a_warning(tmp_path):
    cases = [
        {
            "decision": "yes" if i % 2 else "no",
            "facts": facts(
                big=10**400 if i % 2 else -1e308, odd="nan", small=i * 5e-324
            ),
        }
        for i in range(30)
    ]

    train_here(tmp_path, cases)


def case(decision="no", **values):
    return {"decision": decision, "facts": facts(**values)}


@pytest.mark.parametrize(
    ("cases", "sentence"),
    [
        ([], "There are no training cases"),
        ([case(a=1)], "The one case carries the decision 'no'"),
        ([case(), case("yes")], "No case carries a fact with a value"),
        ([case(a=1), case("yes", a=1)], "No usable facts"),
        ([case(a="x1"), case("yes", a="x2")], "No usable facts"),
        ([case(str(i), a=i) for i in range(101)], "101 different decisions"),
        ([case(a=1), {"facts": []}], r"Line 2 of train\.jsonl carries no decision"),
        ([case(a=1), 7], r"Line 2 of train\.jsonl is not a case"),
        ([case(a=1), {"decision": "x", "facts": 1}], "facts that are not a list"),
    ],
)
def test_data_that_teaches_nothing_is_refused(tmp_path, cases, sentence):
    with pytest.raises(DataError, match=sentence):
        train_here(tmp_path, cases)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"decision": "no", "facts": []}\n{oops\n', r"Line 2 of train\.jsonl is not"),
        (b"\xff\xfe\n", "not UTF-8"),
    ],
)
def test_files_that_cannot_be_read_are_refused(tmp_path, content, sentence):
    trainer_request = request(tmp_path, [])
    trainer_request.train_file.write_bytes(content)

    with pytest.raises(DataError, match=sentence):
        train(trainer_request, Events(trainer_request.events_file))


def test_a_missing_file_is_refused(tmp_path):
    trainer_request = request(tmp_path, [])
    trainer_request.train_file.unlink()

    with pytest.raises(DataError, match=r"The file train\.jsonl is missing"):
        train(trainer_request, Events(trainer_request.events_file))


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ({"sed": 1}, "Unknown training argument: sed"),
        ({"seed": "1"}, "seed must be a whole number"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": True}, "seed must be a whole number"),
        ({"cv_repeats": 0}, "cv_repeats must be a whole number from 1"),
        ({"model": "deep"}, "model must be one of auto, linear"),
        ({"model": ["linear"]}, "model must be one of auto, linear"),
    ],
)
def test_wrong_arguments_are_refused_by_name(args, sentence):
    with pytest.raises(DataError, match=sentence):
        read_options(args)


def test_null_arguments_count_as_absent():
    assert read_options({"seed": None}) == read_options({})


@pytest.mark.parametrize("text", ["[1]", "{", "7"])
def test_arguments_that_are_no_object_are_refused(tmp_path, text):
    environment = {
        "PRECISO_TRAIN_FILE": str(write(tmp_path / "train.jsonl", [])),
        "PRECISO_OUTPUT_DIR": str(tmp_path),
        "PRECISO_EVENTS_FILE": str(tmp_path / "events.jsonl"),
        "PRECISO_TRAINING_ARGS": text,
    }
    with pytest.raises(DataError, match="must be a JSON object"):
        Request.read(environment)


def test_a_worker_that_says_too_little_is_told_what_is_missing():
    with pytest.raises(DataError, match="PRECISO_TRAIN_FILE"):
        Request.read({})
