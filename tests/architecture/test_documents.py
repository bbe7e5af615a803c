"""What a reader of the documents relies on: links that lead somewhere."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted(ROOT.glob("docs/adr/[0-9]*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")


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


def test_no_two_decisions_have_the_same_number():
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("decision", DECISIONS, ids=named)
def test_every_decision_is_in_the_index_under_its_title(decision):
    title = decision.read_text().splitlines()[0].removeprefix("# ")
    number, _dot, rest = title.partition(". ")
    row = f"| [{number}]({decision.name}) | {rest} |"
    assert row in (ROOT / "docs" / "adr" / "README.md").read_text()
