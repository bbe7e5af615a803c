"""At a screen that was left open the password is asked, and nothing is typed twice."""

import pytest

from tests.browser import axe
from tests.browser.company import PASSWORD
from tests.browser.reader import PHONE, WIDE, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_what_was_typed_is_done_with_the_password(
    sign_in, company, checker, javascript, width
):
    page = sign_in("admin", java_script_enabled=javascript, width=width)
    page.goto("/settings/tokens/")
    company.tell("password_was_long_ago()")
    page.get_by_text("Make a token", exact=True).click()
    page.locator("#id_name").fill("Core banking")
    page.get_by_role("button", name="Make the token").click()

    asked = page.get_by_label("Password", exact=True)
    asked.wait_for()
    if javascript:
        assert page.evaluate("document.activeElement.id") == "id_again"
        assert axe.findings(page, checker) == []
        assert too_wide(page) == []
    asked.fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()

    page.locator("#secret").wait_for()
    assert page.locator("th", has_text="Core banking").count() >= 1
