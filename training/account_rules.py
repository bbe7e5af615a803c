"""What keeps service accounts apart from people, as rules of ``dbrules``."""

PROGRAM = "a service account has no password and opens no admin"
SIGNS_IN = (
    "lower(NEW.username) LIKE '%@service' AND "
    "(substr(NEW.password, 1, 1) <> '!' OR NEW.is_staff OR NEW.is_superuser)"
)
OWNED_BY_PROGRAM = (
    "EXISTS (SELECT 1 FROM auth_user u "
    "WHERE u.id = NEW.owner_id AND lower(u.username) LIKE '%@service')"
)
NAMED_OTHERWISE = (
    "NOT EXISTS (SELECT 1 FROM auth_user u "
    "WHERE u.id = NEW.user_id AND lower(u.username) LIKE '%@service')"
)
ACCOUNT_RULES = [
    (
        "auth_user_program_made_without_password",
        "auth_user",
        "INSERT",
        PROGRAM,
        SIGNS_IN,
    ),
    ("auth_user_program_gets_no_password", "auth_user", "UPDATE", PROGRAM, SIGNS_IN),
    (
        "auth_user_person_or_program_stays",
        "auth_user",
        "UPDATE",
        "a person does not become a service account, nor the other way",
        "(lower(NEW.username) LIKE '%@service') <> "
        "(lower(OLD.username) LIKE '%@service')",
    ),
    (
        "training_serviceaccount_named_so",
        "training_serviceaccount",
        "INSERT",
        "the name of a service account ends in @service, its owner is a person",
        f"{OWNED_BY_PROGRAM} OR {NAMED_OTHERWISE}",
    ),
    (
        "training_serviceaccount_stays",
        "training_serviceaccount",
        "UPDATE",
        "a service account stays one, and its owner is a person",
        f"NEW.user_id {{differs}} OLD.user_id OR {OWNED_BY_PROGRAM}",
    ),
    (
        "training_serviceaccount_no_delete",
        "training_serviceaccount",
        "DELETE",
        "a service account is never deleted; switch it off",
    ),
]
