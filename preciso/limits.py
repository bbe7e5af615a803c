"""Bounds of every text, number, list and file that comes in.

Plain numbers that any module may read. Ordinary data stays far below them; docs/api.md
and, field by field, the OpenAPI document name them. Whatever exceeds one is refused
with a sentence that names the field and the bound.
"""

# Characters of a decision, an outcome, an external_id, a fact's name, its unit.
LABEL = 200
TITLE = 300
DOCUMENT = 500  # the name of a piece of evidence
PATH = 500  # a model's path on the worker
NAME = 120  # of a model, a trainer, a freeze window
TOKEN_NAME = 100
PURPOSE = 200  # what a service account is for
PERSON_NAME = 150  # Django's, of a user name and of a name as shown
ACCOUNT_NAME = 140  # a user name less "@service"
SCHEDULE = 100  # a cron expression
CORRECTION = 1000  # why a serving period began at another time
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

PEOPLE = 100  # that one answer names

LINE = 1 << 20  # bytes of one line of a file
LINES = 1000  # of a file, that one record of it may go over
COLUMNS = 4000  # of a file
TABLE = 2 * 1024**3  # bytes of a file that holds a table, also of what is packed in one
WORKBOOK = 512 * 1024**2  # bytes of a workbook unpacked: it is read as a whole
REFUSALS = 10_000  # lines of a file that an answer lists; more are only counted

# Bytes of a trainer's arguments, written as JSON. They become a variable of its
# environment, for which Linux allows 128 KiB (MAX_ARG_STRLEN).
ARGUMENTS = 100_000
METRICS = 200  # names that a trainer measures in one attempt
METRIC_VALUES = 200_000  # of them all; the last of each name is kept whatever comes
PAGE = 4_000_000  # bytes of one page of a list
