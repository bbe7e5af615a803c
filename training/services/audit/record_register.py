"""What the events say of each record, and whether the tables still say the same.

A page of 256 entries for each table and stretch of ids: a million records take some
45 MB, whatever order they come in.

Reads only; writes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import models

from training.records import (
    NO_ROW_SHA256,
    form_of,
    hash_of,
    protected_models,
    with_lists,
)

PAGE = 256
ENTRY = 41  # a mark, the event's id, the hash
FROM_EVENT, IN_TABLE = b"\1", b"\2"
NO_ROW = bytes.fromhex(NO_ROW_SHA256)
PIECE = 1000
MOST_SUSPECTS = 1000


@dataclass
class Register:
    """The newest hash of each record, and the event that said it."""

    _pages: dict[tuple[str, int], bytearray] = field(default_factory=dict)
    _final: frozenset[str] = field(
        default_factory=lambda: frozenset(
            kind for kind, model in protected_models().items() if form_of(model).final
        )
    )
    count: int = 0
    highest: dict[str, int] = field(default_factory=dict)

    def note(
        self, kind: str, pk: int, sha256: str, event: int, *, weak: bool = False
    ) -> None:
        """The later event counts, by its id: links come in the order of commits.

        ``weak`` yields to whatever was said before, and so does what is final.
        """
        page = self._pages.get((kind, pk // PAGE))
        if page is None:
            page = self._pages[kind, pk // PAGE] = bytearray(PAGE * ENTRY)
        start = pk % PAGE * ENTRY
        if page[start]:
            known_event = int.from_bytes(page[start + 1 : start + 9], "big")
            if weak or known_event > event or kind in self._final:
                return
        else:
            self.count += 1
            self.highest[kind] = max(pk, self.highest.get(kind, 0))
        page[start : start + ENTRY] = (
            FROM_EVENT + event.to_bytes(8, "big") + bytes.fromhex(sha256)
        )

    def says(self, kind: str, pk: int) -> tuple[str, int] | None:
        """The hash and the event's id; None where no event tells of the record."""
        page = self._pages.get((kind, pk // PAGE))
        start = pk % PAGE * ENTRY
        if page is None or not page[start]:
            return None
        entry = page[start : start + ENTRY]
        return entry[9:].hex(), int.from_bytes(entry[1:9], "big")

    def meet(self, kind: str, pk: int) -> None:
        self._pages[kind, pk // PAGE][pk % PAGE * ENTRY] = IN_TABLE[0]

    def unmet(self) -> Iterator[tuple[str, int]]:
        """Records that events tell of and no table has."""
        for (kind, number), page in sorted(self._pages.items()):
            for place in range(PAGE):
                start = place * ENTRY
                if (
                    page[start] == FROM_EVENT[0]
                    and page[start + 9 : start + ENTRY] != NO_ROW
                ):
                    yield kind, number * PAGE + place

    def ids(self, kind: str) -> list[int]:
        return [
            number * PAGE + place
            for (of, number), page in sorted(self._pages.items())
            if of == kind
            for place in range(PAGE)
            if page[place * ENTRY]
        ]


RecordKey = tuple[str, int]


@dataclass
class RecordComparison:
    """What differs, as far as it was kept: of a very long list the first ones."""

    suspects: list[RecordKey] = field(default_factory=list)
    rows: int = 0

    def suspect(self, key: RecordKey) -> None:
        if len(self.suspects) < MOST_SUSPECTS:
            self.suspects.append(key)


def compare(
    register: Register, *, only_recorded: bool, progress: Callable[[int], None]
) -> RecordComparison:
    """Every protected row beside what the events say of it, in both directions.

    ``only_recorded`` leaves out rows of which no event of the register tells.
    """
    comparison = RecordComparison()
    for kind, model in sorted(protected_models().items()):
        rows = (
            _recorded_rows(register, kind, model) if only_recorded else _all_rows(model)
        )
        for pk, sha256 in rows:
            comparison.rows += 1
            entry = register.says(kind, pk)
            if entry is not None:
                register.meet(kind, pk)
            if entry is None or entry[0] != sha256:
                comparison.suspect((kind, pk))
        progress(comparison.rows)
    for key in register.unmet():
        comparison.suspect(key)
    return comparison


def _all_rows(model: type[models.Model]) -> Iterator[tuple[int, str]]:
    """A query for each piece: no long transaction, and linear."""
    columns = form_of(model).columns
    query = model._base_manager.order_by("pk").values_list(*columns)
    last = 0
    while piece := list(query.filter(pk__gt=last)[:PIECE]):
        for values in with_lists(model, piece):
            yield values[0], hash_of(model, values)
        last = piece[-1][0]


def _recorded_rows(
    register: Register, kind: str, model: type[models.Model]
) -> Iterator[tuple[int, str]]:
    yield from current(model, register.ids(kind))


def current(model: type[models.Model], ids: list[int]) -> Iterator[tuple[int, str]]:
    """The hashes of these rows, those that are there."""
    columns = form_of(model).columns
    for start in range(0, len(ids), PIECE // 2):
        piece = model._base_manager.filter(pk__in=ids[start : start + PIECE // 2])
        rows = list(piece.order_by("pk").values_list(*columns))
        for values in with_lists(model, rows):
            yield values[0], hash_of(model, values)
