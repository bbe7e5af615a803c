"""Messages that a page shows once, and what such a message offers to do.

Django's messages carry words and tags. A notice carries besides them, as data of its
own, the address of a POST that takes back what it tells of. Both wait in the session.
"""

from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageEncoder
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest


class Notice(Message):
    """A message with a way back."""

    def __init__(self, level: int, message: str, *, undo: str) -> None:
        super().__init__(level, message)
        self.undo = undo


class NoticeEncoder(MessageEncoder):
    """A notice is an object that holds the message and the address."""

    def default(self, obj: Any) -> Any:
        message = super().default(obj)
        if isinstance(obj, Notice):
            return {"message": message, "undo": obj.undo}
        return message


class NoticeStorage(SessionStorage):
    """Messages in the session, some of which are notices."""

    def offer_undo(self, text: str, *, undo: str) -> None:
        """Say that it is done; ``undo`` is the address of a POST that takes it back."""
        self.added_new = True
        notice = Notice(messages.SUCCESS, text, undo=undo)
        self._queued_messages.append(notice)  # type: ignore[attr-defined]

    def serialize_messages(self, messages: Any) -> str:
        return NoticeEncoder().encode(messages)

    def deserialize_messages(self, data: Any) -> list[Message]:
        return [_notice(item) for item in super().deserialize_messages(data) or []]


def _notice(item: Any) -> Message:
    if not isinstance(item, dict):
        return item  # type: ignore[no-any-return]
    message = item["message"]
    return Notice(message.level, message.message, undo=item["undo"])


def success(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Say that what was asked for is done, with a way back where there is one."""
    storage = messages.get_messages(request)
    if undo and isinstance(storage, NoticeStorage):
        storage.offer_undo(text, undo=undo)
    else:
        messages.success(request, text)
