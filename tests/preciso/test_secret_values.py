"""What counts as a secret of the environment, and that it is shown nowhere."""

import json

import pytest

from preciso.env import Environment
from preciso.redaction import redact
from training.artifacts import fetch_directory, store_directory
from training.execution.supervisor import TrainerEvents

ODD = "Zx9-qT4vLm2"  # what a company might call anything


def secrets(**values):
    return Environment(values).secrets()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "sesame"),
        ("PGPASS", "sesame"),
        ("STRIPE_KEY", "sesame"),
        ("SENTRY_DSN", "sesame-two"),
        ("SLACK_WEBHOOK", "sesame-two"),
        ("FOO", "ghq_3fJk92LsPq0aWz"),
        ("FOO", "hunter2hunter2"),
        ("FOO", "4f9c1e7ab2d84c00a1b2c3d4e5f60718"),
        ("FOO", "aBkQzzRtYuIoPlMnBv"),
        ("FOO", "correcthorsebatterystaple"),
        ("FOO", "9b2f6c1e-8a77-4d1c-9a0e-2f6b7c8d9e0f"),
    ],
)
def test_a_secret_is_told_by_its_name_or_by_how_it_looks(name, value):
    assert secrets(**{name: value}) == [value]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOSTNAME", "worker-7f9c8d5b6-abcde"),
        ("TIME_ZONE", "Asia/Seoul"),
        ("EVAL_SHARE", "20"),
        ("TRAIN_SLOTS", "123456789012345"),
        ("REGION", "ap-northeast-two"),
        ("SERVICE_HOST", "10.100.200.300"),
        ("SSL_CERT", "/etc/ssl/certs/ca-2026-bundle.pem"),
        ("DATABASE_URL", "postgresql://preciso@db/preciso"),
        ("MODE", "production"),
        ("LOCAL_TRAINING_COMMAND", "python3 /opt/train2/run4me.py --epochs 3"),
    ],
)
def test_a_word_a_path_a_number_and_a_name_are_none(name, value):
    assert secrets(**{name: value}) == []


def test_passwords_and_secret_parts_of_addresses_are_found_under_any_name():
    found = secrets(
        A="postgresql://preciso:s%40same@db/x",
        B="https://hooks.example.com/services/T0AB1CD2EF3/xJ7sPq2mZ9w1LkT4",
        C="https://example.com/?sig=kJ82hsmQ0pZx",
        D="run --token=kJ82hsmQ0pZy --epochs 3",
    )

    assert set(found) == {
        "s%40same",
        "s@same",
        "xJ7sPq2mZ9w1LkT4",
        "kJ82hsmQ0pZx",
        "kJ82hsmQ0pZy",
    }


def test_a_key_of_several_lines_is_found_in_a_log_that_is_read_line_by_line(settings):
    settings.SECRETS = secrets(SIGNING_KEY="-----BEGIN KEY-----\nMIIEvQIBAD\nANBgkq")

    assert redact("a line says MIIEvQIBAD") == "a line says [redacted]"


def test_what_a_trainer_says_is_without_secrets_in_names_notes_and_reports(settings):
    settings.SECRETS = [ODD]
    events = TrainerEvents()
    said = [
        {"type": "metric", "name": f"loss {ODD}", "value": 1},
        {"type": "progress", "fraction": 0.5, "note": f"as {ODD}"},
        {"type": "error", "message": f"no {ODD}"},
        {"type": "report", "report": {ODD: [{"deep": ODD}]}},
    ]

    events.read([json.dumps(each).encode() for each in said])

    assert events.final == {"loss [redacted]": 1.0}
    told = json.dumps([events.progress, events.error, events.report, events.metrics])
    assert ODD not in told


def test_names_of_model_files_are_without_secrets_and_the_files_are_found(
    settings, data_dir, tmp_path
):
    settings.SECRETS = [ODD]
    model = tmp_path / "model"
    (model / f"for {ODD}").mkdir(parents=True)
    (model / f"for {ODD}" / "w.bin").write_bytes(b"one")
    (model / "for [redacted]").mkdir()
    (model / "for [redacted]" / "w.bin").write_bytes(b"two")

    manifest = store_directory(model, "models/run-1")
    fetched = fetch_directory("models/run-1", manifest, tmp_path / "fetched")

    assert ODD not in json.dumps(manifest)
    contents = sorted(
        path.read_bytes() for path in fetched.rglob("*") if path.is_file()
    )
    assert contents == [b"one", b"two"]
