"""Parquet files, read by pyarrow in batches; loaded only when one is opened."""

# ruff: noqa: PLC0415 - pyarrow is heavy, and no web process may load it

from collections.abc import Iterator
from pathlib import Path

from training.tables.cells import Cell
from training.tables.problems import UnreadableFile

BATCH = 5_000  # rows


def header(path: Path) -> list[str]:
    """The names of the columns. Raises UnreadableFile: damaged, or nested columns."""
    import pyarrow.parquet
    import pyarrow.types

    try:
        schema = pyarrow.parquet.read_schema(path)
    except (pyarrow.ArrowException, OSError) as trouble:
        raise UnreadableFile("damaged") from trouble
    nested = [f.name for f in schema if pyarrow.types.is_nested(f.type)]
    if nested:
        raise UnreadableFile("nested", names=nested[:5])
    return list(schema.names)


def records(path: Path) -> Iterator[tuple[int, list[Cell]]]:
    """The rows by their numbers, from 1. Raises UnreadableFile where one is damaged."""
    import pyarrow.parquet

    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH):
                columns = [column.to_pylist() for column in batch.columns]
                for values in zip(*columns, strict=True):
                    number += 1
                    yield number, [_plain(value) for value in values]
    except (pyarrow.ArrowException, OSError) as trouble:
        raise UnreadableFile("damaged") from trouble


def _plain(value: object) -> Cell:
    """Decimals keep their digits as a text; bytes are text if they are UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value if hasattr(value, "isoformat") else str(value)  # type: ignore[return-value]
