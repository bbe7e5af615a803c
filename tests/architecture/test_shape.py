"""Rules about the shape of the code that a linter cannot state."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from preciso.refusals import CODES, NOT_OF_THE_API
from tests.routes import ROUTES

ROOT = Path(settings.BASE_DIR)
SOURCES = [
    path
    for app in ("preciso", "training", "mlops")
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
]
FRAGMENTS = sorted((ROOT / "templates").rglob("_*.html"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def named(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_files_and_functions_stay_small(path):
    source = path.read_text()
    assert source.count("\n") <= 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, FUNCTIONS):
            assert node.end_lineno - node.lineno < 60, f"{node.name} is too long"


def test_only_env_touches_the_environment():
    touching = [
        named(path)
        for path in SOURCES
        if re.search(r"\bos\.(environ|getenv|putenv)\b", path.read_text())
    ]
    # The trainer side speaks to its starter by environment alone, without Django.
    allowed = ("preciso/env.py", "training/trainers/", "training/execution/runner.py")
    assert [path for path in touching if not path.startswith(allowed)] == []


def test_every_code_of_a_refusal_is_told_in_one_place():
    """preciso/refusals.py: what may reach a program is in the OpenAPI document."""
    known = {code for codes in CODES.values() for code in codes} | NOT_OF_THE_API
    places = ("/services/", "/artifacts.py", "/errors.py")
    said = {
        code: named(path)
        for path in SOURCES
        if any(place in str(path) for place in places)
        for code in re.findall(r'\bcode\s?=\s?"([a-z_]+)"', path.read_text())
    }

    assert {code: path for code, path in said.items() if code not in known} == {}


@pytest.mark.parametrize("path", FRAGMENTS, ids=named)
def test_fragments_never_extend_a_page(path):
    assert "{% extends" not in path.read_text()


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_templates_keep_to_120_columns(path):
    """A sentence that is longer fits into ``{% blocktranslate trimmed %}``."""
    lines = path.read_text().splitlines()
    assert [line.strip() for line in lines if len(line) > 120] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_what_posts_is_a_postform(path):
    """It gives the form its token, and the address once; the sign-in has none."""
    forms = re.findall(r"<form\b[^>]*", path.read_text())
    posting = [form for form in forms if 'method="post"' in form]
    assert posting == [] or named(path) == "templates/registration/login.html"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_templates_hold_no_inline_script_or_style(path):
    source = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", source)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|\shx-on[:=]", source)


INLINE = "a|b|code|em|i|small|span|strong"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_no_line_break_of_a_template_shows_in_a_sentence(path):
    """A break between a word and the edge of an inline element becomes a blank there:
    "it is <b> x </b>." shows "x ." with a blank before the point."""
    source = path.read_text()
    assert not re.search(rf"\s</(?:{INLINE})>[.,:;)”]", source)
    assert not re.search(rf"[(“]<(?:{INLINE})\b[^<>]*>\s", source)


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_cell_that_may_be_empty_is_empty(path):
    """The style sheet hides it on a phone, and white space would be something in it."""
    cells = re.findall(r"<td\b[^>]*>(.*?)</td>", path.read_text(), re.DOTALL)
    assert [cell for cell in cells if _may_be_blank(cell.strip())] == []


def _may_be_blank(cell):
    """Whether all of the cell stands in one condition without an else."""
    tags = list(re.finditer(r"{% (if|elif|else|endif)\b[^%]*%}", cell))
    if not tags or tags[0][1] != "if" or tags[0].start() or tags[-1].end() < len(cell):
        return False
    depth = 0
    for place, tag in enumerate(tags):
        depth += {"if": 1, "endif": -1}.get(tag[1], 0)
        if tag[1] == "else" and depth == 1:
            return False
        if depth == 0:
            return place == len(tags) - 1
    return False


# What a stranger may reach, and what the admin guards by itself.
PUBLIC = {"healthz", "readyz", "login"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ROUTES.keys() - PUBLIC))
def test_strangers_get_nothing(client, name):
    url = reverse(name, kwargs=ROUTES[name])
    answers = {client.get(url).status_code, client.post(url).status_code}
    assert answers <= {302, 401, 405}


@pytest.mark.django_db
def test_admin_is_closed_to_people_who_are_no_staff(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("viewer"))
    assert client.get("/admin/").status_code == 302


COMMANDS = [path for path in SOURCES if path.parent.name == "commands"]


@pytest.mark.parametrize(
    "path", [path for path in COMMANDS if path.stem != "__init__"], ids=named
)
def test_every_command_is_named_in_a_test(path):
    tests = ROOT.joinpath("tests").rglob("test_*.py")
    assert any(path.stem in test.read_text() for test in tests)
