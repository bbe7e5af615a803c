"""What a reader of the documents relies on: links and names that lead somewhere."""

import re
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted(ROOT.glob("docs/adr/[0-9]*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A decision and a changelog tell what was; all others tell what is.
CURRENT = [
    path
    for path in DOCUMENTS
    if path.parent.name != "adr" and path.name != "CHANGELOG.md"
]
CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PACKAGES = ("preciso", "training", "mlops", "benchmarks", "tests")
FOLDERS = (*PACKAGES, "templates", "static", "locale", "docs")
PATH = re.compile(rf"(?<![\w/.<>-])(?:{'|'.join(FOLDERS)})/[\w./<>*-]*")
# Two parts may be a permission or a tag of MLflow: training.train, preciso.run_id.
MODULE = re.compile(rf"(?<![\w/.<>-])(?:{'|'.join(PACKAGES)})(?:\.\w+){{2,}}")


def named(path):
    return str(path.relative_to(ROOT))


def anchors(path):
    """The places of a document a link can lead to, named as GitHub names them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in plain}


def leads_nowhere(document, link):
    path, _hash, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists():
        return True
    return bool(anchor) and anchor not in anchors(target)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_inside_the_project_leads_somewhere(document):
    links = LINK.findall(document.read_text())
    inside = [link for link in links if not link.startswith(("http:", "https:"))]
    assert [link for link in inside if leads_nowhere(document, link)] == []


def code_of(document):
    """What stands in backticks, outside of whole blocks of code."""
    return CODE.findall(BLOCK.sub("", document.read_text()))


def is_code(name):
    """Whether it is a module, or what the rest of the name finds inside of one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        module = ".".join(parts[:count])
        try:
            is_module = find_spec(module) is not None
        except ModuleNotFoundError:  # a part before the last is none
            continue
        if is_module:
            thing = import_module(module)
            for attribute in parts[count:]:
                thing = getattr(thing, attribute, None)
            return thing is not None
    return False


@pytest.mark.parametrize("document", CURRENT, ids=named)
def test_every_path_and_module_that_is_named_exists(document):
    code = code_of(document)
    paths = {path for span in code for path in PATH.findall(span)}
    modules = {
        name
        for span in code
        for name in MODULE.findall(span)
        if ".example." not in name
    }
    patterns = {path for path in paths if set("<>*") & set(path)}

    missing = {path for path in paths - patterns if not (ROOT / path).exists()}
    missing |= {name for name in modules if not is_code(name)}
    assert missing == set()


def test_the_architecture_names_every_module_of_both_apps():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = config["tool"]["importlinter"]["contracts"]
    layers = [
        layer
        for contract in contracts
        if contract["name"] in ("inside training", "inside mlops")
        for layer in contract["layers"]
    ]
    modules = set(re.findall(r"\w+", " ".join(layers)))
    names = set(code_of(ROOT / "docs" / "architecture.md"))

    assert len(modules) > 20
    assert modules - names == set()


@pytest.mark.parametrize("document", ["architecture.md", "pages.md"])
def test_every_name_of_code_in_the_maps_of_the_code_is_used_in_it(document):
    sources = [
        path
        for folder, pattern in [
            *((package, "*.py") for package in PACKAGES),
            ("templates", "*.html"),
            ("static", "*.js"),
        ]
        for path in (ROOT / folder).rglob(pattern)
    ]
    words = set(re.findall(r"\w+", " ".join(path.read_text() for path in sources)))
    identifiers = {
        part
        for span in code_of(ROOT / "docs" / document)
        if re.fullmatch(r"@?[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", span)
        and not span.endswith((".py", ".html", ".js", ".css", ".md", ".toml"))
        for part in span.lstrip("@").split(".")
    }

    assert identifiers - words == set()


def test_no_two_decisions_have_the_same_number():
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("decision", DECISIONS, ids=named)
def test_every_decision_is_in_the_index_under_its_title(decision):
    title = decision.read_text().splitlines()[0].removeprefix("# ")
    number, _dot, rest = title.partition(". ")
    row = f"| [{number}]({decision.name}) | {rest} |"
    assert row in (ROOT / "docs" / "adr" / "README.md").read_text()
