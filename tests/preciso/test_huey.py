import pickle
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from django.conf import settings
from huey import crontab
from huey.consumer_options import ConsumerConfig

from preciso.huey import JsonSerializer, RedisDoorbell, SqliteDoorbell


@pytest.fixture
def sqlite_doorbell(tmp_path):
    doorbell = SqliteDoorbell("test", filename=tmp_path / "deep" / "huey.db")
    yield doorbell
    doorbell.storage.close()


@pytest.fixture
def redis_doorbell(redis_url):
    doorbell = RedisDoorbell("test", url=redis_url)
    doorbell.storage.flush_all()
    yield doorbell
    doorbell.storage.pool.disconnect()


@pytest.fixture(
    params=["sqlite", pytest.param("redis", marks=pytest.mark.redis)],
)
def doorbell(request):
    return request.getfixturevalue(f"{request.param}_doorbell")


def test_message_arrives_as_it_was_sent(doorbell):
    @doorbell.task(retries=2, retry_delay=5, priority=3)
    def ring(number, *, word):
        return number, word

    ring(7, word="보류")
    arrived = doorbell.dequeue()

    assert arrived.args == [7]
    assert arrived.kwargs == {"word": "보류"}
    assert (arrived.retries, arrived.retry_delay, arrived.priority) == (2, 5, 3)
    assert arrived.execute() == (7, "보류")


def test_higher_priority_is_heard_first(doorbell):
    @doorbell.task()
    def ring(number):
        return number

    ring(1)
    doorbell.enqueue(ring.s(2, priority=9))

    assert [doorbell.dequeue().args, doorbell.dequeue().args] == [[2], [1]]


def test_delayed_message_keeps_its_moment(doorbell):
    @doorbell.task()
    def ring():
        return None

    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    soon = now + timedelta(minutes=5)
    doorbell.add_schedule(ring.s(eta=soon))

    assert doorbell.read_schedule(soon - timedelta(seconds=1)) == []
    (due,) = doorbell.read_schedule(soon + timedelta(seconds=1))
    assert due.eta == soon


def test_message_is_json_and_never_pickle(doorbell):
    @doorbell.task()
    def ring(number):
        return number

    ring(7)
    (raw,) = doorbell.storage.enqueued_items()

    assert bytes(raw).startswith(b'{"message": {"id": ')


def test_argument_that_is_no_json_is_refused_when_it_is_sent(doorbell):
    @doorbell.task()
    def ring(thing):
        return thing

    with pytest.raises(TypeError, match="not JSON serializable"):
        ring(object())
    assert doorbell.pending_count() == 0


def test_chain_of_tasks_is_refused(doorbell):
    @doorbell.task()
    def ring():
        return None

    with pytest.raises(TypeError, match="on_complete"):
        doorbell.enqueue(ring.s().then(ring))


class Trap:
    """Unpickling it tells."""

    sprung: list[bool] = []

    def __reduce__(self):
        return Trap.sprung.append, (True,)


def test_pickled_message_is_refused_without_running_anything():
    with pytest.raises(ValueError, match=r"."):
        JsonSerializer().deserialize(pickle.dumps(Trap()))
    assert Trap.sprung == []


def test_consumer_passes_over_a_message_it_cannot_read(sqlite_doorbell):
    heard = Event()

    @sqlite_doorbell.task()
    def ring():
        heard.set()

    sqlite_doorbell.storage.enqueue(pickle.dumps(Trap()), 9)
    ring()
    consumer = sqlite_doorbell.create_consumer(workers=1, max_delay=0.1, periodic=False)
    consumer.start()
    try:
        assert heard.wait(20)
    finally:
        consumer.stop(graceful=True)
    assert Trap.sprung == []


def test_failing_task_is_tried_again_through_json(doorbell):
    seen = []

    @doorbell.task(retries=1)
    def ring(number):
        seen.append(number)
        raise RuntimeError("once more")

    ring(7)
    doorbell.execute(doorbell.dequeue())
    doorbell.execute(doorbell.dequeue())

    assert seen == [7, 7]
    assert doorbell.dequeue() is None


def test_periodic_task_is_sent_and_run(doorbell):
    seen = []

    @doorbell.periodic_task(crontab(minute="*"))
    def sweep():
        seen.append("swept")

    (due,) = doorbell.read_periodic(datetime.now(UTC))
    doorbell.enqueue(due)
    doorbell.execute(doorbell.dequeue())

    assert seen == ["swept"]


def test_settings_are_those_that_huey_understands():
    options = ConsumerConfig(**_production_huey()["consumer"])
    options.validate()
    assert options.graceful_signal == "TERM"
    assert options.shutdown_timeout == 25
    assert options.max_delay == 0.5


def _production_huey():
    from preciso import settings as production

    return production.HUEY


def test_suite_runs_tasks_at_once():
    assert settings.HUEY["immediate"] is True
    assert _production_huey()["immediate"] is False
    assert _production_huey()["results"] is False
