"""How much of anything is taken: every bound of a text and of a list, in one place.

Plain numbers, which any room may read. No honest user meets them; they are told in
docs/api.md and, field by field, in the OpenAPI document. What exceeds one is refused
with a sentence that names the field and the bound.
"""

LABEL = (
    200  # characters: a decision, an outcome, an external_id, a fact's name, unit...
)
TITLE = 300
DOCUMENT = 500  # the name of a piece of evidence
PATH = 500  # a model's path on the worker
NAME = 120  # of a model, a trainer, a freeze window
TOKEN_NAME = 100
PASSWORD = 1000
TEXT = 20_000  # a rationale, a reasoning, a reason, notes, a value, a snippet
QUERY = 500  # one parameter of a query string
ADDRESS = 4000  # one parameter of a page's address, which may hold another address
FORM = 1_000_000  # bytes of a form that a page sends

FACTS = 2000  # of a case
EVIDENCE = 200
PROTECTED = 50
PROTECTED_VALUE = 200  # characters
CASE = 1_000_000  # bytes of a whole case, written as JSON
NUMBER = 1e300  # the largest number: more than any measure, and still a float
WHOLE = 10**22  # the largest whole number that names something; exact for any reader

NAMED = 100  # people that one answer names

LINE = 1 << 20  # bytes of one line of a file
LINES = 1000  # of a file, that one record of it may go over
COLUMNS = 4000  # of a file
REFUSALS = 10_000  # lines that are told; more are counted

ARGUMENTS = 100_000  # bytes of a trainer's arguments, written as JSON
# Linux starts no program with a longer variable (MAX_ARG_STRLEN).
VARIABLE = 128 * 1024
METRICS = 200  # names that a trainer measures in one attempt
METRIC_VALUES = 200_000  # of them all; the last of each name is kept whatever comes
PAGE = 4_000_000  # bytes of one page of a list
