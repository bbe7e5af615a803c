"""How long a case is read, as the page itself measures it, by a clock that is set."""

import re
from urllib.parse import parse_qs

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.long]

START = 1_800_000_000_000


@pytest.fixture
def reader(sign_in):
    """A case that is open, in a window whose clock stands still until it is moved."""
    rita = sign_in("reviewer")
    rita.clock.install(time=START)
    rita.goto("/mlops/approvals/")
    rita.keyboard.press("s")
    rita.get_by_role("heading", name="Your decision").wait_for()
    rita.clock.pause_at(START + 1000_000)
    moves(rita, 0)  # what was before counts nothing: longer than half a minute
    return rita


def moves(page, seconds):
    """So much later the pointer moves."""
    page.clock.fast_forward(seconds * 1000)
    place = getattr(page, "place", 200) + 5
    page.place = place
    page.mouse.move(place, 300)


def hide(page, hidden):
    page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden',"
        " { value: hidden, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


def sent(page, press):
    """Seconds, changes of mind, evidence: what goes along with a decision."""
    with page.expect_request(re.compile("/send-back/")) as asked:
        press()
    [text] = parse_qs(asked.value.post_data, keep_blank_values=True)["measured"]
    seconds, turns, pieces = text.split(";")
    return int(seconds), int(turns), pieces


def send_back(page):
    page.locator("summary", has_text="Send back or reject").click()
    page.get_by_role("button", name="Send back", exact=True).click()


def test_time_between_inputs_counts_and_an_idle_page_counts_nothing(reader):
    moves(reader, 10)
    moves(reader, 20)
    moves(reader, 600)  # away from the desk
    moves(reader, 5)
    assert sent(reader, lambda: send_back(reader))[0] == 35


def test_a_hidden_tab_counts_nothing(reader):
    moves(reader, 4)
    hide(reader, hidden=True)
    reader.clock.fast_forward(20_000)
    hide(reader, hidden=False)
    moves(reader, 3)
    assert sent(reader, lambda: send_back(reader))[0] == 7


def test_changes_of_mind_are_counted(reader):
    reader.keyboard.press("e")
    other = reader.get_by_label("Another decision")
    for word in ("no", "perhaps"):
        other.fill(word)
        other.dispatch_event("change")
    _seconds, turns, _pieces = sent(reader, lambda: send_back(reader))
    assert turns == 2
