"""A customer's phone, as an agent sees it beside the thread: parts of a text, a refusal, how far each message got."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from bot import clock
from bot.conversations import consents, handoff, transcript
from bot.db import Database
from bot.models import (
    Attachment,
    AttachmentStatus,
    Author,
    Channel,
    ConsentSource,
    Conversation,
    Delivery,
    DeliveryStatus,
    Message,
    Provider,
)
from tests import factories
from tests.browser.live_desk import Live

pytestmark = pytest.mark.slow

NUMBER = "+12105550101"


def texting(live: Live, channel: Channel = Channel.SMS) -> uuid.UUID:
    """Somebody on a phone, whom Ana has."""
    with live.desk.db.transaction() as session:
        row = factories.conversation(session, channel=channel, address=NUMBER)
        transcript.append(session, row, author=Author.CUSTOMER, text="Can I talk to somebody?")
        handoff.request(session, row.id, reason="request_human", skill="general", summary={})
        handoff.claim(session, row.id, live.desk.ana)
        return row.id


def change(db: Database, conversation_id: uuid.UUID, how: Callable[[Conversation], None]) -> None:
    with db.transaction() as session:
        how(session.get_one(Conversation, conversation_id))


def test_the_parts_of_a_text_are_counted_as_it_is_written_t2(live: Live, page: Page) -> None:
    texting(live)
    live.sign_in(page)
    page.locator(".item").click()
    reach = page.locator("#reach")
    expect(reach).to_have_text("A text message holds 160 characters.")
    page.get_by_label("Your reply").fill("Hello")
    expect(reach).to_have_text("1 text message, 155 characters left in the last")
    page.get_by_label("Your reply").fill("x" * 161)
    expect(reach).to_have_text("2 text messages, 145 characters left in the last")
    page.get_by_label("Your reply").fill("Hola Carlos, soy Ana. Mañana le llamaré para decirle cómo; así de fácil.")
    expect(reach).to_contain_text("1 text message")
    page.get_by_label("Your reply").fill("Привет")
    expect(reach).to_have_text("1 text message, 64 characters left in the last")
    page.get_by_label("Note").check()
    expect(reach).to_be_hidden()


def test_a_message_says_how_far_it_got_without_being_asked_t1(live: Live, page: Page) -> None:
    conversation_id = texting(live)
    live.sign_in(page)
    page.locator(".item").click()
    page.get_by_label("Your reply").fill("Hello, I'm Ana.")
    page.keyboard.press("Control+Enter")
    said = page.locator(".said.agent", has_text="Hello, I'm Ana.")
    expect(said).to_be_visible()
    with live.desk.db.transaction() as session:
        newest = sa.select(Delivery).where(Delivery.conversation_id == conversation_id).order_by(Delivery.seq.desc())
        session.scalars(newest.limit(1)).one().status = DeliveryStatus.DELIVERED
    expect(said.locator(".delivery")).to_have_text("Delivered", timeout=15_000)


def test_who_asked_for_silence_is_marked_before_a_word_is_written_c5(live: Live, page: Page) -> None:
    texting(live)
    with live.desk.db.transaction() as session:
        consents.record(
            session, channel=Channel.SMS, address=NUMBER, granted=False, source=ConsentSource.KEYWORD, detail="stop"
        )
    live.sign_in(page)
    page.locator(".item").click()
    expect(page.locator("#reach")).to_contain_text("asked for silence here")
    expect(page.get_by_role("heading", name="Asked for silence here")).to_be_visible()
    expect(page.locator("#about")).to_contain_text("Refused · SMS")


def test_after_a_refusal_the_one_answer_is_announced_c5(live: Live, page: Page) -> None:
    conversation_id = texting(live)
    with live.desk.db.transaction() as session:
        consents.record(
            session, channel=Channel.SMS, address=NUMBER, granted=False, source=ConsentSource.KEYWORD, detail="stop"
        )
    live.customer_says(conversation_id, "one question though")
    live.sign_in(page)
    page.locator(".item").click()
    expect(page.locator("#reach")).to_contain_text("one message goes out as the answer")
    page.get_by_label("Your reply").fill("Here it is.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reach")).to_contain_text("have had their one answer")


def test_a_file_appears_once_it_has_come_t5(live: Live, page: Page) -> None:
    conversation_id = texting(live, Channel.WHATSAPP)
    with live.desk.db.transaction() as session:
        said = session.scalars(sa.select(Message).where(Message.conversation_id == conversation_id)).first()
        assert said is not None
        file = Attachment(
            message_id=said.id, provider=Provider.META, reference="1", content_type="application/pdf",
            status=AttachmentStatus.WAITING,
        )  # fmt: skip
        session.add(file)
        session.flush()
        file_id = file.id
    live.sign_in(page)
    page.locator(".item").click()
    expect(page.locator(".attachment")).to_have_text("PDF is being fetched")
    with live.desk.db.transaction() as session:
        kept = session.get_one(Attachment, file_id)
        kept.status, kept.size, kept.body = AttachmentStatus.KEPT, 2_000, b"%PDF-1.4"
    expect(page.locator("a.attachment")).to_have_text("PDF, 2 kB", timeout=15_000)


def test_a_closed_window_is_marked_t4(live: Live, page: Page) -> None:
    conversation_id = texting(live, Channel.WHATSAPP)
    live.sign_in(page)
    page.locator(".item").click()
    expect(page.locator("#reach")).to_contain_text("WhatsApp takes free text until")

    def close(row: Conversation) -> None:
        row.wrote_at = clock.now().replace(year=2020)

    change(live.desk.db, conversation_id, close)
    expect(page.locator("#reach")).to_contain_text("More than 24 hours have passed", timeout=15_000)
