"""What MLflow must be told is written down first; who tells it is one process."""

import pytest
from django.db import connection, transaction

from mlops.mirror import outbox
from mlops.mirror.lease import HeldLease, LeaseTaken
from mlops.models import MirrorLease, OutboxEvent
from mlops.serving.selection import select_version
from tests.apis import a_model_version, a_sealed_version, api, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db):
    return person("Operator", "olga")


@pytest.fixture
def versions(settings, operator, two_model_directories):
    settings.MLFLOW_TRACKING_URI = "http://mlflow.invalid"
    dataset = a_sealed_version(operator)
    return [a_model_version(dataset, each, operator) for each in two_model_directories]


def test_nothing_is_written_down_while_the_mirror_is_off(
    settings, operator, two_model_directories
):
    settings.MLFLOW_TRACKING_URI = "off"
    version = a_model_version(a_sealed_version(operator), two_model_directories[0])
    select_version(version, by=operator)

    assert OutboxEvent.objects.count() == 0
    assert not outbox.is_work_due()
    assert api("Viewer").get("mlflow/status").json()["enabled"] is False
    refused = api("Operator").post("mlflow/runs/start")
    assert (refused.status_code, refused.json()["code"]) == (409, "mlflow_off")


def test_what_was_missed_while_it_was_off_is_caught_up_once(
    settings, operator, two_model_directories
):
    settings.MLFLOW_TRACKING_URI = "off"
    version = a_model_version(a_sealed_version(operator), two_model_directories[0])
    period, _changed = select_version(version, by=operator)
    settings.MLFLOW_TRACKING_URI = "http://mlflow.invalid"

    assert (outbox.enqueue_missing(), outbox.enqueue_missing()) == (2, 0)

    keys = set(OutboxEvent.objects.values_list("key", flat=True))
    assert keys == {f"version:{version.pk}", f"period:{period.pk}"}


def test_a_switch_that_is_rolled_back_tells_nobody(versions, operator):
    class ChangedMyMind(Exception):
        pass

    def select_and_think_again():
        with transaction.atomic():
            select_version(versions[0], by=operator)
            raise ChangedMyMind

    with pytest.raises(ChangedMyMind):
        select_and_think_again()

    assert not OutboxEvent.objects.filter(kind="serving_changed").exists()


def test_only_one_process_holds_the_lease(db):
    assert MirrorLease.objects.take("one", seconds=30)
    assert not MirrorLease.objects.take("other", seconds=30)
    assert MirrorLease.objects.take("one", seconds=30)

    MirrorLease.objects.give_back("other")
    assert MirrorLease.objects.is_held()
    MirrorLease.objects.give_back("one")
    assert MirrorLease.objects.take("other", seconds=30)


def test_a_lapsed_lease_is_taken_over(db):
    assert MirrorLease.objects.take("dead", seconds=-1)

    assert MirrorLease.objects.take("next", seconds=30)
    assert not MirrorLease.objects.take("dead", seconds=30)


@pytest.mark.django_db
def test_whoever_comes_second_is_told_that_another_is_at_it():
    MirrorLease.objects.take("another process", seconds=30)

    with pytest.raises(LeaseTaken), HeldLease("me"):
        pass


@pytest.mark.django_db
def test_the_lease_is_given_back_at_the_end():
    with HeldLease("me"):
        assert MirrorLease.objects.is_held()

    assert not MirrorLease.objects.is_held()


def test_no_work_is_due_while_somebody_is_at_it(versions):
    assert outbox.is_work_due()

    MirrorLease.objects.take("somebody", seconds=30)

    assert not outbox.is_work_due()


def test_asking_whether_work_is_due_costs_one_query(
    db, settings, django_assert_max_num_queries
):
    settings.MLFLOW_TRACKING_URI = "http://mlflow.invalid"
    connection.ensure_connection()

    with django_assert_max_num_queries(1):
        assert not outbox.is_work_due()
