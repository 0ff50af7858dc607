"""The lists in a real browser: filters, pages, search, looking back, notices."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, Route, expect

from bot.conversations import handoff, transcript
from bot.db import lock
from bot.models import Author, Conversation
from tests import factories
from tests.browser.live_desk import Live
from tests.browser.test_desk import CONTRAST
from tests.desk.desks import waiting

pytestmark = pytest.mark.slow

WIDE = "document.documentElement.scrollWidth > window.innerWidth"
HOSTILE = "<img src=x onerror=\"document.title='broken'\"> marmalade"


def row(page: Page, conversation_id: uuid.UUID) -> str:
    """The selector of a conversation's row."""
    return f"#queue .item[data-id='{conversation_id}']"


def waiting_for_care(live: Live) -> uuid.UUID:
    """Somebody in a crisis, who wrote in Spanish."""
    with live.desk.db.transaction() as session:
        conversation_id = waiting(session, None, "Necesito ayuda", reason="crisis", skill="care", priority=0)
        session.get_one(Conversation, conversation_id).locale = "es-MX"
    return conversation_id


def test_filters_are_chosen_by_keyboard_and_kept_in_the_address(live: Live, page: Page) -> None:
    care, general = waiting_for_care(live), live.desk.waiting()
    live.sign_in(page)
    expect(page.locator(row(page, general))).to_contain_text("Answer by")
    expect(page.locator(row(page, care))).to_contain_text("3 · Care")
    page.keyboard.press("f")
    expect(page.get_by_label("Tier")).to_be_focused()
    page.get_by_label("Tier").select_option("3")
    expect(page.locator(row(page, general))).to_have_count(0)
    expect(page.locator("[data-list=waiting] .count")).to_have_text("1 of 2")
    expect(page).to_have_url(f"{live.url}/desk?tier=3")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Filter the lists")).to_be_focused()
    page.reload()
    expect(page.locator("#chosen")).to_contain_text("3 · Care")
    expect(page.locator("[data-list=waiting] .item")).to_have_count(1)
    page.locator(row(page, care)).click()
    expect(page).to_have_url(f"{live.url}/desk/conversations/{care}?tier=3")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("[data-list=waiting] .item")).to_have_count(2)
    expect(page).to_have_url(f"{live.url}/desk/conversations/{care}")
    another = live.desk.waiting()
    expect(page.locator(row(page, another))).to_be_visible()


def test_whose_turn_it_is_parts_ones_own_and_the_focus_goes_along(live: Live, page: Page) -> None:
    conversation_id = live.desk.waiting()
    with live.desk.db.transaction() as session:
        handoff.claim(session, conversation_id, live.desk.ana)
    live.sign_in(page)
    expect(page.locator(f"[data-list=mine] {row(page, conversation_id)[7:]}")).to_be_visible()
    page.locator(row(page, conversation_id)).focus()
    with live.desk.db.transaction() as session:
        handoff.reply(session, conversation_id, live.desk.ana, "Hello, I'm Ana.", str(uuid.uuid4()))
    answered = page.locator(f"[data-list=answered] .item[data-id='{conversation_id}']")
    expect(answered).to_be_visible()
    expect(answered).to_be_focused()
    live.customer_says(conversation_id, "Hello Ana")
    expect(page.locator(f"[data-list=mine] .item[data-id='{conversation_id}']")).to_be_focused()


def test_more_than_a_page_comes_when_asked_for_and_stays_current(live: Live, page: Page) -> None:
    with live.desk.db.transaction() as session:
        last = [waiting(session, None, f"Number {number}") for number in range(60)][-1]
    live.sign_in(page)
    rows = page.locator("[data-list=waiting] .item")
    expect(rows).to_have_count(50)
    expect(page.locator("[data-list=waiting] .count")).to_have_text("60")
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(60)
    expect(rows.last).to_contain_text("Number 59")
    with live.desk.db.transaction() as session:
        handoff.claim(session, last, live.desk.ben)
    expect(rows).to_have_count(59)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()


def test_search_finds_marks_and_leads_to_the_message(live: Live, page: Page) -> None:
    with live.desk.db.transaction() as session:
        maya = factories.maya(session)
        conversation_id = waiting(session, maya, "I lost some shifts")
    for number in range(40):
        live.customer_says(conversation_id, HOSTILE if number == 7 else f"line {number}")
    live.sign_in(page)
    page.keyboard.press("/")
    page.keyboard.type("marmalade")
    hit = page.locator(".hit")
    expect(hit.locator("mark")).to_have_text("marmalade")
    expect(hit).to_contain_text("document.title='broken'\"> marmalade")
    expect(page.locator("#found-state")).to_have_text("Found conversations: 1.")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".said.sought .bubble")).to_have_text(HOSTILE)
    expect(page.locator(".said.sought .bubble")).to_be_in_viewport()
    assert "broken" not in page.title()
    assert "marmalade" not in page.url, "what was looked for is in no address"
    page.reload()
    expect(page.locator(".said.sought .bubble")).to_be_in_viewport()
    page.keyboard.press("/")
    for words, found in (("torres", "GT-1001"), ("INV-1002", "INV-1002"), ("5550101", "Maya Torres")):
        page.locator("#sought").fill(words)
        expect(page.locator("#found-all")).to_contain_text(found)
    page.locator("#sought").fill("nobody has this")
    expect(page.locator("#found-state")).to_have_text("Nothing found in what you may see.")
    page.keyboard.press("Escape")
    expect(page.locator(row(page, conversation_id))).to_be_visible()


def test_closed_conversations_are_there_to_look_back_at(live: Live, page: Page) -> None:
    conversation_id = live.desk.waiting(said="Thank you for your help")
    with live.desk.db.transaction() as session:
        handoff.claim(session, conversation_id, live.desk.ana)
        handoff.close(session, conversation_id, live.desk.ana)
    live.sign_in(page)
    page.get_by_role("link", name="Closed").click()
    expect(page).to_have_url(f"{live.url}/desk?list=closed")
    page.locator(row(page, conversation_id)).click()
    expect(page.locator("#invite")).to_contain_text("Closed. You can look back")
    expect(page.get_by_role("button", name="Claim")).to_be_hidden()
    expect(page.locator("#composer")).to_be_hidden()
    with live.desk.db.transaction() as session:
        found = lock(session, Conversation, conversation_id)
        assert found is not None
        found.closed_at = None
        transcript.append(session, found, author=Author.CUSTOMER, text="Me again")
    expect(page.get_by_role("heading", name="In good hands")).to_be_visible()
    page.get_by_role("link", name="Open", exact=True).click()
    expect(page.get_by_text("Nobody is waiting. Everyone has been heard.")).to_be_visible()


def test_a_notice_and_a_tone_come_when_asked_for_and_say_nothing_personal(live: Live, page: Page) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.add_init_script(
        """window.Notification = class { constructor(title, { body }) { console.log(title, body); } close() {} };
        Notification.permission = 'granted';
        Notification.requestPermission = async () => 'granted';
        const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function (at) { console.log('tone'); return start.call(this, at); };
        Document.prototype.hasFocus = () => false;"""
    )
    live.sign_in(page)
    live.desk.waiting()
    expect(page.locator("[data-list=waiting] .item")).to_have_count(1)
    assert told == [], "not before it is asked for"
    page.get_by_role("button", name="Notices and sound").click()
    page.get_by_label("Show a notice while I look elsewhere").check()
    page.get_by_label("Play a soft tone").check()
    page.get_by_role("button", name="Done").click()
    with page.expect_console_message(lambda message: message.text.startswith("A customer is waiting")):
        conversation_id = live.desk.waiting(said="My private words")
    expect(page).to_have_title("(2) Desk · Good Terms")
    with live.desk.db.transaction() as session:
        handoff.claim(session, conversation_id, live.desk.ana)
    expect(page.locator("[data-list=mine] .item")).to_have_count(1)
    with page.expect_console_message(lambda message: message.text.startswith("A customer has written to you")):
        live.customer_says(conversation_id, "More private words")
    assert "tone" in told
    assert not [words for words in told if "private" in words or "Robin" in words]
    page.reload()
    page.get_by_role("button", name="Notices and sound").click()
    expect(page.get_by_label("Play a soft tone")).to_be_checked()


def test_a_supervisor_sees_how_the_desk_stands_and_goes_from_there(live: Live, page: Page) -> None:
    care, conversation_id = waiting_for_care(live), live.desk.waiting()
    with live.desk.db.transaction() as session:
        handoff.claim(session, conversation_id, live.desk.ana)
    live.sign_in(page, "sol")
    page.get_by_role("link", name="Overview").click()
    expect(page.locator("#people")).to_contain_text("Ana")
    expect(page.locator("#totals")).to_contain_text("Waiting")
    page.get_by_role("link", name="Care").first.click()
    expect(page.locator("[data-list=waiting] .item")).to_have_count(1)
    expect(page.locator(row(page, care))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_of_a_phone_and_text_stands_out(live: Live, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 390, "height": 844})
    with live.desk.db.transaction() as session:
        waiting(session, factories.customer(session, name="Maximiliana " * 8), "W" * 300, reason="crisis", skill="care")
    live.sign_in(page, "sol")
    page.get_by_role("button", name="Filter the lists").click()
    page.get_by_label("Tier").select_option("3")
    expect(page.locator("#chosen")).to_be_visible()
    assert (page.evaluate(CONTRAST), page.evaluate(WIDE)) == ([], False)
    page.locator("#sought").fill("maximiliana")
    expect(page.locator(".found-one")).to_have_count(1)
    page.locator("#sought").fill("w" * 40)
    assert (page.evaluate(CONTRAST), page.evaluate(WIDE)) == ([], False)
    page.goto(f"{live.url}/desk/overview")
    expect(page.locator("#totals div")).to_have_count(5)
    assert (page.evaluate(CONTRAST), page.evaluate(WIDE)) == ([], False)


def test_who_loses_a_conversation_before_the_stream_begins_is_told(live: Live, page: Page) -> None:
    conversation_id = live.desk.waiting()
    live.sign_in(page)

    def lose_it_first(route: Route) -> None:
        with live.desk.db.transaction() as session:
            handoff.claim(session, conversation_id, live.desk.ben)
        route.continue_()

    page.route(re.compile(r"/events\?conversation="), lose_it_first, times=1)
    page.locator(row(page, conversation_id)).click()
    expect(page.get_by_role("heading", name="In good hands")).to_be_visible()
    expect(page.get_by_text("Ben has this conversation.")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
