"""Somebody who looks at every page in one language."""

from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.browser.company import PASSWORD

WIDE, PHONE, HIGH = 1280, 390, 820
SCHEMES = ("light", "dark")
LOCALES = {"en": "en-US", "ko": "ko-KR"}


def enter(page, name):
    """Sign in, whatever language the page speaks."""
    page.goto("/")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/mlops/")


def listen(page, host, heard):
    """Console, scripts and requests of a page; what was left behind is none of it."""

    def on_console(said):
        if said.type in ("error", "warning"):
            heard.append(said.text)

    def on_failure(request):
        if request.failure != "net::ERR_ABORTED":
            heard.append(f"{request.url}: {request.failure}")

    def on_request(request):
        asked = urlsplit(request.url)
        if asked.scheme != "data" and asked.hostname != host:
            heard.append(f"asked another host: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("requestfailed", on_failure)
    page.on("request", on_request)


def turn(page, width, scheme):
    page.set_viewport_size({"width": width, "height": HIGH})
    page.emulate_media(color_scheme=scheme)


def too_wide(page):
    """Where the page does not fit into the window: widths and schemes."""
    found = []
    for width in (WIDE, PHONE):
        for scheme in SCHEMES:
            turn(page, width, scheme)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append((width, scheme))
    return found


class Reader:
    """Has a window of each person, and keeps it from page to page."""

    def __init__(self, chrome, company, language):
        self.company, self.language = company, language
        self._chrome, self._windows, self._heard = chrome, {}, []

    @contextmanager
    def looking_at(self, place, address):
        """The page at a desk, in the light. Fails where the browser complains."""
        window = self._window(place.by)
        turn(window, WIDE, "light")
        self._heard.clear()
        answer = window.goto(address + place.path.format(**self.company.known))
        assert answer.status == place.status
        yield window
        refusal = f"status of {place.status}"  # of the page itself
        assert [said for said in self._heard if refusal not in said] == []

    def close(self):
        for window in self._windows.values():
            window.context.close()

    def _window(self, name):
        if name not in self._windows:
            context = self._chrome.new_context(
                base_url=self.company.address,
                locale=LOCALES[self.language],
                reduced_motion="reduce",
            )
            window = self._windows[name] = context.new_page()
            if name:
                enter(window, name)
            listen(window, urlsplit(self.company.address).hostname, self._heard)
        return self._windows[name]
