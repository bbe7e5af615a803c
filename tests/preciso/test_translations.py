"""Korean throughout: nothing is missing, and the check notices when something is."""

import ast
import re
from contextlib import nullcontext
from gettext import GNUTranslations
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from django.apps import apps
from django.template.base import Lexer, TokenType
from django.utils import translation

from preciso import translations
from tests.mlops.people import PAGES, browser

TEMPLATES = sorted((translations.ROOT / "templates").rglob("*.html"))
SHOWN = {"title", "alt", "placeholder", "aria-label", "data-yes", "data-detail"}
OUR_NAMES = {"Preciso", "Preciso · Preciso", "· Preciso", "MLOps", "AUC"}
REFUSALS = {
    "CaseDiffers",
    "DomainError",
    "InvalidInput",
    "NotAllowedNow",
    "ParseError",
    "StaleState",
    "ValidationError",
}
KOREAN = re.compile("[가-힣]")


def catalogue(tmp_path, *messages):
    """A Korean catalogue of ``messages`` (id, string, flags), compiled."""
    path = tmp_path / "ko" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    catalog = Catalog(locale="ko", domain="django", fuzzy=False)
    for ids, string, *flags in messages:
        catalog.add(ids, string, flags=flags)
    with path.open("wb") as file:
        write_po(file, catalog)
    translations.mo(path).write_bytes(translations.compiled(translations.read(path)))
    return path


def saying(*sentences):
    needed = Catalog()
    for ids in sentences:
        needed.add(ids)
    return needed


def complaints(path, needed):
    return "\n".join(translations.problems(path, needed))


@pytest.fixture(scope="module")
def sentences():
    """Every sentence of the product; reading all of its files takes a while."""
    return translations.all_sentences()


def test_every_sentence_is_in_the_catalogue_and_compiled(sentences):
    problems = [
        translations.problems(path, sentences) for path in translations.catalogues()
    ]
    assert problems == [[]]


def test_sentences_of_code_templates_and_packages_are_all_wanted(sentences):
    keys = translations.by_key(sentences)
    assert ("Case %(case)s is already approved.", None) in keys
    assert ("Recommended", "severity") in keys
    assert ("Roll back to v%(version)s", None) in keys
    assert ("This field is required.", None) in keys


def test_the_check_finds_nothing_wrong_with_a_whole_catalogue(tmp_path):
    path = catalogue(
        tmp_path, ("One", "하나"), (("%(n)d job", "%(n)d jobs"), ("%(n)d건",))
    )
    assert complaints(path, saying("One", ("%(n)d job", "%(n)d jobs"))) == ""


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (("One", "하나", "fuzzy"), "fuzzy: 'One'"),
        (("One %(name)s", "하나"), "places differ: 'One %(name)s'"),
        (("One {name}", "하나 {other}"), "places differ: 'One {name}'"),
        ((("%(n)d job", "%(n)d jobs"), ("작업",)), "places differ: '%(n)d job'"),
    ],
)
def test_the_check_names_a_translation_that_cannot_be_shown(
    tmp_path, message, complaint
):
    path = catalogue(tmp_path, message)
    assert complaint in complaints(path, saying(message[0]))


@pytest.mark.parametrize("complete", [False, True])
def test_only_a_release_is_refused_for_an_untranslated_sentence(
    tmp_path, capsys, complete
):
    """Nobody who changes the code has to know Korean."""
    jobs = ("%(n)d job", "%(n)d jobs")
    path = catalogue(tmp_path, ("One", "하나"), ("Two", ""), (jobs, ("",)))

    with pytest.raises(SystemExit) if complete else nullcontext():
        translations.check([path], saying("One", "Two", jobs), complete=complete)

    notes = capsys.readouterr().err
    assert "ko: not translated: 'Two'" in notes
    assert "2 untranslated: shown in English" in notes


def test_what_is_not_translated_is_shown_in_english(tmp_path):
    jobs = ("%(n)d job", "%(n)d jobs")
    path = catalogue(tmp_path, ("One", "하나"), ("Two", ""), (jobs, ("",)))
    with translations.mo(path).open("rb") as file:
        shown = GNUTranslations(file)

    assert (shown.gettext("One"), shown.gettext("Two")) == ("하나", "Two")
    assert shown.ngettext(*jobs, 2) == "%(n)d jobs"


def test_the_check_names_what_is_missing_and_what_nobody_says(tmp_path):
    path = catalogue(tmp_path, ("Old", "옛것"))
    found = complaints(path, saying("New"))
    assert "not in it: 'New'" in found
    assert "said nowhere: 'Old'" in found


def test_the_check_notices_a_compiled_file_that_does_not_fit(tmp_path):
    path = catalogue(tmp_path, ("One", "하나"))
    path.write_text(path.read_text().replace("하나", "일"))
    assert ".mo is older" in complaints(path, saying("One"))


def test_an_update_takes_in_new_sentences_and_keeps_translations(tmp_path):
    path = catalogue(tmp_path, ("One", "하나"), ("Old", "옛것"))
    translations.update(path, saying("One", "New"))
    kept = translations.by_key(translations.read(path))
    assert {key[0]: found.string for key, found in kept.items()} == {
        "One": "하나",
        "New": "",
    }


class Bare(HTMLParser):
    """Collects the words of a template that stand there untranslated."""

    def __init__(self):
        super().__init__()
        self.words = []
        self.code = 0

    def handle_starttag(self, tag, attrs):
        self.code += tag in ("script", "style", "code", "kbd")
        self.words += [value for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag):
        self.code -= tag in ("script", "style", "code", "kbd")

    def handle_data(self, data):
        if not self.code:
            self.words.append(data.strip())


def plain_text(source):
    """The text of a template outside its tags."""
    wrapped = False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            first = token.contents.split()[0]
            if first in ("blocktranslate", "endblocktranslate"):
                wrapped = first == "blocktranslate"
        elif token.token_type == TokenType.TEXT and not wrapped:
            yield token.contents


def test_no_words_in_a_template_are_left_unwrapped():
    bare = {path.name: bare_words(path.read_text()) for path in TEMPLATES}
    assert {name: words for name, words in bare.items() if words} == {}


def bare_words(source):
    parser = Bare()
    parser.feed("".join(plain_text(source)))
    return {word for word in parser.words if re.search("[A-Za-z]{2}", word)} - OUR_NAMES


def test_words_left_unwrapped_in_a_template_would_be_seen():
    assert bare_words('<p title="Why">{% translate "Wrapped" %} Bare</p>') == {
        "Why",
        "Bare",
    }


def test_no_refusal_is_raised_with_words_that_are_not_wrapped():
    found = []
    for folder in translations.SOURCES["*.py"]:
        for path in (translations.ROOT / folder).rglob("*.py"):
            found += [f"{path}:{line}" for line in bare_refusals(path.read_text())]
    assert found == []


def bare_refusals(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name, args = getattr(node.exc.func, "id", ""), node.exc.args[:1]
            if name in REFUSALS and any(is_sentence(arg) for arg in args):
                yield node.lineno


def is_sentence(node):
    """``f"{field}: {why}"`` puts together what is translated, and has no words."""
    if not isinstance(node, ast.JoinedStr | ast.Constant):
        return False
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value for part in parts if isinstance(part, ast.Constant)]
    return any(re.search("[A-Za-z]{2} |[A-Za-z]{2}$", str(text)) for text in texts)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_korean_speaks_korean(page):
    client = browser("Operator")
    body = client.get(PAGES[page], headers={"Accept-Language": "ko-KR,ko"})
    text = body.content.decode()
    assert '<html lang="ko"' in text
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)[1]
    assert KOREAN.search(heading)


@pytest.mark.django_db
def test_an_api_refusal_speaks_the_language_that_was_asked_for():
    client = browser("Operator")
    korean = client.get("/api/v1/cases?limit=0", headers={"Accept-Language": "ko"})
    english = client.get("/api/v1/cases?limit=0")
    assert (korean.status_code, english.status_code) == (400, 400)
    assert korean.json()["code"] == english.json()["code"]
    assert KOREAN.search(korean.json()["detail"])
    assert not KOREAN.search(english.json()["detail"])


def test_a_body_of_the_wrong_form_is_refused_in_korean():
    with translation.override("ko"):
        assert translation.gettext("This field is required.") == "필수 항목입니다."


def test_every_column_has_a_name_in_korean():
    for app in ("training", "mlops"):
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.concrete_fields:
                with translation.override("ko"):
                    name = str(field.verbose_name)
                assert KOREAN.search(name) or name in ("ID", "MLflow ID"), field


def test_the_names_of_columns_come_from_the_models():
    catalog = translations.by_key(translations.all_sentences())
    assert ("lease expires at", None) in catalog
    assert ("id", None) not in catalog
