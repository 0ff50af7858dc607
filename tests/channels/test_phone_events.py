"""Stored messages are carried into their conversations once and in order, whoever carries them and whatever fails."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.channels import meta_webhook, phone_events, twilio_webhook, window
from bot.channels.outbox import outcomes, queue
from bot.channels.phone_events import ATTEMPTS, HOLDS
from bot.conversations import consents, transcript, turns
from bot.conversations.router import UNANSWERED_LIMIT
from bot.db import Database
from bot.models import Author, Channel, Conversation, Delivery, DeliveryStatus, ExternalEvent, Message, Provider
from bot.settings import settings
from tests.channels.phone_line import MAYA, NUMBER_ID, payload, set_up
from tests.conftest import SetClock


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    set_up(monkeypatch)
    yield
    settings.cache_clear()


def store(db: Database, *texts: str, first: int = 0, phone: str = MAYA) -> list[ExternalEvent]:
    """Text messages by Twilio as the webhook keeps them."""
    events = []
    for number, words in enumerate(texts, start=first):
        fields = [("MessageSid", f"SM{number:032x}"), ("From", phone), ("To", "+15005550006"), ("Body", words)]
        events += twilio_webhook.message_events(fields)
    keep(db, events)
    return events


def keep(db: Database, events: list[ExternalEvent]) -> None:
    assert db.in_transaction(lambda session: phone_events.take_in(session, events)) == len(events)


def break_(db: Database, event: ExternalEvent) -> None:
    """The stored form cannot be read any more."""
    with db.transaction() as session:
        session.get_one(ExternalEvent, event.id).body = b"\xff"


def heard(db: Database) -> list[str]:
    with db.reading() as session:
        rows = sa.select(Message.text).where(Message.author == Author.CUSTOMER).order_by(Message.seq)
        return list(session.scalars(rows))


def left(db: Database) -> list[ExternalEvent]:
    with db.reading() as session:
        return list(session.scalars(sa.select(ExternalEvent).where(ExternalEvent.processed_at.is_(None))))


def carry_all(db: Database, phone: str = MAYA) -> dt.timedelta | None:
    """Carry until there is nothing left, or what is next rests: for how long."""
    while (carried := phone_events.carry(db, phone)) is not None:
        if carried.rest is not None:
            return carried.rest
    return None


def test_any_number_of_processes_carry_each_message_once_and_in_order(db: Database) -> None:
    texts = [f"number {number}" for number in range(10)]
    store(db, *texts)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: carry_all(db), range(4)))
    assert heard(db) == texts
    assert left(db) == []
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Conversation)) == 1


def test_the_same_event_twice_is_one_row_even_within_a_batch(db: Database) -> None:
    (event,) = store(db, "Hello")
    again = twilio_webhook.message_events([("MessageSid", event.external_id), ("From", MAYA), ("Body", "Hello")])
    assert db.in_transaction(lambda session: phone_events.take_in(session, [*again, *again])) == 0
    carry_all(db)
    assert heard(db) == ["Hello"]


def test_a_message_that_fails_rests_longer_each_time_and_holds_up_the_others_for_three_tries_only(
    db: Database, clock: SetClock
) -> None:
    poison, *_ = store(db, "unreadable", "one", "two")
    break_(db, poison)
    rests = []
    while (rest := carry_all(db)) is not None:
        rests.append(rest.total_seconds())
        assert heard(db) == []
        assert carry_all(db) == rest, "before its time it is not tried"
        clock.advance(seconds=rest.total_seconds())
    assert rests == [1, 2]
    assert heard(db) == ["one", "two"]
    (event,) = left(db)
    assert (event.attempts, event.error) == (HOLDS, "UnicodeDecodeError")
    store(db, "three", first=3)
    carry_all(db)
    assert heard(db) == ["one", "two", "three"]


def test_a_message_that_always_fails_is_given_up_in_the_end(sqlite_db: Database, clock: SetClock) -> None:
    break_(sqlite_db, store(sqlite_db, "unreadable")[0])
    for _ in range(3 * ATTEMPTS):
        carry_all(sqlite_db)
        clock.advance(hours=1)
    (event,) = left(sqlite_db)
    assert event.attempts == ATTEMPTS


def test_a_message_that_fails_once_is_carried_before_what_came_later(db: Database, clock: SetClock) -> None:
    poison, *_ = store(db, "first", "second")
    body = poison.body
    break_(db, poison)
    assert carry_all(db) is not None
    with db.transaction() as session:
        session.get_one(ExternalEvent, poison.id).body = body
    clock.advance(seconds=1)
    assert carry_all(db) is None
    assert heard(db) == ["first", "second"]


def test_what_is_too_much_at_once_waits_its_turn_and_counts_as_no_try(db: Database, clock: SetClock) -> None:
    texts = [f"number {number}" for number in range(UNANSWERED_LIMIT + 2)]
    store(db, *texts)
    rest = carry_all(db)
    assert rest is not None
    assert heard(db) == texts[:UNANSWERED_LIMIT]
    assert {event.attempts for event in left(db)} == {0}
    with db.transaction() as session:  # the assistant has read them
        session.execute(sa.update(Message).values(pending=False))
    clock.advance(seconds=rest.total_seconds())
    assert carry_all(db) is None
    assert heard(db) == texts


def test_the_sweep_finishes_what_a_crash_left_and_leaves_the_answer_to_whoever_looks(
    db: Database, clock: SetClock
) -> None:
    store(db, "Hello", "Is anybody there?")
    store(db, "Me too", first=10, phone="+13125550102")
    assert phone_events.sweep(db) == 0, "who took it in comes first"
    clock.advance(seconds=21)
    assert phone_events.sweep(db) == 3
    assert phone_events.sweep(db) == 0
    assert left(db) == []
    assert sorted(heard(db)) == ["Hello", "Is anybody there?", "Me too"]
    assert len(turns._left_behind(db)) == 2


def test_a_poisoned_phone_stops_nobody_else(db: Database, clock: SetClock) -> None:
    break_(db, store(db, "unreadable")[0])
    store(db, "Me too", first=10, phone="+13125550102")
    clock.advance(seconds=21)
    phone_events.sweep(db)
    assert heard(db) == ["Me too"]


@pytest.mark.parametrize("order", [("sent", "delivered", "read"), ("read", "delivered", "sent"), ("read",) * 3])
def test_t1_statuses_in_any_order_end_at_the_furthest(db: Database, order: tuple[str, ...]) -> None:
    with db.transaction() as session:
        conversation = Conversation(channel=Channel.WHATSAPP, address=MAYA, provider=Provider.META)
        session.add(conversation)
        session.flush()
        delivery = Delivery(
            conversation_id=conversation.id,
            channel=Channel.WHATSAPP,
            provider=Provider.META,
            address=MAYA,
            status=DeliveryStatus.SENT,
            attempts=1,
        )
        session.add(delivery)
        recorded = json.loads(payload("meta", "status_sent"))
        item = recorded["entry"][0]["changes"][0]["value"]["statuses"][0]
        delivery.provider_id = item["id"]
    for word in order:
        item["status"] = word
        events = meta_webhook.events(recorded)
        db.in_transaction(lambda session, events=events: phone_events.take_in(session, events))  # type: ignore[misc]
        carry_all(db, item["id"])
    with db.reading() as session:
        assert session.get_one(Delivery, delivery.id).status == DeliveryStatus.READ
    assert left(db) == []


def test_a_status_of_a_message_that_is_not_ours_is_done_with(db: Database) -> None:
    keep(db, meta_webhook.events(json.loads(payload("meta", "status_failed"))))
    with db.reading() as session:
        (object_id,) = session.scalars(sa.select(ExternalEvent.object_id))
    carry_all(db, str(object_id))
    assert left(db) == []


def test_c4_a_stop_is_heard_before_what_waits_and_what_it_passed_keeps_its_place_unanswered(
    db: Database, clock: SetClock
) -> None:
    texts = [f"number {number}" for number in range(UNANSWERED_LIMIT + 3)]
    store(db, *texts)
    assert carry_all(db) is not None
    clock.advance(seconds=1)
    store(db, "Stop. Thank you", first=100)
    store(db, "What do you want?", first=101)
    carried = phone_events.carry(db, MAYA)
    assert carried is not None
    assert heard(db) == [*texts[:UNANSWERED_LIMIT], "Stop. Thank you"], "at once, though the others rest"
    clock.advance(seconds=5)
    begun = []
    while (carried := phone_events.carry(db, MAYA)) is not None:
        begun.append(carried.begun is not None)
    assert heard(db)[UNANSWERED_LIMIT:] == ["Stop. Thank you", *texts[UNANSWERED_LIMIT:], "What do you want?"]
    assert begun == [False, False, False, True], "what they ask after the stop is answered"


def test_a_stop_by_sms_passes_no_message_by_whatsapp(db: Database, clock: SetClock) -> None:
    fields = [("MessageSid", "SM" + "9" * 32), ("From", f"whatsapp:{MAYA}"), ("To", "whatsapp:+15005550007")]
    keep(db, twilio_webhook.message_events([*fields, ("Body", "Hello")]))
    store(db, "STOP")
    assert carry_all(db) is None
    with db.reading() as session:
        assert session.scalars(sa.select(Message.text).where(Message.pending.is_(True))).all() == ["Hello"]


def meta(db: Database, clock: SetClock, *said: tuple[str, int], name: str = "a") -> None:
    """A batch of texts by Meta, each with how many seconds ago it was written."""
    messages = [
        {"from": MAYA[1:], "id": f"wamid.{name}{number}", "type": "text", "text": {"body": words}}
        | {"timestamp": str(int(clock.now().timestamp()) - ago)}
        for number, (words, ago) in enumerate(said)
    ]
    value = {"metadata": {"phone_number_id": NUMBER_ID}, "messages": messages}
    changes = [{"field": "messages", "value": value}]
    keep(db, meta_webhook.events({"object": "whatsapp_business_account", "entry": [{"changes": changes}]}))


def refused(db: Database) -> bool:
    with db.reading() as session:
        return consents.is_refused(session, Channel.WHATSAPP, MAYA)


@pytest.mark.parametrize("one_batch", [True, False])
@pytest.mark.parametrize(("first", "second", "stays"), [("STOP", "START", True), ("START", "STOP", False)])
def test_t3_c4_of_stop_and_start_the_one_said_later_holds_whichever_came_first(
    db: Database, clock: SetClock, one_batch: bool, first: str, second: str, stays: bool
) -> None:
    meta(db, clock, ("STOP", 60), name="before")
    assert carry_all(db) is None
    if one_batch:
        meta(db, clock, (first, 5), (second, 20))
    else:
        meta(db, clock, (first, 5))
        assert carry_all(db) is None
        meta(db, clock, (second, 20), name="late")
    assert carry_all(db) is None
    assert refused(db) is stays
    assert heard(db) == ["STOP", first, second]
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == (1 if stays else 2)


def test_t4_an_old_message_opens_no_window_that_has_closed(db: Database, clock: SetClock) -> None:
    hours = 3600
    meta(db, clock, ("one", 30 * hours), ("two", 29 * hours), ("three", 31 * hours))
    assert carry_all(db) is None
    with db.reading() as session:
        (conversation,) = session.scalars(sa.select(Conversation))
        assert conversation.wrote_at is not None
        assert clock.now() - conversation.wrote_at == dt.timedelta(hours=29) - dt.timedelta(microseconds=999_999)
        assert window.is_closed(conversation)
    meta(db, clock, ("four", -500), name="ahead")
    assert carry_all(db) is None
    with db.reading() as session:
        assert session.scalars(sa.select(Conversation.wrote_at)).all() == [clock.now()]


def test_t4_a_message_that_is_told_late_still_frees_what_was_held_since_it_was_written(
    db: Database, clock: SetClock
) -> None:
    meta(db, clock, ("Hello", 0))
    assert carry_all(db) is None
    clock.advance(hours=25)
    with db.transaction() as session:
        (conversation,) = session.scalars(sa.select(Conversation))
        transcript.append(session, conversation, author=Author.SYSTEM, text="Something is new.")
        session.flush()
        (held,) = session.scalars(sa.select(Delivery))
        outcomes.hold(session, held, at=clock.now())
        template = session.scalars(sa.select(Delivery).where(Delivery.message_id.is_(None))).one()
        template.status = DeliveryStatus.SENT
    clock.advance(minutes=30)
    assert due(db) == []
    meta(db, clock, ("Here I am", 3600), name="late")
    assert carry_all(db) is None
    assert due(db) == [held.id]


def due(db: Database) -> list[object]:
    with db.reading() as session:
        lines = queue.due(session)
        held = set(session.scalars(sa.select(Delivery.id).where(Delivery.status == DeliveryStatus.HELD)))
        return [line.delivery_id for line in lines if line.delivery_id in held]
