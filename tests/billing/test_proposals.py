"""Proposals: kept with their outcome, met a bounded number of times, then passed to a person (K7)."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import ledger, plans
from bot.billing.plans.counter_offers import Limit, Wish
from bot.billing.plans.proposals import Reply, propose
from bot.db import Database
from bot.errors import InvalidInput
from bot.models import Customer, Frequency, HoldKind, PlanStatus, Proposal, ProposalOutcome
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

ACCEPTED, COUNTERED, TO_PERSON = ProposalOutcome.ACCEPTED, ProposalOutcome.COUNTERED, ProposalOutcome.TO_PERSON


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Today is Monday, 2 March 2026 in Chicago."""


def each(minor: int) -> Wish:
    return Wish(each=Money(minor, "USD"))


def ask(session: Session, customer: Customer, wish: Wish) -> Reply:
    return propose(session, customer, wish, conversation_id=None)


def test_k4_sixty_every_second_friday_is_taken_as_it_is_and_can_be_agreed(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        wish = Wish(each=Money(6000, "USD"), frequency=Frequency.FORTNIGHTLY, pay_day=4)
        reply = ask(session, maya, wish)
        assert (reply.outcome, reply.limits, reply.longer) == (ACCEPTED, frozenset(), False)
        plan = plans.agree(session, reply.plans[0].id, maya)
        assert [(str(part.due_on), part.amount) for part in plan.instalments] == [
            ("2026-03-13", 6000),
            ("2026-03-27", 6000),
            ("2026-04-10", 6000),
            ("2026-04-24", 2050),
        ]
        kept = session.scalars(sa.select(Proposal)).one()
    assert kept.asked == {"each": 6000, "frequency": "fortnightly", "pay_day": 4}
    assert kept.outcome == ACCEPTED


def test_k7_two_are_met_with_what_fits_and_the_third_goes_to_a_person(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        first = ask(session, maya, each(1000))
        assert (first.outcome, first.limits, first.lasts, first.fits.minor) == (COUNTERED, {Limit.LENGTH}, 21, 1671)
        assert len(first.plans[0].instalments) == 12
        assert ask(session, maya, each(1200)).outcome == COUNTERED
        third = ask(session, maya, each(1300))
        assert (third.outcome, third.plans) == (TO_PERSON, [])
        # What is within policy is taken all the same.
        assert ask(session, maya, each(5000)).outcome == ACCEPTED
        assert ask(session, maya, each(1300)).outcome == TO_PERSON


def test_the_rounds_begin_again_after_an_agreement_and_after_thirty_days(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        assert [ask(session, maya, each(1000)).outcome for _ in range(3)] == [COUNTERED, COUNTERED, TO_PERSON]
        clock.advance(days=30)
        reply = ask(session, maya, each(1000))
        assert reply.outcome == COUNTERED
        clock.advance(minutes=1)
        plans.agree(session, reply.plans[0].id, maya)
        clock.advance(minutes=1)
        assert [ask(session, maya, each(900)).outcome for _ in range(3)] == [COUNTERED, COUNTERED, TO_PERSON]


def test_while_a_plan_is_in_force_a_proposal_is_about_its_rest(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, plans.quote(session, maya, conversation_id=None)[0].id, maya)
        account = ledger.invoice_account(plan.invoices[0].invoice_id)
        ledger.post(session, source=account, destination="stripe", amount=Money(6000, "USD"), reference="x")
        reply = ask(session, maya, each(5000))
        assert [part.amount for part in reply.plans[0].instalments] == [5000, 5000, 4050]
        agreed = plans.agree(session, reply.plans[0].id, maya)
        assert (plan.status, plans.current(session, maya)) == (PlanStatus.CANCELLED, agreed)


def test_more_time_is_hinted_at_in_hardship_only(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        assert not ask(session, maya, each(1000)).longer
        factories.hold_customer(session, maya, HoldKind.HARDSHIP)
        assert ask(session, maya, each(1000)).longer


def test_a_proposal_over_nothing_is_refused_and_not_counted(db: Database) -> None:
    with db.transaction() as session:
        with pytest.raises(InvalidInput):
            ask(session, factories.customer(session), each(1000))
        assert session.scalars(sa.select(Proposal)).all() == []


def test_twenty_proposals_at_once_are_met_as_often_as_the_policy_says(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
    outcomes: Counter[ProposalOutcome] = Counter()
    ready = threading.Barrier(20)

    def run() -> None:
        ready.wait()
        with db.transaction() as session:
            outcome = ask(session, session.get_one(Customer, maya.id), each(1000)).outcome
        outcomes[outcome] += 1

    threads = [threading.Thread(target=run) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {COUNTERED: 2, TO_PERSON: 18}
