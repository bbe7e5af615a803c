"""The inbox in a real browser: by keyboard, case after case, undone, in bulk."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.long]

LIST = "/mlops/approvals/"


def open_case(page):
    page.goto(LIST)
    page.keyboard.press("s")
    page.get_by_role("heading", name="Your decision").wait_for()
    return page.url


def decide(page, word):
    """By keyboard alone: e opens the form, Enter decides."""
    page.keyboard.press("e")
    page.get_by_label("Another decision").fill(word)
    page.keyboard.press("Enter")
    page.locator(".toast", has_text=f": {word}.").wait_for()


def test_by_keyboard_a_decision_opens_the_next_case_and_u_undoes_it(sign_in):
    rita = sign_in("reviewer")
    first = open_case(rita)

    decide(rita, "no")
    rita.wait_for_url(lambda url: url != first)
    title = rita.title()
    rita.keyboard.press("u")
    rita.locator(".toast", has_text="Undone:").wait_for()

    assert rita.locator(".toast form").count() == 0
    assert rita.url == first
    assert rita.title() != title
    rita.get_by_role("heading", name="Your decision").wait_for()
    rita.go_back()
    rita.wait_for_url(lambda url: url != first)


def test_j_and_k_walk_the_list_and_the_cases_but_not_while_typing(sign_in):
    rita = sign_in("reviewer")
    rita.goto(LIST)
    rita.keyboard.press("j")
    rita.keyboard.press("j")
    second = rita.evaluate("document.activeElement.href")
    rita.keyboard.press("Enter")
    rita.wait_for_url(second)

    rita.keyboard.press("j")
    rita.wait_for_url(lambda url: url != second)
    rita.keyboard.press("k")
    rita.wait_for_url(second)
    rita.keyboard.press("e")
    rita.get_by_label("Another decision").fill("")
    rita.keyboard.type("jkaxu")

    assert rita.get_by_label("Another decision").input_value() == "jkaxu"
    assert rita.url == second


def test_the_help_lists_the_keys_and_letters_can_be_switched_off(sign_in):
    rita = sign_in("reviewer")
    address = open_case(rita)

    rita.keyboard.press("?")
    dialog = rita.get_by_role("dialog", name="Keys of this page")
    dialog.get_by_text("Next case").wait_for()
    dialog.get_by_role("button", name="Keyboard shortcuts").click()
    dialog.get_by_role("button", name="Close").click()
    rita.keyboard.press("j")
    rita.keyboard.press("?")

    assert not dialog.is_visible()
    assert rita.url == address
    rita.get_by_role("button", name="Keys").click()
    dialog.wait_for()


def test_two_reviewers_see_who_has_it_open(sign_in):
    rita = sign_in("reviewer")
    with rita.expect_response(re.compile("/claim/")):
        address = open_case(rita)

    other = sign_in("admin")
    other.goto(address)
    other.get_by_text("reviewer opened this case").wait_for()
    other.keyboard.press("e")
    other.get_by_label("Another decision").fill("no")
    other.keyboard.press("Enter")
    asks = other.get_by_role("dialog")
    asks.get_by_text("reviewer has this case open").wait_for()
    asks.get_by_role("button", name="Not now").click()
    other.locator("summary", has_text="Send back or reject").click()
    other.get_by_role("button", name="Reject the case").click()
    asks.get_by_text("The first decision counts.").wait_for()
    asks.get_by_role("button", name="Decide it").wait_for()
    asks.get_by_role("button", name="Not now").click()
    other.get_by_role("button", name="Take it over").click()
    other.get_by_text("open now.").wait_for()

    assert other.get_by_role("button", name="Take it over").count() == 0


def test_on_a_phone_the_decision_is_within_reach(sign_in):
    page = sign_in("reviewer", width=390)
    open_case(page)

    bar = page.locator(".decide-bar")
    bar.get_by_role("link").click()

    assert page.evaluate("location.hash") == "#decide-title"
    assert page.locator("#decide-title").is_visible()
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0
