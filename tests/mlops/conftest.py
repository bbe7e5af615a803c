"""What the tests of models and serving share."""

import pytest

from tests.trainers.samples import loans, train_here


@pytest.fixture(scope="session")
def two_model_directories(tmp_path_factory):
    """Two small models, trained once a session by the built-in trainer."""
    folder = tmp_path_factory.mktemp("models")
    return [
        train_here(folder / str(seed), loans(60, seed=seed), model="linear")
        for seed in (1, 2)
    ]


@pytest.fixture
def few_draws(monkeypatch):
    """So many draws of the bootstrap, where it does not matter how many there are."""
    monkeypatch.setattr("mlops.evaluation.resampling.RESAMPLES", 200)
    return 200
