"""Nothing that a customer writes or is told gets lost or comes twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import bubbles, echo, field, log, open_chat, write
from tests.browser.fake_front_door import GREETING, FakeFrontDoor

pytestmark = pytest.mark.slow


def test_a_reload_shows_the_same_conversation_once(chat: Page, door: FakeFrontDoor) -> None:
    door.replies = echo
    write(chat, "Remember me")
    expect(bubbles(chat, "You said: Remember me")).to_be_visible()
    chat.reload()
    for text in (GREETING, "Remember me", "You said: Remember me"):
        expect(bubbles(chat, text)).to_have_count(1)
    assert len(door.sessions) == 1


@pytest.mark.parametrize("path", ["/sessions", "/messages"])
def test_what_waits_survives_a_reload_and_is_sent_once(page: Page, door: FakeFrontDoor, path: str) -> None:
    page.goto(f"{door.url}/shop")
    door.fail("/sessions" if path == "/sessions" else "/never", 503, 50)
    page.get_by_role("button", name="Open chat").click()
    if path == "/messages":
        expect(log(page)).to_contain_text(GREETING)
        door.fail(path, 503, 50)
    write(page, "Please keep this")
    expect(page.get_by_text("Waiting to send")).to_be_visible()
    door.recover()
    page.reload()
    expect(bubbles(page, "Please keep this")).to_have_count(1)
    door.wait_until(lambda: bool(door.posts))
    expect(bubbles(page, GREETING)).to_be_visible()
    expect(bubbles(page, "Please keep this")).to_have_count(1)
    assert [post["text"] for post in door.posts] == ["Please keep this"]


def test_a_dropped_stream_goes_on_after_the_last_message(chat: Page, door: FakeFrontDoor) -> None:
    door.wait_until(lambda: len(door.opened_streams) == 1)
    last = door.say("Before")
    expect(bubbles(chat, "Before")).to_be_visible()
    door.drop_streams()
    door.say("Meanwhile")
    expect(bubbles(chat, "Meanwhile")).to_be_visible()
    door.wait_until(lambda: len(door.opened_streams) == 2)
    assert door.opened_streams[1] == last["id"]
    expect(log(chat).locator(".bubble")).to_have_text([GREETING, "Before", "Meanwhile"])


@pytest.mark.parametrize("client_ids", [True, False], ids=["named", "unnamed"])
@pytest.mark.parametrize("streams", [True, False], ids=["stream", "long poll"])
def test_what_the_server_repeats_is_shown_once(
    page: Page, door: FakeFrontDoor, streams: bool, client_ids: bool
) -> None:
    door.streams, door.repeat, door.names_client_ids, door.replies = streams, True, client_ids, echo
    page.goto(f"{door.url}/shop")
    open_chat(page)
    write(page, "One")
    write(page, "Two")
    expect(bubbles(page, "You said: Two")).to_be_visible()
    expect(log(page).locator(".bubble")).to_have_text([GREETING, "One", "You said: One", "Two", "You said: Two"])


def test_it_polls_where_streams_do_not_get_through(page: Page, door: FakeFrontDoor) -> None:
    door.streams = False
    page.goto(f"{door.url}/shop")
    open_chat(page)
    door.wait_until(lambda: any(poll["wait"] == "25" or poll["wait"] == 25 for poll in door.polls))
    door.say("Through the slower door")
    expect(bubbles(page, "Through the slower door")).to_be_visible()


def test_a_lost_answer_sends_the_same_client_id_again_and_shows_one_bubble(chat: Page, door: FakeFrontDoor) -> None:
    door.lose_answers = 2
    door.replies = echo
    write(chat, "Only once")
    door.wait_until(lambda: len(door.posts) == 3)
    expect(bubbles(chat, "You said: Only once")).to_have_count(1)
    expect(bubbles(chat, "Only once")).to_have_count(1)
    assert len({post["client_id"] for post in door.posts}) == 1


def test_messages_written_offline_are_sent_once_in_order_when_back(
    chat: Page, context: BrowserContext, door: FakeFrontDoor
) -> None:
    context.set_offline(True)
    for text in ("First", "Second", "Third"):
        write(chat, text)
    expect(chat.get_by_role("status").filter(has_text="You’re offline. What you write is kept")).to_be_visible()
    assert door.posts == []
    context.set_offline(False)
    door.wait_until(lambda: len(door.posts) >= 3)
    expect(chat.get_by_text("You’re offline")).not_to_be_visible()
    expect(log(chat).locator(".bubble")).to_have_text([GREETING, "First", "Second", "Third"])
    expect(log(chat).get_by_text("Waiting to send")).to_have_count(0)
    assert [post["text"] for post in door.posts] == ["First", "Second", "Third"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_and_nothing_is_lost(chat: Page, door: FakeFrontDoor, status: int) -> None:
    door.fail("/messages", status, 2)
    door.replies = echo
    write(chat, "No hurry")
    expect(bubbles(chat, "You said: No hurry")).to_be_visible()
    assert [post["text"] for post in door.posts] == ["No hurry"]


def test_what_the_server_refuses_says_why_and_can_be_edited_without_holding_up_the_rest(
    chat: Page, door: FakeFrontDoor
) -> None:
    door.fail("/messages", 422, 1, "That is more than we can take at once.")
    write(chat, "Refuse me")
    expect(log(chat)).to_contain_text("That is more than we can take at once.")
    write(chat, "Next one")
    door.wait_until(lambda: len(door.posts) == 1)
    log(chat).get_by_role("button", name="Edit").click()
    expect(field(chat)).to_have_value("Refuse me")
    expect(bubbles(chat, "Refuse me")).to_have_count(0)
    assert door.posts[0]["text"] == "Next one"


def test_an_ended_session_begins_anew_kindly_and_sends_what_was_written(chat: Page, door: FakeFrontDoor) -> None:
    door.say("From the first chat")
    expect(bubbles(chat, "From the first chat")).to_be_visible()
    door.revoke()
    write(chat, "Are we still talking?")
    expect(log(chat)).to_contain_text("For your privacy the earlier chat has ended. This is a new one.")
    door.wait_until(lambda: len(door.posts) == 1)
    expect(bubbles(chat, GREETING)).to_have_count(2)
    expect(bubbles(chat, "Are we still talking?")).to_have_count(1)
    assert len(door.sessions) == 2


def test_two_tabs_show_one_conversation_and_send_each_message_once(
    page: Page, context: BrowserContext, door: FakeFrontDoor
) -> None:
    door.replies = echo
    other = context.new_page()
    for tab in (page, other):
        tab.goto(f"{door.url}/shop")
    for tab in (page, other):
        tab.get_by_role("button", name="Open chat").click()
    for tab in (page, other):
        expect(bubbles(tab, GREETING)).to_have_count(1)
    write(page, "From one")
    expect(bubbles(other, "You said: From one")).to_be_visible()
    write(other, "From two")
    for tab in (page, other):
        expect(log(tab).locator(".bubble")).to_have_text(
            [GREETING, "From one", "You said: From one", "From two", "You said: From two"]
        )
    assert len(door.sessions) == 1
    assert len(door.posts) == 2


def test_another_tab_sends_what_a_closed_tab_could_not(
    page: Page, context: BrowserContext, door: FakeFrontDoor
) -> None:
    page.goto(f"{door.url}/shop")
    open_chat(page)
    other = context.new_page()
    other.goto(f"{door.url}/shop")
    door.fail("/messages", 503, 50)
    write(page, "Pass it on")
    expect(page.get_by_text("Waiting to send")).to_be_visible()
    page.close()
    door.recover()
    door.wait_until(lambda: bool(door.posts), 20)
    assert [post["text"] for post in door.posts] == ["Pass it on"]


def test_a_long_history_that_comes_in_pages_is_whole(chat: Page, door: FakeFrontDoor) -> None:
    for number in range(25):
        door.say(f"Message {number}")
    door.page_size = 10
    chat.reload()
    expect(log(chat).locator(".bubble")).to_have_text([GREETING, *(f"Message {number}" for number in range(25))])


def test_a_place_in_the_transcript_that_the_server_lost_is_found_again(chat: Page, door: FakeFrontDoor) -> None:
    door.wait_until(lambda: len(door.opened_streams) == 1)
    door.fail("/events", 404)
    door.drop_streams()
    door.say("Here again")
    expect(bubbles(chat, "Here again")).to_be_visible()
    expect(bubbles(chat, GREETING)).to_have_count(1)
