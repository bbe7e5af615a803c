"""What a file seems to hold: a recipe for it, with examples, and what to look at.

It is judged by a sample of the rows (``samples``); what every row says is known when
the file is checked.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from training.tables import columns, numbers, roles
from training.tables.cells import Value, text_of
from training.tables.columns import Profile
from training.tables.readings import DoesNotFit, Reading
from training.tables.recipes import ColumnRecipe, Recipe
from training.tables.roles import Caution, Role
from training.tables.samples import FIRST_ROWS, sample_of
from training.tables.sources import TableSource

EXAMPLES = 5


@dataclass(frozen=True)
class ProposedColumn:
    """A column as it is proposed: examples as (text, value), in how many rows of the
    sample it is missing, and in how many it does not fit its reading."""

    column: ColumnRecipe
    examples: tuple[tuple[str, Value | None], ...]
    missing: int
    misfits: int
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """The recipe proposed for a file."""

    source: TableSource
    recipe: Recipe
    columns: tuple[ProposedColumn, ...]


@dataclass(frozen=True)
class ColumnChoices:
    """What a person said of the columns, by their names; the rest is proposed."""

    id: str = ""
    decision: str = ""
    leave_out: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        single = [name for name in (self.id, self.decision) if name]
        return [*single, *self.leave_out, *self.protected]


def propose(
    source: TableSource, *, choices: ColumnChoices | None = None, prefix: str = ""
) -> Proposal:
    """Propose a recipe for the file.

    ``choices`` are followed and must name columns that it has; ``prefix`` is for ids
    that only count rows.
    """
    choices = choices or ColumnChoices()
    names = list(source.layout.names)
    sample = sample_of(source)
    texts = [
        [text_of(row[place]) if place < len(row) else "" for row in sample]
        for place in range(len(names))
    ]
    profiles = [
        Profile.of(name, column) for name, column in zip(names, texts, strict=True)
    ]
    readings = _readings(profiles)
    chosen: dict[str, Role] = {
        **dict.fromkeys(choices.protected, "protected"),
        **dict.fromkeys(choices.leave_out, "leave_out"),
    }
    id_place, decision_place = _chosen_places(choices, names, profiles)
    proposed: list[tuple[Role, Reading, list[Caution]]] = []
    for place, (profile, reading) in enumerate(zip(profiles, readings, strict=True)):
        if place == id_place:
            proposed.append(("id", Reading("code"), []))
        elif place == decision_place:
            proposed.append(("decision", Reading("category"), []))
        elif (role := chosen.get(profile.name)) is not None:
            proposed.append((role, reading, []))
        else:
            proposed.append(_by_itself(profile, reading))
    if decision_place is not None:
        _judge_beside_decision(proposed, texts, profiles, decision_place)
    counts = id_place is not None and _counts_rows(profiles[id_place])
    recipe = Recipe(
        tuple(
            ColumnRecipe(name, role, reading)
            for name, (role, reading, _) in zip(names, proposed, strict=True)
        ),
        {} if decision_place is None else roles.spellings(profiles[decision_place]),
        prefix if counts and not choices.id else "",
    )
    return Proposal(
        source,
        recipe,
        tuple(
            _proposed(column, texts[place], profiles[place], proposed[place][2])
            for place, column in enumerate(recipe.columns)
        ),
    )


def _chosen_places(
    choices: ColumnChoices, names: Sequence[str], profiles: Sequence[Profile]
) -> tuple[int | None, int | None]:
    """Where the id and the decision stand; a column that was given another role is
    neither."""
    other_roles = {*choices.protected, *choices.leave_out}
    id_place = (
        names.index(choices.id)
        if choices.id
        else roles.id_column(profiles, other_roles)
    )
    if choices.decision:
        return id_place, names.index(choices.decision)
    decision = roles.decision_column(profiles, other_roles)
    return id_place, None if decision == id_place else decision


def _by_itself(
    profile: Profile, reading: Reading
) -> tuple[Role, Reading, list[Caution]]:
    role, cautions = roles.role_by_name(profile, reading)
    return role, reading, cautions


def _readings(profiles: Sequence[Profile]) -> list[Reading]:
    """A reading for each column. Columns whose numbers do not show their marks are read
    by the marks of those that do: a file is written in one country."""
    votes: Counter[numbers.Marks] = Counter()
    for profile in profiles:
        marks, count = numbers.marks_of(profile.counts)
        if count:
            votes[marks] += 1
    assumed = votes.most_common(1)[0][0] if votes else numbers.POINT
    return [columns.reading_of(profile, assumed) for profile in profiles]


def _counts_rows(profile: Profile) -> bool:
    """Whether the ids are 1, 2, 3 ... (or 0, 1, 2 ...): the next file has them too."""
    texts = list(profile.counts)
    if not all(text.isascii() and text.isdigit() for text in texts):
        return False
    values = sorted(map(int, texts))
    dense = values[-1] - values[0] < 2 * len(values) or len(values) > FIRST_ROWS
    return values[0] in (0, 1) and dense


def _judge_beside_decision(
    proposed: list[tuple[Role, Reading, list[Caution]]],
    texts: Sequence[Sequence[str]],
    profiles: Sequence[Profile],
    decision_place: int,
) -> None:
    """Warn of columns that all but give the decision away; leave those out whose name
    says that they are known only afterwards."""
    decided = [
        (row, text.strip().casefold())
        for row, text in enumerate(texts[decision_place])
        if text.strip() and text.strip() in profiles[decision_place].counts
    ]
    labels = [label for _, label in decided]
    commonest = roles.share_commonest(labels)
    if len(labels) < 20 or commonest > roles.GIVES_AWAY:
        return
    for place, (role, reading, cautions) in enumerate(proposed):
        if role not in ("fact", "outcome"):
            continue
        later = roles.is_known_later(profiles[place].name)
        values = roles.reads_all(reading, [texts[place][row] for row, _ in decided])
        share = roles.share_told(values, labels)
        if share >= roles.GIVES_AWAY:
            caution = Caution("gives_decision_away", {"share": round(share, 4)})
            proposed_role: Role = "leave_out" if later and role == "fact" else role
            proposed[place] = (proposed_role, reading, [*cautions, caution])
        elif later and role == "fact":
            proposed[place] = (role, reading, [*cautions, Caution("known_later", {})])


def _proposed(
    column: ColumnRecipe,
    texts: Sequence[str],
    profile: Profile,
    cautions: Sequence[Caution],
) -> ProposedColumn:
    read = column.reading.reader()
    misfits = 0
    examples: list[tuple[str, Value | None]] = []
    for text, count in profile.counts.items():
        try:
            value = read(text)
        except DoesNotFit:
            misfits += count
            continue
        if len(examples) < EXAMPLES:
            examples.append((text, value))
    return ProposedColumn(
        column, tuple(examples), profile.missing.total(), misfits, tuple(cautions)
    )
