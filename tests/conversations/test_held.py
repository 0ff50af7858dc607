"""While a hold binds a customer, no sweep charges them or asks them anything; lifted, all goes on (C8, C9)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from bot import clock as our_clock
from bot.billing import holds
from bot.db import Database
from bot.models import Conversation, Customer, Hold, HoldKind, HoldStatus, Invoice, Plan, PlanStatus
from bot.outreach import missed
from tests import factories
from tests.billing.autopaid import Autopaid, planned
from tests.conftest import SetClock

SILENT = [
    HoldKind.BANKRUPTCY, HoldKind.BREATHING_SPACE, HoldKind.ATTORNEY, HoldKind.DECEASED, HoldKind.CEASE,
    HoldKind.HARDSHIP,
]  # fmt: skip
DUE = dt.datetime(2026, 3, 9, 15, tzinfo=dt.UTC)


def report(db: Database, kind: HoldKind, conversation_id: uuid.UUID, customer_id: uuid.UUID | None) -> None:
    """What the dialogue does when it is told so."""
    with db.transaction() as session:
        customer = session.get_one(Customer, customer_id) if customer_id else None
        conversation = session.get_one(Conversation, conversation_id)
        holds.report(session, kind, conversation, customer, reason="told in the chat")


def lift(db: Database) -> None:
    """A person at the desk found that it does not hold."""
    with db.transaction() as session:
        for hold in session.scalars(sa.select(Hold)):
            hold.status, hold.lifted_at = HoldStatus.LIFTED, our_clock.now()


@pytest.mark.parametrize("kind", SILENT)
def test_an_instalment_is_never_charged_while_the_account_is_held_c8(
    sqlite_db: Database, clock: SetClock, kind: HoldKind
) -> None:
    paid = Autopaid(sqlite_db)
    report(sqlite_db, kind, paid.conversation_id, paid.customer_id)
    clock.set(DUE)
    for _ in range(3):
        assert paid.sweep() == []
        clock.advance(days=1)
    assert paid.charges() == 0
    assert paid.told() == []
    lift(sqlite_db)
    paid.sweep()
    assert paid.charges() == 1


@pytest.mark.parametrize("kind", SILENT)
def test_a_held_customer_is_asked_about_no_instalment_and_the_plan_is_not_broken_c8(
    sqlite_db: Database, clock: SetClock, kind: HoldKind
) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        _, plan_id = planned(session, customer, ((dt.date(2026, 3, 5), 5_000), (dt.date(2026, 4, 5), 5_000)))
        conversation = factories.conversation(session, customer_id=customer.id)
    report(sqlite_db, kind, conversation.id, customer.id)
    clock.set(DUE)
    for _ in range(40):
        assert missed.sweep(sqlite_db) == []
        clock.advance(days=1)
    with sqlite_db.reading() as session:
        assert session.get_one(Plan, plan_id).status == PlanStatus.ACTIVE
    lift(sqlite_db)
    assert missed.sweep(sqlite_db) == [conversation.id]


@pytest.mark.parametrize("kind", [HoldKind.BANKRUPTCY, HoldKind.DECEASED, HoldKind.ATTORNEY])
def test_what_was_told_before_the_proof_stops_the_sweeps_too_c8(
    sqlite_db: Database, clock: SetClock, kind: HoldKind
) -> None:
    paid = Autopaid(sqlite_db)
    report(sqlite_db, kind, paid.conversation_id, None)
    clock.set(DUE)
    assert paid.sweep() == []
    assert paid.charges() == 0


@pytest.mark.parametrize("kind", SILENT)
def test_a_card_that_ends_is_not_spoken_of_while_the_account_is_held_c8(
    sqlite_db: Database, clock: SetClock, kind: HoldKind
) -> None:
    paid = Autopaid(sqlite_db, ((dt.date(2026, 4, 9), 5_000), (dt.date(2026, 5, 9), 5_050)), expires=(3, 2026))
    report(sqlite_db, kind, paid.conversation_id, paid.customer_id)
    clock.set(DUE)
    paid.sweep()
    assert paid.told() == []
    assert paid.mandate().expiry_told_at is None


def test_an_invoice_chosen_for_the_plan_is_not_charged_once_it_is_disputed_c9(
    sqlite_db: Database, clock: SetClock
) -> None:
    paid = Autopaid(sqlite_db)
    with sqlite_db.transaction() as session:
        session.get_one(Plan, paid.plan_id).invoices[0].named = True
    clock.set(DUE)
    with sqlite_db.transaction() as session:
        customer, invoice = session.get_one(Customer, paid.customer_id), session.get_one(Invoice, paid.invoice_id)
        conversation = session.get_one(Conversation, paid.conversation_id)
        holds.dispute(session, conversation, customer, [invoice], reason="it never came")
    assert paid.sweep() == []
    assert paid.charges() == 0
