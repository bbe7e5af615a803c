"""One way of writing JSON and of hashing it, wherever bytes are compared."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces. Raises ValueError on NaN and infinity."""
    return json.dumps(
        value,
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )


def sha256_text(text: str) -> str:
    """Hexadecimal sha256 of ``text`` in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_json(value: Any) -> str:
    return sha256_text(canonical_json(value))


def record_sha256(
    kind: str, pk: int, open_columns: dict[str, Any], private_sha256: str
) -> str:
    """The hash of a protected row, of which only the ``open_columns`` need be known.

    ``training.records`` says which columns those are, and what their form is.
    """
    return sha256_json([kind, pk, open_columns, private_sha256])
