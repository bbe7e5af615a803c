"""By keyboard alone: what has the focus is seen, and everything is within reach."""

import pytest

from tests.browser.company import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.long]

MOST_STEPS = 80
# The browser's own bar is a stop on the way, too: the page's body has the focus then.
FOCUS = """() => {
  const it = document.activeElement, style = getComputedStyle(it);
  return it === document.body ? {words: "", seen: true} : {
    words: (it.getAttribute("aria-label") || it.innerText || it.name || "").trim(),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
          && it.getBoundingClientRect().height > 0,
  };
}"""


def tab_to(page, words):
    """Press Tab until what says so has the focus; on the way each focus is seen."""
    for _step in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["seen"], focus
        if focus["words"].startswith(words):
            return
    raise AssertionError(f"{words} is out of reach")


def sign_in_by_keyboard(page, name):
    page.goto("/")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/mlops/")


def test_a_reviewer_decides(open_window):
    rita = open_window()
    sign_in_by_keyboard(rita, "reviewer")

    tab_to(rita, "Approvals")
    rita.keyboard.press("Enter")
    rita.wait_for_url("**/approvals/**")
    tab_to(rita, "Start deciding")
    rita.keyboard.press("Enter")
    rita.get_by_role("heading", name="Your decision").wait_for()
    tab_to(rita, "Agree")
    rita.keyboard.press("Enter")

    rita.locator(".toast-success").wait_for()


def test_an_operator_trains_and_the_dialog_keeps_the_focus(open_window):
    theo = open_window()
    sign_in_by_keyboard(theo, "operator")
    tab_to(theo, "Training")
    theo.keyboard.press("Enter")
    theo.wait_for_url("**/training/")
    ready = theo.get_by_role("button", name="Seal and train").is_enabled()
    name = "Seal and train" if ready else "Train again"
    tab_to(theo, name)

    theo.keyboard.press("Enter")
    dialog = theo.get_by_role("dialog")
    dialog.wait_for()
    assert theo.evaluate(FOCUS)["words"] == "Not now"
    theo.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert theo.evaluate(FOCUS)["words"].startswith(name)
    theo.keyboard.press("Enter")
    tab_to(theo, name)
    theo.keyboard.press("Enter")

    theo.get_by_text("Submitted: job").wait_for()


def test_a_reader_of_the_keyboard_reaches_the_content_first(sign_in):
    page = sign_in("viewer")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"
