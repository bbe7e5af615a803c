"""A whole Preciso behind a real browser."""

from urllib.parse import urlsplit

import pytest

from tests.browser import axe
from tests.browser.company import Company
from tests.browser.reader import HIGH, WIDE, enter, listen
from tests.requirements import chromium, required


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    """Preciso with people, cases, models and a past; one for all tests."""
    company = Company(tmp_path_factory.mktemp("browser"))
    try:
        company.start()
        yield company
    finally:
        company.installation.stop()


@pytest.fixture(scope="session")
def workshop(company):
    """The same company as whoever builds pages sees it."""
    return company.start_web(DEBUG="on")


@pytest.fixture(scope="module")
def chrome():
    """Not for longer: while Playwright runs, Django refuses the process a database."""
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def checker(pytestconfig):
    """axe-core; skipped where it cannot be had and need not be."""
    try:
        return axe.source(pytestconfig.cache.mkdir("axe"))
    except axe.Unavailable as reason:
        (pytest.fail if "axe" in required() else pytest.skip)(str(reason))


@pytest.fixture
def complaints():
    """What the browser complained about, a refusal by the CSP among it.

    And what it asked of another host.
    """
    heard = []
    yield heard
    assert heard == []


@pytest.fixture
def open_window(chrome, company, complaints):
    """A window of nobody's yet: ``open_window(width=390, locale="ko-KR")``."""
    contexts = []

    def open_window(*, width=WIDE, **options):
        viewport = {"width": width, "height": HIGH}
        context = chrome.new_context(
            base_url=company.address, viewport=viewport, **options
        )
        contexts.append(context)
        page = context.new_page()
        listen(page, urlsplit(company.address).hostname, complaints)
        return page

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def passes():
    """Who has signed in before, and goes on with that."""
    return {}


@pytest.fixture
def sign_in(open_window, passes):
    """Opens a window of a person's own: ``sign_in("operator", width=390)``."""

    def sign_in(name, **options):
        page = open_window(storage_state=passes.get(name), **options)
        if name in passes:
            page.goto("/mlops/")
        else:
            enter(page, name)
            passes[name] = page.context.storage_state()
        return page

    return sign_in
