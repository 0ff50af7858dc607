"""Proof on a phone: a number on file and something known, and nothing shows to a stranger (P1, P2, P4; design 6)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.billing import identity
from bot.billing.identity import Outcome, factors
from bot.billing.identity import verification_locks as locks
from bot.billing.identity.knowledge import Said
from bot.db import Database
from bot.errors import NotVerified
from bot.models import (
    Channel,
    Consent,
    ConsentSource,
    Conversation,
    Customer,
    CustomerFactor,
    Delivery,
    FactorKind,
    Hold,
    HoldKind,
    HoldStatus,
    VerificationLock,
)
from tests import factories
from tests.conftest import SetClock

PHONE, OTHER_PHONE = "+12105550101", "+12125559999"


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Locks are counted from a known instant."""


def postcode(value: str = "78006") -> Said:
    return frozenset({(FactorKind.POSTCODE, value)})


def born(*days: str) -> Said:
    return frozenset((FactorKind.BIRTH_DATE, day) for day in days or ("1988-04-12",))


RIGHT, WRONG = postcode(), postcode("10001")


def knows(session: Session, customer: Customer, code: str | None = "78006", day: str | None = "1988-04-12") -> Customer:
    """What is on file of what `customer` knows."""
    for kind, value in ((FactorKind.POSTCODE, code), (FactorKind.BIRTH_DATE, day)):
        if value:
            digest = factors.digest(customer.id, kind, value)
            session.add(CustomerFactor(customer_id=customer.id, kind=kind, digest=digest))
    session.flush()
    return customer


def texting(session: Session, phone: str = PHONE, channel: Channel = Channel.SMS) -> Conversation:
    return factories.conversation(session, channel=channel, address=phone)


def mark(session: Session, phone: str = PHONE, **given: Any) -> None:
    session.add(Hold(kind=HoldKind.WRONG_PERSON, address=phone, **given))
    session.flush()


@pytest.mark.parametrize(
    "said",
    [
        [RIGHT],
        [born()],
        [born("1988-12-04", "1988-04-12")],
        [RIGHT, born()],
        [frozenset({*born("1988-04-12"), *postcode("19880412")})],
    ],
)
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_one_thing_that_is_known_and_nothing_wrong_proves_it(db: Database, channel: Channel, said: list[Said]) -> None:
    with db.transaction() as session:
        maya, here = knows(session, factories.maya(session)), texting(session, channel=channel)
        with pytest.raises(NotVerified):
            identity.customer_of(session, here)
        assert identity.prove(session, here, *said) is Outcome.VERIFIED
        assert identity.customer_of(session, here) is maya


@pytest.mark.parametrize(
    "said",
    [
        [WRONG],
        [born("1988-12-04")],
        [RIGHT, born("1990-01-01")],
        [WRONG, born()],
        [postcode("")],
        [postcode("1988-04-12")],
    ],
)
def test_a_wrong_thing_proves_nothing_even_beside_a_right_one(sqlite_db: Database, said: list[Said]) -> None:
    with sqlite_db.transaction() as session:
        knows(session, factories.maya(session))
        here = texting(session)
        assert identity.prove(session, here, *said) is Outcome.WRONG
        assert here.customer_id is None


def test_what_is_not_on_file_is_neither_right_nor_wrong(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        knows(session, factories.maya(session), day=None)
        here = texting(session)
        assert identity.prove(session, here, born()) is Outcome.WRONG
        assert identity.prove(session, here, RIGHT, born("1990-01-01")) is Outcome.VERIFIED


def test_nothing_said_is_a_mistake_of_ours(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session, pytest.raises(ValueError, match="nothing was said"):
        identity.prove(session, texting(session))


def test_the_number_has_to_be_on_file_too(db: Database) -> None:
    with db.transaction() as session:
        knows(session, factories.maya(session))
        assert identity.prove(session, texting(session, OTHER_PHONE), RIGHT, born()) is Outcome.WRONG


def test_a_proof_holds_for_24_hours_from_the_proof_and_is_made_anew_on_each_medium(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        maya = knows(session, factories.maya(session))
        sms, whatsapp = texting(session), texting(session, channel=Channel.WHATSAPP)
        identity.prove(session, sms, RIGHT)
        with pytest.raises(NotVerified):
            identity.customer_of(session, whatsapp)
        clock.advance(hours=23, minutes=59)
        assert identity.customer_of(session, sms) is maya
        clock.advance(minutes=1)
        with pytest.raises(NotVerified):
            identity.customer_of(session, sms)
        assert identity.prove(session, whatsapp, born()) is Outcome.VERIFIED
        # One person with one history, whichever way they write.
        assert {sms.customer_id, whatsapp.customer_id} == {maya.id}


def test_p2_a_number_that_nobody_knows_gets_the_same_outcomes_by_the_same_steps(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        knows(session, factories.maya(session))
        known, unknown = texting(session), texting(session, OTHER_PHONE)
    taken: list[list[tuple[Outcome, list[str]]]] = []
    for conversation in (known, unknown):
        steps = []
        for _ in range(7):
            asked: list[str] = []

            def note(*args: Any, asked: list[str] = asked) -> None:
                asked.append(" ".join(args[2].split()))

            with db.transaction() as session:
                here = session.get_one(Conversation, conversation.id)
                event.listen(db.engine, "before_cursor_execute", note)
                outcome = identity.prove(session, here, WRONG)
                event.remove(db.engine, "before_cursor_execute", note)
            steps.append((outcome, asked))
        taken.append(steps)
    assert taken[0] == taken[1]
    assert [outcome for outcome, _ in taken[0]] == [Outcome.WRONG] * 4 + [Outcome.LOCKED] * 3


def test_five_wrong_tries_lock_the_number_and_whoever_it_belongs_to(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = knows(session, factories.maya(session))
        sms, whatsapp = texting(session), texting(session, channel=Channel.WHATSAPP)
        for _ in range(5):
            last = identity.prove(session, sms, WRONG)
        assert last is Outcome.LOCKED
        assert identity.prove(session, sms, RIGHT) is Outcome.LOCKED
        assert locks.locked_for(session, locks.account(maya.id)) == 30 * 60
        # The right answer shows nothing by another way either.
        assert identity.prove(session, whatsapp, RIGHT) is Outcome.WRONG
        clock.advance(minutes=30, seconds=1)
        assert identity.prove(session, whatsapp, RIGHT) is Outcome.VERIFIED


def test_a_success_forgets_the_wrong_tries_before_it(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        knows(session, factories.maya(session))
        here = texting(session)
        for _ in range(3):
            for _ in range(4):
                assert identity.prove(session, here, WRONG) is Outcome.WRONG
            assert identity.prove(session, here, RIGHT) is Outcome.VERIFIED


def test_both_orders_of_day_and_month_are_one_try(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        maya, here = knows(session, factories.maya(session)), texting(session)
        identity.prove(session, here, born("1980-01-02", "1980-02-01"))
        failures = Counter(
            {row.subject.split(":")[0]: row.failures for row in session.scalars(sa.select(VerificationLock))}
        )
        assert failures == {"address": 1, "customer": 1}
        row = session.get_one(VerificationLock, locks.account(maya.id))
        assert row.failures == 1


@pytest.mark.parametrize(("said", "name"), [(postcode("78006"), "Ann"), (postcode("10001"), "Ben")])
def test_two_customers_with_one_number_are_told_apart(db: Database, said: Said, name: str) -> None:
    with db.transaction() as session:
        knows(session, factories.customer(session, name="Ann", phone=PHONE), "78006", "1980-01-01")
        knows(session, factories.customer(session, name="Ben", phone=PHONE), "10001", "1990-01-01")
        here = texting(session)
        assert identity.prove(session, here, said) is Outcome.VERIFIED
        assert identity.customer_of(session, here).name == name


def test_what_fits_both_asks_for_the_other_factor_and_counts_as_no_wrong_try(db: Database) -> None:
    with db.transaction() as session:
        ann = knows(session, factories.customer(session, phone=PHONE), "78006", "1980-01-01")
        knows(session, factories.customer(session, phone=PHONE), "78006", "1990-01-01")
        here = texting(session)
        assert identity.prove(session, here, RIGHT) is Outcome.SHARED
        assert here.customer_id is None
        assert session.scalars(sa.select(VerificationLock)).all() == []
        assert identity.prove(session, here, RIGHT, born("1970-01-01")) is Outcome.WRONG
        assert identity.prove(session, here, born("1980-01-01")) is Outcome.VERIFIED
        assert identity.customer_of(session, here) is ann


def test_twins_in_one_house_with_one_number_are_never_mixed_up(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        for _ in range(2):
            knows(session, factories.customer(session, phone=PHONE))
        here = texting(session)
        assert identity.prove(session, here, RIGHT, born()) is Outcome.SHARED
        assert here.customer_id is None


def test_a_wrong_try_is_counted_for_all_who_have_the_number(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        both = [knows(session, factories.customer(session, phone=PHONE)) for _ in range(2)]
        here = texting(session)
        for _ in range(5):
            identity.prove(session, here, WRONG)
        assert all(locks.locked_for(session, locks.account(one.id)) for one in both)


def test_p4_a_number_that_reaches_somebody_else_proves_nothing_until_an_agent_lifts_it(db: Database) -> None:
    with db.transaction() as session:
        maya = knows(session, factories.maya(session))
        mark(session)
        here = texting(session)
        assert identity.prove(session, here, RIGHT, born()) is Outcome.WRONG
        assert locks.locked_for(session, locks.account(maya.id)) == 0
        session.execute(sa.update(Hold).values(status=HoldStatus.LIFTED))
        assert identity.prove(session, here, RIGHT) is Outcome.VERIFIED


def test_p4_who_is_told_the_wrong_number_ends_the_proof_on_every_medium(db: Database) -> None:
    with db.transaction() as session:
        maya = knows(session, factories.maya(session))
        sms, whatsapp = texting(session), texting(session, channel=Channel.WHATSAPP)
        web = factories.conversation(session, address=PHONE, customer_id=maya.id)
        web.verified_until = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
        for here in (sms, whatsapp):
            identity.prove(session, here, RIGHT)
        identity.end_everywhere(session, PHONE)
        for here in (sms, whatsapp):
            with pytest.raises(NotVerified):
                identity.customer_of(session, here)
        assert identity.customer_of(session, web) is maya


@pytest.mark.parametrize("reason", ["another", "stopped", "by whatsapp", "started again", "lifted"])
def test_p4_c5_no_code_goes_to_a_number_of_somebody_else_or_one_that_said_stop(db: Database, reason: str) -> None:
    with db.transaction() as session:
        factories.maya(session)
        if reason in ("another", "lifted"):
            mark(session, status=HoldStatus.LIFTED if reason == "lifted" else HoldStatus.REPORTED)
        else:
            channel = Channel.WHATSAPP if reason == "by whatsapp" else Channel.SMS
            for granted in (False, True) if reason == "started again" else (False,):
                session.add(Consent(channel=channel, address=PHONE, granted=granted, source=ConsentSource.KEYWORD))
                session.flush()
        here = factories.conversation(session)
        assert identity.begin(session, here, "GT-1001").expires_at
        sent = session.scalars(sa.select(Delivery)).all()
        assert len(sent) == (0 if reason in ("another", "stopped") else 1)
        assert identity.check(session, here, "no code") is Outcome.WRONG


@pytest.mark.parametrize(
    ("kind", "text", "normal"),
    [
        (FactorKind.POSTCODE, "sw1a 1aa", "SW1A1AA"),
        (FactorKind.POSTCODE, " 01310-100 ", "01310100"),
        (FactorKind.POSTCODE, "78006-1234", "78006"),
        (FactorKind.POSTCODE, "78006", "78006"),
        (FactorKind.BIRTH_DATE, " 1988-04-12 ", "1988-04-12"),
    ],
)
def test_a_factor_has_one_normal_form(kind: FactorKind, text: str, normal: str) -> None:
    assert factors.normal(kind, text) == normal


def test_p7_neither_factor_is_kept_as_it_was_said(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        maya = knows(session, factories.maya(session))
        other = knows(session, factories.customer(session))
        digests = session.scalars(sa.select(CustomerFactor.digest)).all()
        assert len(set(digests)) == 4
        assert not any("78006" in digest or "1988" in digest for digest in digests)
        assert factors.is_same(digests[0], maya.id, FactorKind.POSTCODE, "78006") != factors.is_same(
            digests[0], other.id, FactorKind.POSTCODE, "78006"
        )
        assert uuid.UUID(str(maya.id))


@pytest.mark.parametrize(
    ("on_file", "writes"), [("+5531999990007", "+553199990007"), ("+525512345678", "+5215512345678")]
)
def test_a_number_that_whatsapp_writes_in_its_own_way_is_the_one_on_file(
    db: Database, on_file: str, writes: str
) -> None:
    with db.transaction() as session:
        owner = knows(session, factories.customer(session, phone=on_file))
        here = texting(session, writes, Channel.WHATSAPP)
        assert identity.prove(session, here, RIGHT) is Outcome.VERIFIED
        assert identity.customer_of(session, here) is owner
        mark(session, writes)
        assert identity.prove(session, here, RIGHT) is Outcome.WRONG
        identity.begin(session, factories.conversation(session), owner.account_number)
        assert session.scalars(sa.select(Delivery)).all() == []
