"""What an agent sees of a phone before they write: the refusal, WhatsApp's window, how far each message got."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa

from bot import clock as bot_clock
from bot.conversations import consents, handoff, transcript
from bot.db import lock
from bot.models import Author, Channel, ConsentSource, Conversation, Delivery, DeliveryStatus
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit

NUMBER = "+12105550101"


def texting(desk: Desk, channel: Channel = Channel.SMS) -> uuid.UUID:
    """Somebody who texted us, and whom Ana has."""
    with desk.db.transaction() as session:
        row = factories.conversation(session, channel=channel, address=NUMBER)
        transcript.append(session, row, author=Author.CUSTOMER, text="Can I talk to somebody?")
        handoff.request(session, row.id, reason="request_human", skill="general", summary={})
        handoff.claim(session, row.id, desk.ana)
        return row.id


def refuse(desk: Desk) -> None:
    with desk.db.transaction() as session:
        consents.record(
            session, channel=Channel.SMS, address=NUMBER, granted=False, source=ConsentSource.KEYWORD, detail="stop"
        )


def customer_says(desk: Desk, conversation_id: uuid.UUID, text: str) -> None:
    with desk.db.transaction() as session:
        row = lock(session, Conversation, conversation_id)
        assert row is not None
        transcript.append(session, row, author=Author.CUSTOMER, text=text)


def test_the_website_has_no_phone(desk: Desk, ana: Visit) -> None:
    whole = ana.get(f"conversations/{desk.waiting()}").json()
    assert (whole["phone"], whole["consents"]) == (None, [])
    assert all(message["delivery"] is None for message in whole["messages"])


def test_a_refusal_shows_before_anything_is_written_and_in_the_ledger_of_consents_c5(desk: Desk, ana: Visit) -> None:
    conversation_id = texting(desk)
    before = ana.get(f"conversations/{conversation_id}").json()
    assert before["phone"] == {
        "refused": False, "barrier": None, "window_until": None, "parts": True, "begins": None,
    }  # fmt: skip
    refuse(desk)
    after = ana.get(f"conversations/{conversation_id}").json()
    assert (after["phone"]["refused"], after["phone"]["barrier"]) == (True, "opted_out")
    (said,) = after["consents"]
    assert (said["granted"], said["source"], said["detail"]) == (False, "keyword", "stop")


def test_after_a_refusal_one_answer_to_what_they_write_goes_out_c5(desk: Desk, ana: Visit) -> None:
    conversation_id = texting(desk)
    refuse(desk)
    customer_says(desk, conversation_id, "how much was it again?")
    assert ana.get(f"conversations/{conversation_id}").json()["phone"]["barrier"] is None
    now = ana.say(conversation_id, "It's in your receipt.").json()
    assert now["conversation"]["phone"]["barrier"] == "answered"


def test_the_window_of_whatsapp_shows_until_it_closes_t4(desk: Desk, ana_at: Visit, clock: SetClock) -> None:
    conversation_id = texting(desk, Channel.WHATSAPP)
    wrote = bot_clock.now()
    clock.advance(minutes=5)
    phone = ana_at.get(f"conversations/{conversation_id}").json()["phone"]
    assert dt.datetime.fromisoformat(phone["window_until"]) == wrote + dt.timedelta(hours=24)
    assert phone["barrier"] is None


def test_a_closed_window_says_so_t4(desk: Desk, sol: Visit) -> None:
    conversation_id = texting(desk, Channel.WHATSAPP)
    with desk.db.transaction() as session:
        session.get_one(Conversation, conversation_id).wrote_at = bot_clock.now() - dt.timedelta(hours=24, seconds=1)
    phone = sol.get(f"conversations/{conversation_id}").json()["phone"]
    assert (phone["barrier"], phone["window_until"]) == ("window_closed", None)


def test_each_of_our_messages_says_how_far_it_got_t1(desk: Desk, ana: Visit, ben: Visit) -> None:
    conversation_id = texting(desk)
    ours = ana.say(conversation_id, "Hello, this is Ana.").json()["message"]["id"]
    path = f"conversations/{conversation_id}/deliveries"
    assert ana.get(path).json()["deliveries"][ours] == "queued"
    with desk.db.transaction() as session:
        row = session.scalars(sa.select(Delivery).where(Delivery.message_id == uuid.UUID(ours))).one()
        row.status = DeliveryStatus.DELIVERED
    assert ana.get(path).json()["deliveries"][ours] == "delivered"
    shown = {line["id"]: line["delivery"] for line in ana.get(f"conversations/{conversation_id}").json()["messages"]}
    assert shown[ours] == "delivered"
    assert ben.get(path).status_code == 403


def test_two_phones_that_have_not_said_who_they_are_are_told_apart_by_the_end_of_their_numbers(
    desk: Desk, ana: Visit
) -> None:
    with desk.db.transaction() as session:
        for number in ("+13125550123", "+13125550177"):
            row = factories.conversation(session, channel=Channel.SMS, address=number)
            handoff.request(session, row.id, reason="request_human", skill="general", summary={})
    desk.waiting(verified=False)
    shown = [(item["name"], item["number_end"]) for item in ana.get("queue").json()["waiting"]]
    assert shown == [(None, "0123"), (None, "0177"), (None, None)]
