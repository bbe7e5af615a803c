"""Whose opinion of a case counts, and on what, as rules of ``dbrules``."""

_CONTENT = "SELECT c.content_sha256 FROM training_case c WHERE c.id = NEW.case_id"
_BARS_OWN = "SELECT 1 FROM training_trainingpolicy p WHERE p.bars_own_cases"
_OWN_CASE = (
    "SELECT 1 FROM training_case c "
    "WHERE c.id = NEW.case_id AND c.created_by_id = NEW.by_id"
)
_OWN_CORRECTION = (
    "SELECT 1 FROM training_auditevent e WHERE e.action = 'case.corrected' "
    "AND e.subject_type = 'case' AND e.actor_id = NEW.by_id "
    "AND e.subject_id = CAST(NEW.case_id AS varchar(40))"
)
_OWN_FIRST_OPINION = (
    "SELECT 1 FROM training_review r JOIN training_case c ON c.id = r.case_id "
    "WHERE r.case_id = NEW.case_id AND r.by_id = NEW.by_id AND r.asks_second "
    "AND r.action = 'approve' AND r.content_sha256 = c.content_sha256"
)
_FIRST_OPINION = _OWN_FIRST_OPINION.replace("AND r.by_id = NEW.by_id ", "")
_BY_PROGRAM = (
    "SELECT 1 FROM auth_user u "
    "WHERE u.id = NEW.by_id AND LOWER(u.username) LIKE '%@service'"
)
REVIEW_RULES = [
    (
        "training_review_is_about_the_case",
        "training_review",
        "INSERT",
        "a review is about the content that the case has",
        f"NEW.content_sha256 <> '' AND NEW.content_sha256 <> ({_CONTENT})",
    ),
    (
        "training_review_second_is_another",
        "training_review",
        "INSERT",
        "a second opinion is somebody else''s",
        f"NEW.action = 'approve' AND EXISTS ({_OWN_FIRST_OPINION})",
    ),
    (
        "training_review_second_is_a_persons",
        "training_review",
        "INSERT",
        "a second opinion is a person''s",
        f"NEW.action = 'approve' AND EXISTS ({_FIRST_OPINION}) "
        f"AND EXISTS ({_BY_PROGRAM})",
    ),
    (
        "training_review_not_of_ones_own_case",
        "training_review",
        "INSERT",
        "who brought in or corrected a case does not approve it",
        f"NEW.action = 'approve' AND EXISTS ({_BARS_OWN}) "
        f"AND (EXISTS ({_OWN_CASE}) OR EXISTS ({_OWN_CORRECTION}))",
    ),
]
