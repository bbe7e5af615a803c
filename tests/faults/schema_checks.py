"""What schemathesis is told beside its settings: which refusals no schema can foresee.

Loaded by its command line (``SCHEMATHESIS_HOOKS``). The settings let the operations
below answer 400 to what the document allows; here each such answer has to be one of
these sentences, and each says why JSON Schema has no words for it.
"""

import re

import schemathesis

# JSON Schema compares whole items of a list, not what two of them are called.
TWICE = r"The fact .* is given twice\."
# Which facts are protected is a setting of the installation.
PROTECTED = r"All facts of this case are protected attributes\."
# OpenAPI 3.0 bounds the values of an object without stated names, not their names.
LONG_NAME = r"protected is longer than 200 characters\."
OUR_TAG = r"Tags that start with preciso\. are Preciso's own\."
# Two values compared with each other.
FREEZE = r"A freeze must end after it starts\.|A freeze lasts at most \d+ days\."
# Whether a date ever comes is for a calendar to say.
SCHEDULE = r".* names no date that ever comes; .*"
# A file is bytes.
FILE = r".*"
# A decision may be any text, but not one that looks like another.
INVISIBLE = r"The decision contains invisible characters; please type it again\."
# Two forms of addresses, and OpenAPI has no format that is either.
ADDRESS = r"address: Enter a valid IPv4 or IPv6 address\."
FORESEEN = {
    "GET /api/v1/access-log": ADDRESS,
    "POST /api/v1/approvals/cases/{id}/approve": INVISIBLE,
    "POST /api/v1/cases": f"{TWICE}|{PROTECTED}|{LONG_NAME}",
    "PUT /api/v1/cases/{id}": f"{TWICE}|{PROTECTED}|{LONG_NAME}",
    "POST /api/v1/predict": rf"cases\[\d+\]: ({TWICE})",
    "POST /api/v1/cases/import": FILE,
    "POST /api/v1/mlflow/runs/start": OUR_TAG,
    "POST /api/v1/serving/freezes": FREEZE,
    "POST /api/v1/training/auto": SCHEDULE,
    "POST /api/v1/training/auto/simulate": SCHEDULE,
}


@schemathesis.check
def what_the_schema_allows_is_refused_in_foreseen_words(ctx, response, case):
    is_allowed = case.meta is not None and case.meta.generation.mode.is_positive
    if response.status_code != 400 or not is_allowed:
        return
    answer, foreseen = response.json(), FORESEEN.get(case.operation.label, "(?!)")
    assert answer["code"] == "invalid", answer
    assert re.fullmatch(foreseen, answer["detail"], re.S), answer
