"""Code that tests keep as a text, for another process, is code: its imports exist.

A rename does not reach into texts, and the long tests that run them come late.
"""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = re.compile(
    r"^\s*from ((?:benchmarks|mlops|preciso|tests|training)[\w.]*) "
    r"import (\([^)]*\)|[^\n;]+)",
    re.MULTILINE,
)
TEXTS = [
    (path, node.lineno, module, re.sub(r" as \w+", "", names.strip("()")))
    for folder in ("tests", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
    for module, names in IMPORTS.findall(node.value)
]


def exists(module, name):
    found = import_module(module)
    if hasattr(found, name):
        return True
    try:
        import_module(f"{module}.{name}")
    except ImportError:
        return False
    return True


@pytest.mark.parametrize(
    ("path", "line", "module", "names"),
    TEXTS,
    ids=lambda value: value.name if isinstance(value, Path) else str(value)[:40],
)
def test_what_a_text_imports_exists(path, line, module, names):
    missing = [name for name in re.findall(r"\w+", names) if not exists(module, name)]
    assert missing == [], f"{path.relative_to(ROOT)}:{line} imports from {module}"
