"""Each page, in both languages: what a browser complains about, and how it looks."""

import re

import pytest
from django.urls import resolve, reverse

from mlops.pages.urls import urlpatterns
from tests.browser import axe, screenshots
from tests.browser.pages import PAGES, PARTS
from tests.browser.reader import PHONE, WIDE, Reader, too_wide, turn

pytestmark = [pytest.mark.browser, pytest.mark.long]
each_page = pytest.mark.parametrize("place", PAGES, ids=str)
in_english = pytest.mark.parametrize("reader", ["en"], indirect=True)
in_korean = pytest.mark.parametrize("reader", ["ko"], indirect=True)

SPOKEN = "h1, h2, button, summary, legend, label, nav a, a.btn, .tabs a, th[scope=col]"
ENGLISH = re.compile("[A-Za-z]{3,}")
HANGUL = re.compile("[가-힣]")
# What the company calls so, people and decisions among it, and everybody else.
NAMES = re.compile(
    r"BOS-\w+|preciso-default( v\d+)?|decision|yes|no|viewer|reviewer|operator|admin"
    r"|Preciso|MLOps|English|UTC"
)


@pytest.fixture(scope="module")
def reader(chrome, company, request):
    reader = Reader(chrome, company, request.param)
    yield reader
    reader.close()


@pytest.fixture
def page(reader, place, request):
    builds = place.workshop
    address = request.getfixturevalue("workshop") if builds else reader.company.address
    with reader.looking_at(place, address) as page:
        yield page


def spoken(page):
    """Titles, buttons, labels and links of the navigation, as one sees them."""
    texts = page.locator(SPOKEN).filter(visible=True).all_inner_texts()
    return [" ".join(text.split()) for text in texts]


def left_in_english(page):
    return [
        text
        for text in spoken(page)
        if ENGLISH.search(text)
        and not HANGUL.search(text)
        and not NAMES.fullmatch(text)
    ]


def look_at(page, place, language):
    assert page.locator("html").get_attribute("lang") == language
    screenshots.keep(page, place.name, language)
    assert too_wide(page) == []


@in_english
@each_page
def test_the_page_is_whole_and_no_wider_than_the_window(page, place):
    look_at(page, place, "en")


@in_korean
@each_page
def test_the_page_is_whole_in_korean_and_nothing_is_left_in_english(page, place):
    look_at(page, place, "ko")
    if not place.workshop:
        assert left_in_english(page) == []


@pytest.mark.axe
@in_english
@each_page
def test_the_page_is_accessible(page, place, checker):
    for width in (WIDE, PHONE) if place.phone else (WIDE,):
        turn(page, width, "light")
        assert axe.findings(page, checker) == [], (width, "light")
        turn(page, width, "dark")
        assert axe.findings(page, checker, axe.COLORS) == [], (width, "dark")


def addresses():
    """One for each route of the pages, by its name."""
    for route in (route for area in urlpatterns for route in area.url_patterns):
        converters = route.pattern.converters.items()
        values = {
            name: 1 if converter.regex == "[0-9]+" else "when-auto-trains"
            for name, converter in converters
        }
        yield route.name, reverse(f"mlops:{route.name}", kwargs=values)


def test_no_page_is_left_out(company, sign_in):
    admin = sign_in("admin")
    paths = [place.path.format(**company.known).partition("?")[0] for place in PAGES]
    looked_at = {resolve(path).url_name for path in paths if "nothing" not in path}

    found = set()
    for name, address in addresses():
        answer = admin.request.get(address, max_redirects=0)
        if answer.ok and answer.text().startswith("<!DOCTYPE html>"):
            found.add(name)

    assert found - looked_at - PARTS == set()
