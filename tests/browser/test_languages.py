"""The language is the browser's until a person chooses one."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.long]


def spoken(page):
    return page.locator("html").get_attribute("lang")


def test_the_pages_speak_as_the_browser_asks(sign_in):
    page = sign_in("viewer", locale="ko-KR")

    assert spoken(page) == "ko"
    assert page.get_by_role("heading", level=1).inner_text() == "개요"


def test_the_language_of_the_profile_counts_more_than_the_browser(sign_in):
    page = sign_in("viewer")

    page.goto("/profile/")
    page.get_by_label("Language").last.select_option(label="한국어")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("저장했습니다.").wait_for()
    again = sign_in("viewer")

    assert spoken(again) == "ko"
    again.goto("/profile/")
    again.locator("#id_language").select_option("")
    again.get_by_role("button", name="저장").click()
    again.wait_for_load_state()
    assert spoken(again) == "en"


def test_what_a_token_may_do_is_said_in_words(sign_in):
    page = sign_in("admin")

    page.goto("/settings/tokens/")

    row = page.get_by_role("row", name="Loan system")
    assert "ask the model for predictions" in row.inner_text()
