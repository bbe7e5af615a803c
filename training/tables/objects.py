"""JSON: one object a line, or one array of objects, as rows of a table."""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from preciso import limits
from training.errors import InvalidInput
from training.file_lines import Lines
from training.tables.cells import Cell
from training.tables.delimited import byte_lines

CHUNK = 1 << 18
Record = tuple[int, "dict[str, Any] | InvalidInput"]


def looks_like_json(lines: list[str]) -> bool:
    """Whether the text begins as JSON objects do."""
    first = next((line.strip() for line in lines if line.strip()), "")
    return first.startswith(("{", "["))


def objects(path: Path, encoding: str) -> Iterator[Record]:
    """The objects of the file: by the number of their line, or of an array by their
    place in it, from 1. What is no object comes as its refusal."""
    stream, encoding = byte_lines(path, encoding)
    with stream:
        first = b""
        while not first.strip() and (first := stream.readline(limits.LINE)):
            pass
        stream.seek(0) if stream.seekable() else None
    if first.lstrip(b"\xef\xbb\xbf \t").startswith(b"["):
        yield from _of_array(path, encoding)
    else:
        yield from _of_lines(path, encoding)


def _of_lines(path: Path, encoding: str) -> Iterator[Record]:
    stream, encoding = byte_lines(path, encoding)
    with stream:
        lines = Lines(stream, encoding)
        for text in lines:
            for refused in lines.take_refused():
                yield refused.line, InvalidInput(refused.reason)
            if text.strip():
                yield lines.number, _object(text)


def _object(text: str) -> dict[str, Any] | InvalidInput:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return InvalidInput(_("The line is not valid JSON."))
    return value if isinstance(value, dict) else _no_object()


def _no_object() -> InvalidInput:
    return InvalidInput(_("The line is not a JSON object."))


def _of_array(path: Path, encoding: str) -> Iterator[Record]:
    """The objects of one array, decoded one after the other as the text comes in."""
    stream, encoding = byte_lines(path, encoding)
    decoder, number, buffer = json.JSONDecoder(), 0, ""
    with stream:
        chunks = iter(lambda: stream.read(CHUNK), b"")
        text = _texts(chunks, encoding)
        buffer = next(text, "").lstrip("\ufeff").lstrip()[1:]
        while True:
            buffer = buffer.lstrip(" \t\r\n,")
            if buffer.startswith("]"):
                return
            try:
                value, end = decoder.raw_decode(buffer)
            except (ValueError, RecursionError):
                more = next(text, "")
                if not more or len(buffer) > limits.LINE:
                    yield number + 1, InvalidInput(_("The file is not valid JSON."))
                    return
                buffer += more
                continue
            number += 1
            buffer = buffer[end:]
            yield number, value if isinstance(value, dict) else _no_object()


def _texts(chunks: Iterator[bytes], encoding: str) -> Iterator[str]:
    decode = codecs.getincrementaldecoder(encoding)("replace").decode
    for chunk in chunks:
        yield decode(chunk)


def flat(value: dict[str, Any]) -> dict[str, Cell]:
    """The object as cells; an object inside of it gives ``outer.inner``.

    A list becomes its JSON text: no reading of a cell has several values.
    """
    cells: dict[str, Cell] = {}
    for name, item in value.items():
        if isinstance(item, dict):
            for inner, nested in item.items():
                cells[f"{name}.{inner}"] = _cell(nested)
        else:
            cells[name] = _cell(item)
    return cells


def _cell(value: Any) -> Cell:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value  # type: ignore[no-any-return]
