"""Holds: whom they bind, where, and what they stop (C8, C9; design section 10, 7 and 10)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.billing import holds, plans
from bot.billing.holds import holds_on, is_stopped, is_stopped_at
from bot.db import Database
from bot.models import Channel, Conversation, Customer, Hold, HoldKind, HoldStatus, Invoice, PlanInvoice
from bot.policies import Stop
from tests import factories

OF_A_PERSON = [kind for kind in HoldKind if kind is not HoldKind.DISPUTE]


def sms(session: Session, customer: Customer | None = None, address: str = "+12105550101") -> Conversation:
    """A conversation by text message."""
    proven = {"customer_id": customer.id} if customer else {}
    return factories.conversation(session, channel=Channel.SMS, address=address, **proven)


@pytest.mark.parametrize("kind", OF_A_PERSON)
def test_a_hold_on_a_person_stops_what_the_policy_says_until_it_is_lifted_c8(db: Database, kind: HoldKind) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        holds.report(session, kind, sms(session), maya, reason="said so")
        stopped = {stop for stop in Stop if is_stopped(session, maya.id, stop)}
        assert stopped == {stop for stop in Stop if kind in policies.holds().stopping(stop)}
        assert stopped
        session.scalars(sa.select(Hold)).one().status = HoldStatus.LIFTED
        session.flush()
        assert not [stop for stop in Stop if is_stopped(session, maya.id, stop)]


def test_reported_twice_it_is_one_hold_and_lifted_it_may_be_reported_again(db: Database) -> None:
    with db.transaction() as session:
        maya, conversation = factories.maya(session), sms(session)
        for _ in range(2):
            holds.report(session, HoldKind.ATTORNEY, conversation, maya, reason="my lawyer")
        one = session.scalars(sa.select(Hold)).one()
        one.status = HoldStatus.LIFTED
        session.flush()
        holds.report(session, HoldKind.ATTORNEY, conversation, maya, reason="my lawyer")
        assert holds_on(session, maya.id) == {HoldKind.ATTORNEY}


def test_a_refused_address_binds_there_alone_and_all_contact_binds_beyond_it_c5(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        here, elsewhere = sms(session, maya), factories.conversation(session, customer_id=maya.id)
        holds.report(session, HoldKind.CEASE, elsewhere, maya, reason="no texts", address=maya.phone)
        assert is_stopped_at(session, here, Stop.OUTREACH)
        assert not is_stopped_at(session, elsewhere, Stop.OUTREACH)
        assert holds_on(session, maya.id) == frozenset()
        holds.report(session, HoldKind.CEASE, elsewhere, maya, reason="nothing, anywhere")
        assert holds_on(session, maya.id) == {HoldKind.CEASE}


def test_an_address_refused_by_somebody_unknown_is_left_alone_in_every_conversation_p4(db: Database) -> None:
    with db.transaction() as session:
        holds.report(session, HoldKind.WRONG_PERSON, sms(session), None, reason="wrong number")
        on_whatsapp = factories.conversation(session, channel=Channel.WHATSAPP, address="+12105550101")
        assert is_stopped_at(session, on_whatsapp, Stop.OUTREACH)
        assert not is_stopped_at(session, sms(session, address="+12105550102"), Stop.OUTREACH)


def test_neighbours_on_the_same_network_are_not_each_other(db: Database) -> None:
    with db.transaction() as session:
        one, other = (factories.conversation(session, address="203.0.113.9") for _ in range(2))
        holds.report(session, HoldKind.CEASE, one, None, reason="stop")
        assert is_stopped_at(session, one, Stop.OUTREACH)
        assert not is_stopped_at(session, other, Stop.OUTREACH)


@pytest.mark.parametrize("kind", OF_A_PERSON)
def test_what_they_said_of_themselves_before_the_proof_binds_them_after_it_c8(db: Database, kind: HoldKind) -> None:
    with db.transaction() as session:
        maya, conversation = factories.maya(session), factories.conversation(session)
        holds.report(session, kind, conversation, None, reason="said so")
        assert holds_on(session, maya.id) == frozenset()
        conversation.customer_id = maya.id
        session.flush()
        about_them = kind not in (HoldKind.CEASE, HoldKind.WRONG_PERSON)
        assert (holds_on(session, maya.id) == {kind}) is about_them


def test_a_dispute_binds_its_invoice_and_not_the_person_c9(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        invoice = session.scalars(sa.select(Invoice).order_by(Invoice.number)).first()
        assert invoice is not None
        conversation = sms(session, maya)
        for _ in range(2):
            holds.dispute(session, conversation, maya, [invoice], reason="wrong")
        assert session.scalars(sa.select(Hold)).one().invoice_id == invoice.id
        assert holds_on(session, maya.id) == frozenset()


def test_a_dispute_takes_back_that_the_invoice_was_chosen_for_the_plan_c9(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        invoices = session.scalars(sa.select(Invoice).order_by(Invoice.number)).all()
        ids = [invoice.id for invoice in invoices[:2]]
        quote = plans.quote(session, maya, conversation_id=None, invoice_ids=ids)[0]
        plans.agree(session, quote.id, maya)
        named = sa.select(PlanInvoice.invoice_id).where(PlanInvoice.plan_id == quote.id, PlanInvoice.named)
        assert set(session.scalars(named)) == set(ids)
        holds.dispute(session, sms(session, maya), maya, [invoices[0]], reason="it is broken")
        assert set(session.scalars(named)) == {ids[1]}
