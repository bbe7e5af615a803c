"""Each page, in both languages: what a browser complains about, and how it looks."""

import re

import pytest

from tests.browser import axe, screenshots
from tests.browser.pages import PAGES
from tests.browser.reader import HIGH, PHONE, WIDE, Reader
from tests.requirements import required

pytestmark = [pytest.mark.browser, pytest.mark.long]
each_page = pytest.mark.parametrize("place", PAGES, ids=str)
in_english = pytest.mark.parametrize("reader", ["en"], indirect=True)
in_korean = pytest.mark.parametrize("reader", ["ko"], indirect=True)
in_both = pytest.mark.parametrize("reader", ["en", "ko"], indirect=True)

SPOKEN = "h1, h2, button, summary, legend, label, nav a, a.btn, .tabs a, th[scope=col]"
ENGLISH = re.compile("[A-Za-z]{3,}")
HANGUL = re.compile("[가-힣]")
# Names and decisions, which are the company's own, and what is called so everywhere.
NAMES = re.compile(r"BOS-\w+|preciso-default v\d+|[Pp]reciso|MLOps|English|UTC")


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


@pytest.fixture(scope="session")
def checker(pytestconfig):
    """axe-core; skipped where it cannot be had and need not be."""
    try:
        return axe.source(pytestconfig.cache.mkdir("axe"))
    except axe.Unavailable as reason:
        (pytest.fail if "axe" in required() else pytest.skip)(str(reason))


def turn(page, width, scheme):
    page.set_viewport_size({"width": width, "height": HIGH})
    page.emulate_media(color_scheme=scheme)


def spoken(page):
    """Titles, buttons, labels and links of the navigation, as one sees them."""
    texts = page.locator(SPOKEN).filter(visible=True).all_inner_texts()
    return [" ".join(text.split()) for text in texts]


@in_both
@each_page
def test_the_page_is_whole_and_no_wider_than_the_window(page, place, reader):
    assert page.locator("html").get_attribute("lang") == reader.language
    screenshots.keep(page, place.name, reader.language)
    for width in (WIDE, PHONE):
        for scheme in ("light", "dark"):
            turn(page, width, scheme)
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, (width, scheme)


@in_korean
@each_page
def test_in_korean_no_title_and_no_button_is_left_in_english(page, place):
    foreign = [
        text
        for text in spoken(page)
        if ENGLISH.search(NAMES.sub("", text)) and not HANGUL.search(text)
    ]
    assert foreign == []


@pytest.mark.axe
@in_english
@each_page
def test_the_page_is_accessible(page, place, checker):
    for width in (WIDE, PHONE):
        for scheme in ("light", "dark"):
            if width == WIDE or place.phone:
                turn(page, width, scheme)
                assert axe.findings(page, checker) == [], (width, scheme)
