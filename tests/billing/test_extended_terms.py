"""Extended terms: longer than usual, in hardship, and never without a person's yes (K4, K7)."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import plans
from bot.billing.plans.extended_terms import approve, quote_extended, refuse_approval
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import Approval, Case, CaseStatus, Customer, HoldKind, HoldStatus, Plan, PlanEvent, PlanKind, PlanStatus
from tests import factories
from tests.conftest import SetClock


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Today is Monday, 2 March 2026 in Chicago."""


def in_hardship(session: Session) -> Customer:
    maya = factories.maya(session)
    factories.hold_customer(session, maya, HoldKind.HARDSHIP)
    return maya


def longer(session: Session, customer: Customer, months: int = 24) -> Plan:
    return quote_extended(session, customer, conversation_id=None, months=months)


def test_longer_terms_wait_for_an_agent_and_then_are_agreed(db: Database) -> None:
    with db.transaction() as session:
        maya, agent = in_hardship(session), factories.agent(session)
        offer = longer(session, maya)
        assert (offer.kind, offer.approval, len(offer.instalments)) == (PlanKind.EXTENDED, Approval.ASKED, 24)
        assert longer(session, maya).id == offer.id
        case = session.scalars(sa.select(Case)).one()
        assert (case.kind, case.customer_id, case.status) == ("plan_approval", maya.id, CaseStatus.OPEN)
        with pytest.raises(Conflict, match="person"):
            plans.agree(session, offer.id, maya)
        assert approve(session, offer.id, agent) is offer
        assert approve(session, offer.id, agent) is offer
        assert plans.agree(session, offer.id, maya).status == PlanStatus.ACTIVE
        session.refresh(case)
        assert case.status == CaseStatus.DONE
        events = session.scalars(sa.select(PlanEvent).order_by(PlanEvent.id)).all()
    assert [(event.kind, event.actor) for event in events] == [
        ("approval_asked", "customer"),
        ("approval_given", f"agent:{agent.id}"),
        ("agreed", "customer"),
        ("active", "system"),
    ]
    assert events[1].terms == plans.terms(offer)


def test_refused_terms_are_over(db: Database) -> None:
    with db.transaction() as session:
        maya, agent = in_hardship(session), factories.agent(session)
        offer = longer(session, maya)
        assert refuse_approval(session, offer.id, agent).status == PlanStatus.CANCELLED
        assert refuse_approval(session, offer.id, agent).approval == Approval.REFUSED
        with pytest.raises(Conflict, match="has ended"):
            approve(session, offer.id, agent)
        with pytest.raises(Conflict, match="has ended"):
            plans.agree(session, offer.id, maya)
        assert longer(session, maya).id != offer.id


def test_an_approval_is_not_taken_back_by_a_refusal(db: Database) -> None:
    with db.transaction() as session:
        maya, agent = in_hardship(session), factories.agent(session)
        offer = approve(session, longer(session, maya).id, agent)
        with pytest.raises(Conflict, match="approved"):
            refuse_approval(session, offer.id, agent)


def test_an_agent_has_until_the_first_instalment_and_the_customer_a_day_after_the_yes(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        maya, agent = in_hardship(session), factories.agent(session)
        offer = longer(session, maya)
        clock.advance(days=6)
        approve(session, offer.id, agent)
        clock.advance(hours=23)
        assert plans.agree(session, offer.id, maya) is offer
    with db.transaction() as session:
        other = factories.customer(session)
        factories.invoice(session, other)
        factories.hold_customer(session, other, HoldKind.HARDSHIP)
        late = longer(session, other)
        clock.advance(days=8)
        with pytest.raises(Conflict, match="has ended"):
            approve(session, late.id, agent)


@pytest.mark.parametrize("status", [None, HoldStatus.LIFTED])
def test_k7_longer_terms_are_for_hardship(db: Database, status: HoldStatus | None) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        if status:
            factories.hold_customer(session, maya, HoldKind.HARDSHIP, status=status)
        with pytest.raises(NotAllowed):
            longer(session, maya)


@pytest.mark.parametrize("months", [0, 12, 25])
def test_a_length_out_of_bounds_is_refused(db: Database, months: int) -> None:
    with db.transaction() as session, pytest.raises(InvalidInput, match="13 to 24"):
        longer(session, in_hardship(session), months)


def test_the_rest_of_a_plan_may_be_extended(db: Database) -> None:
    with db.transaction() as session:
        maya, agent = in_hardship(session), factories.agent(session)
        plan = plans.agree(session, plans.quote(session, maya, conversation_id=None)[0].id, maya)
        offer = longer(session, maya, 18)
        approve(session, offer.id, agent)
        assert plans.agree(session, offer.id, maya) is plans.current(session, maya)
        assert plan.status == PlanStatus.CANCELLED


def test_only_what_waits_for_approval_can_be_approved(db: Database) -> None:
    with db.transaction() as session:
        maya, agent = factories.maya(session), factories.agent(session)
        usual = plans.quote(session, maya, conversation_id=None)[0]
        for id_ in (usual.id, uuid.uuid4()):
            for decide in (approve, refuse_approval):
                with pytest.raises(NotFound):
                    decide(session, id_, agent)
