"""Messages that a page shows once, some with a button that undoes what was done.

Django's messages hold a text and tags. An undo message also holds the address to which
the button posts. Messages are stored in the session until a page shows them.
"""

from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageEncoder
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest


class UndoMessage(Message):
    """A message with the address of a POST that undoes what it reports."""

    def __init__(self, level: int, message: str, *, undo: str) -> None:
        super().__init__(level, message)
        self.undo = undo


class UndoMessageEncoder(MessageEncoder):
    """Writes an undo message as an object of its message and its address."""

    def default(self, obj: Any) -> Any:
        message = super().default(obj)
        if isinstance(obj, UndoMessage):
            return {"message": message, "undo": obj.undo}
        return message


class UndoMessageStorage(SessionStorage):
    """Stores messages in the session, undo messages among them."""

    def offer_undo(self, text: str, *, undo: str) -> None:
        """Queue a success message; ``undo`` is the address of the POST that undoes."""
        self.added_new = True
        message = UndoMessage(messages.SUCCESS, text, undo=undo)
        self._queued_messages.append(message)  # type: ignore[attr-defined]

    def serialize_messages(self, messages: Any) -> str:
        return UndoMessageEncoder().encode(messages)

    def deserialize_messages(self, data: Any) -> list[Message]:
        items: list[Any] = super().deserialize_messages(data) or []
        for place, item in enumerate(items):
            if isinstance(item, dict):
                message = item["message"]
                items[place] = UndoMessage(
                    message.level, message.message, undo=item["undo"]
                )
        return items


def success(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Report that something is done, with an undo button if ``undo`` has an address."""
    storage = messages.get_messages(request)
    if undo and isinstance(storage, UndoMessageStorage):
        storage.offer_undo(text, undo=undo)
    else:
        messages.success(request, text)
