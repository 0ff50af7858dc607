"""The thread in a real browser: answers to begin with, a second look at unkind words, mentions, wrap-up, who writes."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from bot import clock as bot_clock
from bot.conversations import handoff, transcript
from bot.db import lock
from bot.models import Author, Channel, Conversation, Customer, WrapUp
from tests import factories
from tests.browser.live_desk import Live
from tests.desk.desks import waiting

pytestmark = pytest.mark.slow


def mayas(live: Live) -> uuid.UUID:
    """Maya's conversation, which Ana has."""
    with live.desk.db.transaction() as session:
        conversation_id = waiting(session, factories.maya(session), "I lost some shifts")
        handoff.claim(session, conversation_id, live.desk.ana)
    return conversation_id


def opened(live: Live, page: Page, conversation_id: uuid.UUID, name: str = "ana") -> Page:
    """The desk with that conversation open."""
    live.sign_in(page, name)
    page.goto(f"{live.url}/desk/conversations/{conversation_id}")
    expect(page.locator("#thread-open")).to_be_visible()
    return page


def test_an_answer_is_found_by_typing_and_made_ones_own_before_it_is_sent(live: Live, page: Page) -> None:
    conversation_id = mayas(live)
    opened(live, page, conversation_id)
    words = page.get_by_label("Your reply")
    words.press("/")
    seek = page.get_by_role("combobox", name="Look for an answer")
    expect(seek).to_be_focused()
    expect(page.locator("#canned-list li").first).to_be_visible()
    seek.press_sequentially("no rush")
    expect(page.locator("#canned-list li")).to_have_count(1)
    seek.press("Enter")
    expect(words).to_be_focused()
    expect(words).to_have_value(
        "Take the time you need. Nothing changes while you think about it, and I'm here when you write."
    )
    assert live.said_by_agents(conversation_id) == []
    words.press_sequentially(" All right?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.agent .bubble")).to_contain_text("All right?")
    page.get_by_role("button", name="Answers").click()
    page.keyboard.press("Escape")
    expect(words).to_be_focused()
    expect(words).to_have_value("")


def test_an_answer_that_cannot_be_filled_says_why_and_is_not_put_in(live: Live, page: Page) -> None:
    conversation_id = live.desk.waiting(verified=False)
    with live.desk.db.transaction() as session:
        session.get_one(Conversation, conversation_id).locale = "fr-FR"
        handoff.claim(session, conversation_id, live.desk.ana)
    opened(live, page, conversation_id)
    page.get_by_role("button", name="Answers").click()
    balance = page.locator("#canned-list li").filter(has_text="What is open")
    expect(balance).to_contain_text("They have not proven who they are, so what is open can't be told.")
    expect(balance).to_contain_text("In English: there is none in French yet")
    page.get_by_role("combobox", name="Look for an answer").fill("what is open")
    page.keyboard.press("Enter")
    expect(page.locator("#canned-word")).to_contain_text("This cannot be said here.")
    expect(page.get_by_label("Your reply")).to_have_value("")


def test_unkind_words_get_a_hint_while_writing_and_a_question_before_sending(live: Live, page: Page) -> None:
    conversation_id = mayas(live)
    opened(live, page, conversation_id)
    words = page.get_by_label("Your reply")
    words.fill("You must pay it.")
    hint = page.locator("#kind")
    expect(hint).to_contain_text("You must It demands.")
    expect(hint.get_by_role("button")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(hint).to_contain_text("once more before it is sent")
    assert live.said_by_agents(conversation_id) == []
    words.fill("What would work for you?")
    expect(hint).to_be_hidden()
    words.fill("You must pay it.")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Send it all the same").click()
    expect(page.locator(".said.agent .bubble")).to_have_text("You must pay it.")
    words.fill("Is it 4242 4242 4242 4242?")
    page.keyboard.press("Control+Enter")
    expect(hint).to_contain_text("Those are never written here")
    expect(page.get_by_role("button", name="Send it all the same")).to_be_hidden()
    assert live.said_by_agents(conversation_id) == ["You must pay it."]


def test_on_a_low_screen_the_way_to_send_stays_in_sight(live: Live, page: Page) -> None:
    opened(live, page, mayas(live))
    page.get_by_label("Your reply").fill(
        "You must pay it. PAY NOW OR ELSE. It is your last chance, or we will sue you."
    )
    expect(page.locator("#kind")).to_be_visible()
    for width, height in ((390, 600), (1280, 480)):
        page.set_viewport_size({"width": width, "height": height})
        page.locator("#send").click()
        expect(page.locator("#kind-meant")).to_be_in_viewport(ratio=1)
        expect(page.locator("#send")).to_be_in_viewport(ratio=1)
        page.locator("#canned-open").click()
        expect(page.locator("#canned-list li").first).to_be_in_viewport()
        expect(page.locator("#send")).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")


def test_what_is_refused_after_one_has_turned_elsewhere_is_said_with_its_name(live: Live, page: Page) -> None:
    held: list[Route] = []
    first, other = mayas(live), live.desk.waiting()
    with live.desk.db.transaction() as session:
        handoff.claim(session, other, live.desk.ana)
    opened(live, page, first)
    page.route(f"**/conversations/{first}/messages", lambda route: held.append(route))
    words = page.get_by_label("Your reply")
    words.fill("What would work for you?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#sent")).to_have_text("Sending…")
    page.locator(f'a.item[data-id="{other}"]').click()
    expect(page.locator("#thread-name")).to_have_text("Robin Park")
    words.fill("One moment, please.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.agent .bubble")).to_have_text("One moment, please.")
    held[0].abort()
    expect(page.locator(".toast")).to_contain_text("Maya Torres: your reply was not sent; it is kept there.")
    page.locator(f'a.item[data-id="{first}"]').click()
    expect(words).to_have_value("What would work for you?")
    page.unroute(f"**/conversations/{first}/messages")
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.agent .bubble")).to_have_text("What would work for you?")
    assert live.said_by_agents(first) == ["What would work for you?"]


def test_a_colleague_is_named_by_keyboard_reads_along_and_answers(live: Live, page: Page, browser: Browser) -> None:
    conversation_id = mayas(live)
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    bens = context.new_page()
    live.sign_in(bens, "ben")
    opened(live, page, conversation_id)
    page.keyboard.press("n")
    note = page.get_by_label("Your note")
    note.press_sequentially("Could you look, @b")
    expect(page.locator("#naming li")).to_be_visible()
    note.press("Enter")
    expect(note).to_have_value("Could you look, @Ben ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.note .bubble")).to_have_text("Could you look, @Ben")
    expect(bens.locator("#mentions")).to_contain_text("1 new")
    bens.get_by_role("link", name="Ana asks you").click()
    expect(bens.locator("#asked")).to_contain_text("Ana asks you something here.")
    expect(bens.locator("#mode-reply")).to_be_hidden()
    expect(bens.locator("#mentions")).not_to_contain_text("new")
    bens.get_by_label("Your note").fill("Twelve months are fine.")
    bens.keyboard.press("Control+Enter")
    expect(bens.get_by_text("Answered. Ana sees your note.")).to_be_visible()
    expect(bens.locator("#thread-open")).to_be_hidden()
    expect(bens.locator("#mentions")).to_be_hidden()
    expect(page.locator(".said.note").last).to_contain_text("Twelve months are fine.")
    context.close()


def test_a_file_is_looked_at_before_it_is_sent(live: Live, page: Page) -> None:
    conversation_id = mayas(live)
    opened(live, page, conversation_id)
    chosen = {"name": "terms.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 ...."}
    page.locator("#file-choose").set_input_files(chosen)  # type: ignore[arg-type]
    expect(page.locator("#file-name")).to_have_text("terms.pdf, 1 kB")
    page.get_by_role("button", name="Leave it").click()
    expect(page.locator("#file")).to_be_hidden()
    assert live.said_by_agents(conversation_id) == []
    page.locator("#file-choose").set_input_files({**chosen, "mimeType": "image/png"})  # type: ignore[arg-type]
    page.get_by_role("button", name="Send this file").click()
    expect(page.locator("#file-word")).to_contain_text("This file is something else.")
    page.get_by_role("button", name="Leave it").click()
    page.locator("#file-choose").set_input_files(chosen)  # type: ignore[arg-type]
    page.get_by_role("button", name="Send this file").click()
    expect(page.locator("#file")).to_be_hidden()
    expect(page.locator(".said.agent .card")).to_contain_text("terms.pdf")


def test_leaving_asks_what_came_of_it(live: Live, page: Page) -> None:
    conversation_id = mayas(live)
    opened(live, page, conversation_id)
    page.locator("#thread").focus()
    page.keyboard.press("x")
    close = page.locator("#leave-do")
    close.click()
    expect(page.locator("#leave")).to_be_visible()
    page.get_by_label("What came of it").select_option("Something else")
    expect(page.get_by_label("A word about it")).to_have_attribute("required", "")
    page.get_by_label("What came of it").select_option("Paid")
    close.click()
    expect(page.get_by_text("Closed. Well done.")).to_be_visible()
    with live.desk.db.reading() as session:
        assert session.scalars(sa.select(WrapUp.code)).all() == ["paid"]


def test_what_was_understood_and_said_elsewhere_is_a_key_away(live: Live, page: Page) -> None:
    conversation_id = mayas(live)
    with live.desk.db.transaction() as session:
        row = lock(session, Conversation, conversation_id)
        assert row is not None
        said = transcript.append(session, row, author=Author.CUSTOMER, text="Could I do it monthly?")
        session.flush()
        transcript.answered(session, said.id, "request_plan", 0.93)
        transcript.append(session, row, author=Author.BOT, text="Here are some ways.", card={"kind": "plan_options"})
        customer = session.scalars(sa.select(Customer)).one()
        phone = factories.conversation(
            session, channel=Channel.WHATSAPP, address="+12105550101", customer_id=customer.id
        )
        transcript.append(session, phone, author=Author.CUSTOMER, text="Hello from my phone")
    opened(live, page, conversation_id)
    understood = page.locator(".understood")
    expect(understood).to_be_hidden()
    page.locator("#thread").focus()
    page.keyboard.press("u")
    expect(understood).to_contain_text("93% sure. It answered with a message (plan options).")
    expect(understood.get_by_role("link", name="Wrong? Teach it")).to_have_attribute(
        "href", f"/desk/learning/sentences/{said.id}"
    )
    expect(page.get_by_role("button", name="Also on WhatsApp")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator("#earlier-log")).to_contain_text("Hello from my phone")


def test_whatsapps_template_is_looked_at_and_sent_once(live: Live, page: Page) -> None:
    with live.desk.db.transaction() as session:
        row = factories.conversation(session, channel=Channel.WHATSAPP, address="+12105550101")
        transcript.append(session, row, author=Author.CUSTOMER, text="Hello?")
        handoff.request(session, row.id, reason="request_human", skill="general", summary={})
        handoff.claim(session, row.id, live.desk.ana)
        row.wrote_at = bot_clock.now() - dt.timedelta(hours=25)
    opened(live, page, row.id)
    expect(page.locator("#template-text")).to_contain_text("Hello, this is Juniper & Finch Home.")
    page.get_by_role("button", name="Send this text").click()
    expect(page.locator("#template-word")).to_contain_text("On its way since")
    expect(page.get_by_role("button", name="Send this text")).to_be_hidden()
    expect(page.locator(".said.note")).to_contain_text("Sent by WhatsApp's template")


def test_each_side_sees_that_the_other_writes_and_the_agent_what_was_seen(
    live: Live, page: Page, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 780})
    chat = context.new_page()
    host = f'<!doctype html><html lang="en"><script src="{live.url}/widget.js" data-goodterms async></script></html>'
    chat.route("**/host", lambda route: route.fulfill(body=host, content_type="text/html"))
    chat.goto(f"{live.url}/host")
    chat.get_by_role("button", name="Open chat").click()
    expect(chat.get_by_role("log").get_by_text("Hello").first).to_be_visible()
    with live.desk.db.transaction() as session:
        row = session.scalars(sa.select(Conversation)).one()
        handoff.request(session, row.id, reason="request_human", skill="general", summary={})
        handoff.claim(session, row.id, live.desk.ana)
    opened(live, page, row.id)
    expect(chat.get_by_text("Ana is with you")).to_be_visible()
    page.get_by_label("Your reply").press_sequentially("Hello, I'm Ana.")
    expect(chat.get_by_text("Ana is writing")).to_be_attached()
    page.keyboard.press("Control+Enter")
    expect(chat.get_by_role("log")).to_contain_text("Hello, I'm Ana.")
    expect(chat.get_by_text("Ana is writing")).to_have_count(0)
    expect(page.locator(".said.agent .seen")).to_have_text("Seen")
    chat.get_by_role("textbox").press_sequentially("Hi Ana")
    expect(page.locator("#their-typing")).to_have_text("The customer is writing…")
    chat.keyboard.press("Enter")
    expect(page.locator(".said.customer .bubble").last).to_have_text("Hi Ana")
    expect(page.locator("#their-typing")).to_have_text("")
    context.close()


def test_supervisors_word_answers_on_their_page(live: Live, page: Page, context: BrowserContext) -> None:
    live.sign_in(page, "sol")
    page.goto(f"{live.url}/desk/answers")
    page.get_by_text("Add an answer").click()
    page.get_by_label("Name, the same in every language").fill("pay_day")
    page.get_by_label("Title").first.fill("Pay day")
    words = page.get_by_label("What it says").first
    words.fill("You must tell us your pay day.")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".problem").first).to_contain_text("ask what would work")
    words.fill("When is your pay day, {first_name}?")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("added here", exact=True)).to_be_visible()
    page.get_by_label("Look for").fill("pay day first_name")
    expect(page.locator(".answer:visible")).to_have_count(1)
    expect(page.locator(".answer:visible")).to_contain_text("added here")
    page.get_by_role("button", name="Retire: Pay day").click()
    expect(page.get_by_text("added here", exact=True)).to_have_count(0)
