"""The ledger of consents says what holds for an address, and forgets nothing (C4, C5)."""

from __future__ import annotations

import pytest

from bot.conversations import consents
from bot.db import Database
from bot.models import Channel, ConsentSource, Purpose
from tests import factories
from tests.conftest import SetClock

PHONE = "+12105550101"


def say(db: Database, granted: bool, **given: object) -> bool:
    """Record it; whether a row was added."""
    values = {"channel": Channel.SMS, "address": PHONE, "source": ConsentSource.KEYWORD} | given
    return db.in_transaction(lambda session: consents.record(session, granted=granted, **values)) is not None  # type: ignore[arg-type]


def refused(db: Database, channel: Channel = Channel.SMS, address: str = PHONE, **given: Purpose) -> bool:
    with db.reading() as session:
        return consents.is_refused(session, channel, address, **given)


def test_nothing_said_is_no_refusal(db: Database) -> None:
    assert not refused(db)


def test_c5_the_newest_word_holds_even_at_the_same_instant(db: Database, clock: SetClock) -> None:
    for granted in (False, True, False, True, False):
        assert say(db, granted)
        assert refused(db) is not granted


def test_design_10_10_a_refusal_binds_one_medium_and_one_address(db: Database) -> None:
    say(db, False)
    assert refused(db)
    assert not refused(db, Channel.WHATSAPP)
    assert not refused(db, address="+12105550199")


def test_the_same_word_again_adds_nothing(db: Database) -> None:
    assert [say(db, False), say(db, False, source=ConsentSource.PROVIDER), say(db, True), say(db, True)] == [
        True, False, True, False,
    ]  # fmt: skip


def test_a_refusal_of_reminders_leaves_the_rest(db: Database) -> None:
    say(db, False, purpose=Purpose.REMINDERS)
    assert refused(db, purpose=Purpose.REMINDERS)
    assert not refused(db)


def test_a_refusal_of_everything_is_one_of_reminders_too(db: Database) -> None:
    say(db, False)
    say(db, True, purpose=Purpose.REMINDERS)
    assert refused(db, purpose=Purpose.REMINDERS)


def test_start_takes_back_an_earlier_refusal_of_reminders(db: Database) -> None:
    say(db, False, purpose=Purpose.REMINDERS)
    say(db, True)
    assert not refused(db, purpose=Purpose.REMINDERS)


def test_the_desk_sees_all_that_was_said_the_newest_first(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        here = factories.conversation(session, channel=Channel.SMS, address=PHONE)
        anna = factories.agent(session)
    say(db, False, conversation=here, detail="STOP")
    clock.advance(minutes=1)
    say(db, True, source=ConsentSource.AGENT, agent_id=anna.id)
    say(db, False, channel=Channel.WHATSAPP, address="+12105550199")
    with db.reading() as session:
        found = consents.history(session, [PHONE])
        assert [(one.granted, one.source, one.detail) for one in found] == [
            (True, "agent", None),
            (False, "keyword", "STOP"),
        ]
        assert found[1].conversation_id == here.id
        assert len(consents.history(session, [PHONE, "+12105550199"])) == 3
        assert consents.history(session, []) == []


@pytest.mark.parametrize("known", [True, False])
def test_it_is_the_customers_where_the_conversation_is(db: Database, known: bool) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        here = factories.conversation(session, customer_id=customer.id if known else None)
        made = consents.record(
            session, channel=Channel.SMS, address=PHONE, granted=False, source=ConsentSource.WORDS, conversation=here
        )
        assert made is not None
        assert made.customer_id == (customer.id if known else None)


def test_a_number_that_is_written_in_two_ways_is_one(db: Database) -> None:
    say(db, False, channel=Channel.WHATSAPP, address="+553199990007")
    assert refused(db, Channel.WHATSAPP, "+5531999990007")
    with db.reading() as session:
        assert len(consents.history(session, ["+5531999990007"])) == 1
