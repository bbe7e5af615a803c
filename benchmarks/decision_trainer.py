"""The whole `decision` recipe beside three scikit-learn models with their defaults.

    .venv/bin/python -m benchmarks.decision_trainer [--repeats 4] [--data hmda ...]

Outer repeated stratified cross-validation on the same folds for all: in each fold the
recipe chooses, fits and calibrates on the training part alone. The peers get numbers
imputed by the median, texts one-hot (one column where there are just two), and for the
logistic regression numbers scaled.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_wine,
    make_classification,
)
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.parts.demo import decisions_of_the_demo, facts_of_the_demo
from benchmarks.parts.installation import Parser
from training.features import read_value
from training.trainers.decision.options import Options
from training.trainers.decision.recipe import learn
from training.trainers.decision.rows import TrainingCase

NAMES = ("LogisticRegression", "RandomForest", "HistGradientBoosting")

Probabilities = np.ndarray[Any, Any]


def hmda() -> list[TrainingCase]:
    pairs = zip(facts_of_the_demo(), decisions_of_the_demo(), strict=True)
    return [
        row({fact["name"]: fact["value"] for fact in facts}, decision)
        for facts, decision in pairs
    ]


def row(values: dict[str, Any], decision: str) -> TrainingCase:
    read = {name: read_value(value) for name, value in values.items()}
    return TrainingCase({n: v for n, v in read.items() if v is not None}, {}, decision)


def bundled(load: Callable[..., Any], most: int | None = None) -> list[TrainingCase]:
    inputs, labels = load(return_X_y=True)
    return [
        row({f"f{i}": float(v) for i, v in enumerate(line)}, f"class {label}")
        for line, label in list(zip(inputs, labels, strict=True))[:most]
    ]


def synthetic() -> list[TrainingCase]:
    """Numbers, two of them cut into texts, a fifth of everything missing."""
    inputs, labels = make_classification(
        1500, 10, n_informative=6, flip_y=0.15, weights=[0.7], random_state=7
    )
    chance = np.random.default_rng(7)
    rows = []
    for line, label in zip(inputs, labels, strict=True):
        values: dict[str, Any] = {f"f{i}": float(v) for i, v in enumerate(line)}
        values["f0"] = "abcdefgh"[int(np.clip(line[0] + 4, 0, 7))]
        values["f1"] = "low" if line[1] < 0 else "high"
        kept = {n: v for n, v in values.items() if chance.random() > 0.2}
        rows.append(row(kept, f"class {label}"))
    return rows


DATA: dict[str, Callable[[], list[TrainingCase]]] = {
    "hmda": hmda,
    "breast_cancer": lambda: bundled(load_breast_cancer),
    "wine": lambda: bundled(load_wine),
    "digits (600)": lambda: bundled(load_digits, 600),
    "synthetic": synthetic,
}


def recipe(
    train: list[TrainingCase], test: list[TrainingCase], seed: int
) -> Probabilities:
    trained = learn(train, Options(seed=seed), lambda *_: None)
    CHOSEN.append(trained.choice.kind)
    found = trained.predict(test)
    return np.array([list(answer.values()) for answer in found])


CHOSEN: list[str] = []


def matrix(rows: list[TrainingCase], names: list[str], texts: set[str]) -> Any:
    cells = [
        [r.values.get(n, "" if n in texts else np.nan) for n in names] for r in rows
    ]
    return np.array(cells, dtype=object)


def peer(
    name: str, train: list[TrainingCase], test: list[TrainingCase], seed: int
) -> Probabilities:
    names = sorted({n for r in train for n in r.values})
    texts = {n for r in train for n, v in r.values.items() if isinstance(v, str)}
    where = [i for i, n in enumerate(names) if n in texts]
    others = [i for i, n in enumerate(names) if n not in texts]
    numbers = [SimpleImputer(strategy="median")]
    models = {
        "LogisticRegression": LogisticRegression(),
        "RandomForest": RandomForestClassifier(random_state=seed),
        "HistGradientBoosting": HistGradientBoostingClassifier(random_state=seed),
    }
    if name == "LogisticRegression":
        numbers.append(StandardScaler())
    encoder = OneHotEncoder(  # what a fold has not seen is all zeros
        drop="if_binary", handle_unknown="ignore", sparse_output=False
    )
    columns = make_column_transformer(
        (make_pipeline(*numbers), others), (encoder, where)
    )
    model = make_pipeline(columns, models[name])
    model.fit(matrix(train, names, texts), [r.decision for r in train])
    return np.asarray(model.predict_proba(matrix(test, names, texts)))


def figures(found: Probabilities, truth: list[str]) -> tuple[float, float]:
    labels = sorted(set(truth))
    scores = found[:, 1] if len(labels) == 2 else found
    area = roc_auc_score(truth, scores, multi_class="ovr", labels=labels)
    return float(area), float(log_loss(truth, found, labels=labels))


def compare(
    rows: list[TrainingCase], folds: RepeatedStratifiedKFold
) -> dict[str, list[tuple[float, ...]]]:
    truth = np.array([r.decision for r in rows])
    results: dict[str, list[tuple[float, ...]]] = {n: [] for n in ("decision", *NAMES)}
    for number, (train, test) in enumerate(folds.split(np.zeros(len(rows)), truth)):
        parts = [rows[i] for i in train], [rows[i] for i in test]
        for name, results_of in results.items():
            start = time.perf_counter()
            if name == "decision":
                found = recipe(*parts, number)
            else:
                found = peer(name, *parts, number)
            seconds = time.perf_counter() - start
            results_of.append((*figures(found, list(truth[test])), seconds))
    return results


def show(title: str, results: dict[str, list[tuple[float, ...]]]) -> None:
    means = {name: np.mean(values, axis=0) for name, values in results.items()}
    best_area = max(means[name][0] for name in NAMES)
    best_loss = min(means[name][1] for name in NAMES)
    kinds = ", ".join(f"{kind} {CHOSEN.count(kind)}" for kind in sorted(set(CHOSEN)))
    print(f"\n{title}: {len(results['decision'])} folds; the recipe chose {kinds}")
    print(f"  {'':22}{'AUC':>8}{'- best':>9}{'log loss':>10}{'/ best':>8}{'s/fit':>8}")
    for name, (area, loss, seconds) in means.items():
        print(
            f"  {name:22}{area:8.4f}{area - best_area:+9.4f}{loss:10.4f}"
            f"{loss / best_loss:8.3f}{seconds:8.2f}",
            flush=True,
        )


def main() -> None:
    parser = Parser(__doc__)
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    options = parser.read(repeats=1, folds=2, data=["wine"])
    warnings.filterwarnings("ignore", "Found unknown categories", UserWarning)
    for name in options.data:
        CHOSEN.clear()
        repeats = options.repeats if name == "hmda" else max(1, options.repeats // 2)
        folds = RepeatedStratifiedKFold(
            n_splits=options.folds, n_repeats=repeats, random_state=options.seed
        )
        show(name, compare(DATA[name](), folds))


if __name__ == "__main__":
    main()
