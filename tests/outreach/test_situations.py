"""What the gate is told of a customer is what the database holds (C1 to C8)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from bot.conversations import consents, handoff, preferences, transcript
from bot.conversations.preferences import Wish
from bot.db import Database
from bot.models import (
    Author,
    Channel,
    ConsentSource,
    Customer,
    Hold,
    HoldKind,
    Medium,
    PreferenceKind,
    Purpose,
)
from bot.outreach.gate import Situation
from bot.outreach.situations import situation_of, zones_of
from tests import factories
from tests.conftest import SetClock

PHONE = "+12105550101"


@pytest.fixture
def maya(db: Database, clock: SetClock) -> Customer:
    """Maya Torres, whose number is Texan and who lives in Alaska."""
    with db.transaction() as session:
        return factories.customer(session, phone=PHONE, time_zone="America/Anchorage")


def told(db: Database, customer: Customer, medium: Medium = Medium.SMS) -> Situation:
    """What the gate is told."""
    with db.reading() as session:
        return situation_of(session, session.get_one(Customer, customer.id), medium)


def test_c1_the_zone_on_file_and_those_of_the_number_count(db: Database, maya: Customer) -> None:
    assert told(db, maya).zones == {"America/Anchorage", "America/Chicago"}
    assert zones_of(None) == zones_of("nonsense") == ()


def test_c4_a_refusal_and_a_yes_are_of_the_medium_and_the_number(db: Database, maya: Customer, clock: SetClock) -> None:
    def say(granted: bool, purpose: Purpose = Purpose.EVERYTHING) -> None:
        with db.transaction() as session:
            consents.record(
                session, channel=Channel.SMS, address=PHONE, granted=granted, source=ConsentSource.AGENT,
                purpose=purpose,
            )  # fmt: skip
        clock.advance(minutes=1)

    assert not told(db, maya).opted_in
    say(True)
    assert told(db, maya).opted_in
    assert not told(db, maya, Medium.WHATSAPP).opted_in
    say(False, Purpose.REMINDERS)
    assert told(db, maya).refused
    assert not told(db, maya, Medium.WHATSAPP).refused


def test_c8_p4_holds_on_the_person_and_on_the_number_stop_it(db: Database, maya: Customer) -> None:
    with db.transaction() as session:
        session.add(Hold(kind=HoldKind.WRONG_PERSON, address=PHONE, reason="said so"))
    assert told(db, maya).holds == {HoldKind.WRONG_PERSON}
    assert told(db, maya, Medium.EMAIL).holds == frozenset()
    with db.transaction() as session:
        session.add(Hold(kind=HoldKind.ATTORNEY, customer_id=maya.id, reason="named one"))
    assert told(db, maya, Medium.EMAIL).holds == {HoldKind.ATTORNEY}


def test_c2_what_we_began_on_any_medium_counts_once_and_answers_do_not(
    db: Database, maya: Customer, clock: SetClock
) -> None:
    def write(session: Session, channel: Channel, *, unasked: bool) -> None:
        talk = factories.conversation(session, channel=channel, address=PHONE, customer_id=maya.id)
        transcript.append(session, talk, author=Author.SYSTEM, text="Thank you. " * 90, unasked=unasked)

    with db.transaction() as session:
        write(session, Channel.SMS, unasked=True)
        write(session, Channel.WHATSAPP, unasked=False)
    assert told(db, maya, Medium.EMAIL).begun == (clock.now(),)


def test_a_talk_under_way_on_another_medium_counts(db: Database, maya: Customer, clock: SetClock) -> None:
    with db.transaction() as session:
        talk = factories.conversation(session, channel=Channel.WEB, customer_id=maya.id)
        transcript.append(session, talk, author=Author.CUSTOMER, text="hello")
        talk_id = talk.id
    assert told(db, maya).live_until == clock.now() + dt.timedelta(hours=1)
    assert not told(db, maya).with_person
    with db.transaction() as session:
        handoff.request(session, talk_id, reason="request_human", skill="general", summary={})
    assert told(db, maya).with_person


def test_c7_wishes_and_the_window_are_known(db: Database, maya: Customer, clock: SetClock) -> None:
    with db.transaction() as session:
        talk = factories.conversation(
            session, channel=Channel.WHATSAPP, address=PHONE, customer_id=maya.id, wrote_at=clock.now()
        )
        preferences.record(session, talk, maya.id, [Wish(PreferenceKind.REFUSED, Medium.SMS, {})])
    assert told(db, maya).wishes.refused == {Medium.SMS}
    assert told(db, maya, Medium.WHATSAPP).window_until == clock.now() + dt.timedelta(hours=24)
    assert told(db, maya).window_until is None


def test_without_an_address_there_is_none(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        lena = factories.customer(session, phone=None, email=None)
    assert not told(db, lena).has_address
    assert not told(db, lena, Medium.EMAIL).has_address
