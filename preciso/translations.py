"""Checks and updates the catalogues in `locale/`, without GNU gettext.

    python -m preciso.translations           names what is wrong with them
    python -m preciso.translations complete  refuses untranslated sentences too
    python -m preciso.translations update    takes in new sentences, writes the .mo

A sentence without a translation is shown in English. Nobody who changes the code has to
know Korean, so it is named and accepted, but not for a release.

A tool of developers: nothing of the running system imports it, nor Babel.
"""

import re
import sys
from collections.abc import Iterator
from importlib.resources import files as package_files
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.utils.translation.template import templatize

from preciso import env
from preciso.field_names import unnamed_fields

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
SOURCES = {
    "*.py": ("preciso", "training", "mlops"),
    "*.html": ("templates",),
}
APPS_WITH_MODELS = ("training", "mlops")
# Packages that speak to our users and know no Korean, or only under another name.
BORROWED = {
    "rest_framework": ("exceptions.py", "fields.py", "serializers.py"),
}
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **{
        f"{name}_{form}": DEFAULT_KEYWORDS[name]
        for name in ("gettext", "ngettext", "pgettext", "npgettext")
        for form in ("lazy", "noop")
    },
}
PLACE = re.compile(r"%\(\w+\)[a-z]|%[ds%]|\{[^{}]*\}")

Ids: TypeAlias = str | tuple[str, ...]
Key: TypeAlias = tuple[str, str | None]


def main(words: list[str]) -> None:
    """Check the catalogues, or bring them up to date."""
    if words not in ([], ["complete"], ["update"]):
        sys.exit(__doc__)
    env.set_default("DJANGO_SETTINGS_MODULE", "preciso.settings_test")
    django.setup()
    needed = all_sentences()
    if words == ["update"]:
        for path in catalogues():
            update(path, needed)
    check(catalogues(), needed, complete=words == ["complete"])


def check(paths: list[Path], needed: Catalog, *, complete: bool) -> None:
    """Name the untranslated sentences; exits with what is wrong, one to a line.

    ``complete``: an untranslated sentence is wrong.
    """
    gaps = [line for path in paths for line in untranslated(path)]
    if gaps:
        advice = (
            f"{len(gaps)} untranslated: shown in English until somebody fills their "
            "msgstr in locale/ and runs python -m preciso.translations update. "
            "No release is made with them (docs/translation.md)."
        )
        sys.stderr.write("\n".join([*gaps, advice, ""]))
    complaints = [problem for path in paths for problem in problems(path, needed)]
    if gaps and complete:
        complaints.append("A release needs every sentence translated.")
    if complaints:
        sys.exit("\n".join(complaints))


def catalogues() -> list[Path]:
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def all_sentences() -> Catalog:
    """Every sentence of code, templates and models, with the files that hold it."""
    catalog = Catalog()
    for name, path in files():
        for ids, context in sentences(path):
            catalog.add(ids, locations=[(name, 1)], context=context)
    # The names of fields that `preciso.field_names` translates stand in no source.
    models = chain.from_iterable(
        apps.get_app_config(app).get_models() for app in APPS_WITH_MODELS
    )
    for name in sorted({name for _field, name in unnamed_fields(models)}):
        catalog.add(name, locations=[("preciso/field_names.py", 1)])
    return catalog


def files() -> Iterator[tuple[str, Path]]:
    """The files that speak to people, each with the name the catalogues give it."""
    for pattern, folders in SOURCES.items():
        for folder in folders:
            for path in sorted((ROOT / folder).rglob(pattern)):
                yield path.relative_to(ROOT).as_posix(), path
    for package, names in BORROWED.items():
        for name in names:
            yield f"{package}/{name}", Path(str(package_files(package) / name))


def sentences(path: Path) -> Iterator[tuple[Ids, str | None]]:
    """What one file wraps for translation, each with its context."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Django turns a template into something like Python; in brackets, because
        # its indentation means nothing.
        text = f"({templatize(text, origin=str(path))})"
    messages = extract("python", BytesIO(text.encode()), KEYWORDS)
    for _line, ids, _comments, context in messages:
        yield ids, context


def problems(path: Path, needed: Catalog) -> list[str]:
    """All that is wrong with the catalogue at ``path``, one sentence each.

    Untranslated sentences are not: see ``untranslated``.
    """
    catalog = read(path)
    known, used = by_key(catalog), by_key(needed)
    name = language(path)
    complaints = [f"{name}: not in it: {key[0]!r}" for key in used if key not in known]
    complaints += [
        f"{name}: said nowhere: {key[0]!r}" for key in known if key not in used
    ]
    for key, message in known.items():
        complaints += [f"{name}: {why}: {key[0]!r}" for why in faults(message)]
    if complaints:
        complaints.append(
            "Mend it: python -m preciso.translations update, then translate."
        )
    elif not mo(path).exists() or mo(path).read_bytes() != compiled(catalog):
        complaints.append(
            f"{name}: .mo is older: python -m preciso.translations update"
        )
    return complaints


def untranslated(path: Path) -> list[str]:
    """The sentences of the catalogue at ``path`` that have no translation yet."""
    return [
        f"{language(path)}: not translated: {key[0]!r}"
        for key, message in by_key(read(path)).items()
        if not all(as_tuple(message.string))
    ]


def faults(message: Message) -> Iterator[str]:
    """Why a translation cannot be shown as it stands; none where there is none yet."""
    ids, strings = as_tuple(message.id), as_tuple(message.string)
    if not all(strings):
        return
    if message.fuzzy:
        yield "fuzzy"
    # The last form needs all places; those before it may leave the number out.
    places = set(PLACE.findall(ids[-1]))
    *others, last = (set(PLACE.findall(string)) for string in strings)
    if last != places or any(other - places for other in others):
        yield "places differ"


def update(path: Path, needed: Catalog) -> None:
    """Take in new sentences, drop unused ones, and write both files."""
    catalog = read(path)
    needed.creation_date = catalog.creation_date
    catalog.update(needed, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalog, width=88, sort_by_file=True, include_lineno=False)
    mo(path).write_bytes(compiled(read(path)))


def mo(path: Path) -> Path:
    return path.with_suffix(".mo")


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language(path), domain="django")


def language(path: Path) -> str:
    return path.parent.parent.name


def compiled(catalog: Catalog) -> bytes:
    """The form in which the running system reads a catalogue.

    Untranslated sentences are left out: gettext then chooses their English form. In the
    file, Korean's only form would be the English singular (*2 job*).
    """
    for message in by_key(catalog).values():
        if not all(as_tuple(message.string)):
            catalog.delete(message.id, message.context)
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def by_key(catalog: Catalog) -> dict[Key, Message]:
    """The messages by what they say and their context, without the header."""
    return {
        (as_tuple(message.id)[0], message.context): message
        for message in catalog
        if message.id
    }


def as_tuple(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, list | tuple) else (str(text),)


if __name__ == "__main__":
    main(sys.argv[1:])
