"""Names are nouns that a stranger would guess: CONTRIBUTING.md, "Names"."""

import ast
from collections import defaultdict

import pytest

from tests.architecture.test_shape import SOURCES, named

# Participles and riddles that say of a thing only what happened to it. The noun of the
# thing itself is the name: the case, the versions, the message, the filters.
REFUSED = {
    *("asked", "beside", "behind", "came", "drawn", "found", "given", "gone", "heard"),
    *("judged", "kept", "made", "meant", "met", "named", "reached", "ripple", "said"),
    *("seen", "sent", "shown", "situation", "spoken", "taken", "telling", "thing"),
    *("told", "tried", "wanted", "went", "wish", "written"),
}
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# Their attributes are columns, fields of JSON or of a form: what programs rely on.
FIELDS = (
    *("Model", "Salted", "Serializer", "Body", "Form", "Choices"),
    *("Filters", "FilterSet", "QuerySet"),
)
# Django finds these by their names.
OF_DJANGO = {"Meta", "Media", "Command"}


def holds_fields(node):
    return isinstance(node, ast.ClassDef) and any(
        word in ast.unparse(base) for base in node.bases for word in FIELDS
    )


def names(node, of_fields=False):
    """Every name that the code gives: to a variable, argument, function or class."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            if not of_fields:
                yield child.id, child.lineno
        elif isinstance(child, ast.arg):
            yield child.arg, child.lineno
        elif isinstance(child, DEFINITIONS):
            yield child.name, child.lineno
        elif isinstance(child, ast.alias) and child.asname:
            yield child.asname, child.lineno
        inner = holds_fields(child) or (
            of_fields and not isinstance(child, DEFINITIONS)
        )
        yield from names(child, inner)


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_names_are_nouns(path):
    all_names = names(ast.parse(path.read_text()))
    assert [
        f"{name}, line {line}"
        for name, line in all_names
        if name.strip("_").lower() in REFUSED
    ] == []
    assert path.stem not in REFUSED


def test_no_class_name_stands_in_two_modules():
    modules = defaultdict(set)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and node.name not in OF_DJANGO:
                modules[node.name].add(named(path))
    assert {name: sorted(of) for name, of in modules.items() if len(of) > 1} == {}
