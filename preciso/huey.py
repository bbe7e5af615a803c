"""The doorbell: Huey with messages that are plain JSON.

A message says that there is work and carries numbers, texts and nothing else. Huey's
own serializer is pickle, which runs code when a message is read.
"""

import json
import threading
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from huey import Huey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import MemoryStorage, PriorityRedisStorage, SqliteStorage

MOMENTS = ("eta", "expires_resolved")
NOT_CARRIED = ("on_complete", "on_error", "chord_config", "expires")


class JsonSerializer(Serializer):
    """Messages and stored values as JSON.

    Raises TypeError for an argument that is no JSON, or for a message that chains
    others; ValueError for bytes that no JsonSerializer wrote.
    """

    def _serialize(self, data: Any) -> bytes:
        packed = {"message": _packed(data)} if isinstance(data, Message) else data
        return json.dumps(packed, allow_nan=False).encode()

    def _deserialize(self, data: bytes) -> Any:
        value = json.loads(bytes(data))
        if isinstance(value, dict) and value.keys() == {"message"}:
            return _unpacked(value["message"])
        return value


def _packed(message: Any) -> dict[str, Any]:
    fields = {k: v for k, v in message._asdict().items() if v is not None}
    if refused := [name for name in NOT_CARRIED if name in fields]:
        raise TypeError(f"A doorbell message carries no {', '.join(refused)}.")
    return {k: v.isoformat() if k in MOMENTS else v for k, v in fields.items()}


def _unpacked(fields: dict[str, Any]) -> Any:
    moments = {
        name: datetime.fromisoformat(fields[name]) for name in MOMENTS if name in fields
    }
    return Message(**{**fields, **moments})


class QuietSqliteStorage(SqliteStorage):
    """SQLite storage that touches the disk at its first message.

    `manage.py check` then needs no data directory, and no connection crosses a fork.
    """

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, create_tables=False, **options)

    def _create_connection(self) -> Connection:
        Path(self.filename).parent.mkdir(parents=True, exist_ok=True)
        connection: Connection = super()._create_connection()
        for statement in self.ddl:
            connection.execute(statement)
        return connection


class ClosingConsumer(Consumer):
    """A consumer that says so before it waits for its workers to finish."""

    def stop(self, graceful: bool = False) -> None:
        self.huey.closing.set()
        super().stop(graceful=graceful)


class Doorbell(Huey):
    """Huey whose messages are JSON, whatever carries them.

    ``closing`` is set as soon as its consumer is asked to stop, so that a long task can
    give its work back in time.
    """

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, serializer=JsonSerializer(), **options)
        self.closing = threading.Event()

    def create_consumer(self, **options: Any) -> Consumer:
        return ClosingConsumer(self, **options)


class SqliteDoorbell(Doorbell):
    storage_class = QuietSqliteStorage


class RedisDoorbell(Doorbell):
    storage_class = PriorityRedisStorage


class MemoryDoorbell(Doorbell):
    storage_class = MemoryStorage
