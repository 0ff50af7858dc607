"""Agents are told what the gate says of what they begin; of an answer it says nothing (C1 to C8)."""

from __future__ import annotations

import datetime as dt

from bot.db import Database
from bot.models import Channel, Conversation, Hold, HoldKind
from bot.outreach.beginnings import explain_for_agent
from bot.outreach.gate import Rule
from tests import factories
from tests.conftest import SetClock
from tests.outreach.reminded import reminded


def rule(db: Database, conversation: Conversation) -> Rule:
    """What stands between an agent and this customer."""
    with db.reading() as session:
        return explain_for_agent(session, session.get_one(Conversation, conversation.id)).rule


def talk(db: Database, clock: SetClock, *, days: int, channel: Channel = Channel.SMS) -> Conversation:
    """One that an agent has, with a customer who wrote so many days ago."""
    with db.transaction() as session:
        customer = reminded(session)
        return factories.conversation(
            session, channel=channel, address=customer.phone, customer_id=customer.id, holder="agent",
            wrote_at=clock.now() - dt.timedelta(days=days),
        )  # fmt: skip


def test_an_answer_goes_at_any_hour_and_a_beginning_keeps_to_the_hours(db: Database, clock: SetClock) -> None:
    asked, silent = talk(db, clock, days=1), talk(db, clock, days=9)
    assert [rule(db, each) for each in (asked, silent)] == [Rule.MAY_GO, Rule.MAY_GO]
    clock.set(dt.datetime(2026, 3, 3, 5, tzinfo=dt.UTC))
    assert [rule(db, each) for each in (asked, silent)] == [Rule.MAY_GO, Rule.HOURS]


def test_c8_a_hold_and_c14_a_missing_yes_are_named(db: Database, clock: SetClock) -> None:
    held, unasked = talk(db, clock, days=9), talk(db, clock, days=9, channel=Channel.WHATSAPP)
    with db.transaction() as session:
        session.add(Hold(kind=HoldKind.ATTORNEY, customer_id=held.customer_id))
    assert [rule(db, each) for each in (held, unasked)] == [Rule.HELD, Rule.NO_OPT_IN]


def test_on_the_web_nothing_knocks(db: Database, clock: SetClock) -> None:
    clock.set(dt.datetime(2026, 3, 3, 5, tzinfo=dt.UTC))
    assert rule(db, talk(db, clock, days=9, channel=Channel.WEB)) is Rule.MAY_GO


def test_an_address_of_nobody_has_the_hours_of_where_it_rings(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        stranger = factories.conversation(session, channel=Channel.SMS, address="+13125550999")
    assert rule(db, stranger) is Rule.MAY_GO
    clock.set(dt.datetime(2026, 3, 3, 5, tzinfo=dt.UTC))
    assert rule(db, stranger) is Rule.HOURS
