"""Bounds of texts for the database: SQLite knows no length of a column, and neither
database one of a text. Plain data, as for the rules of accounts."""

from preciso.limits import LABEL, PATH, TEXT, TITLE

TextRule = tuple[str, str, str, str, str]


def bounded(table: str, **most: int) -> TextRule:
    """What a trigger refuses: a row with a text longer than stated here.

    JSON is a text too, as the database writes it.
    """
    too_long = " OR ".join(
        f"length(CAST(NEW.{name} AS text)) > {n}" for name, n in most.items()
    )
    message = f"a text of {table} is longer than its bound"
    return f"{table}_texts_are_bounded", table, "INSERT", message, too_long


TEXT_RULES = [
    bounded(
        "training_case",
        external_id=LABEL,
        title=TITLE,
        recommended_decision=LABEL,
        recommended_rationale=TEXT,
        recommended_explanation=TEXT,
        decision=LABEL,
    ),
    bounded("training_review", decision=LABEL, rationale=TEXT, reasoning=TEXT),
    bounded("training_loosening", reason=TEXT),
    bounded("training_caseoutcome", outcome=LABEL),
    bounded("training_trainingrun", local_model_path=PATH, notes=TEXT),
]
