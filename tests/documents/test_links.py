"""Links to documents: one for one request, for the policy's hours, and never one that says what is no longer so."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot import policies
from bot.billing import payments
from bot.db import Database
from bot.documents import links
from bot.documents.statement import Statement
from bot.errors import Conflict, Expired, NotFound
from bot.models import Customer, DocumentKind, Hold, HoldStatus, Payment
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

RECEIPT, STATEMENT = DocumentKind.RECEIPT, DocumentKind.STATEMENT
HOURS = policies.documents().link_hours


@dataclass
class Scene:
    """Maya, who has paid 80.50."""

    db: Database
    clock: SetClock
    maya: Customer
    payment: Payment


@pytest.fixture
def scene(db: Database, clock: SetClock) -> Scene:
    """On both databases."""
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, Money.of("80.50", "USD"), conversation_id=None)
        payments.settle(session, payment.id, factories.checkout(payment))
    clock.advance(minutes=1)
    return Scene(db, clock, maya, payment)


def test_the_same_request_gives_the_same_link_and_another_a_new_one(scene: Scene) -> None:
    with scene.db.transaction() as session:
        first = links.issue(session, scene.maya, STATEMENT, locale="en-US")
    scene.clock.advance(hours=HOURS - 1)
    with scene.db.transaction() as session:
        again = links.issue(session, scene.maya, STATEMENT, locale="en-US")
        assert again.id == first.id
        assert (again.expires_at - scene.clock.now()).total_seconds() == HOURS * 3600
        tokens = {
            again.token,
            links.issue(session, scene.maya, STATEMENT, locale="es-MX").token,
            links.issue(session, scene.maya, RECEIPT, payment=scene.payment, locale="en-US").token,
        }
        assert len(tokens) == 3
        assert links.url(again) == f"https://pay.example/documents/{again.token}"
    scene.clock.advance(hours=2)
    with scene.db.transaction() as session:
        assert links.issue(session, scene.maya, STATEMENT, locale="en-US").id != first.id


@pytest.mark.parametrize("change", ["payment", "dispute", "lifted"])
def test_once_the_account_has_changed_the_link_is_a_new_one_c11(scene: Scene, change: str) -> None:
    with scene.db.transaction() as session:
        invoice = factories.invoice(session, scene.maya, "10.00")
        hold = factories.hold(session, invoice)
    scene.clock.advance(minutes=1)
    with scene.db.transaction() as session:
        first = links.issue(session, scene.maya, STATEMENT, locale="en-US")
        scene.clock.advance(minutes=1)
        if change == "payment":
            payment = payments.open_link(session, scene.maya, Money.of("5.00", "USD"), conversation_id=None)
            payments.settle(session, payment.id, factories.checkout(payment))
        elif change == "dispute":
            factories.hold(session, factories.invoice(session, scene.maya, "1.00"))
        else:
            lifted = session.get_one(Hold, hold.id)
            lifted.status, lifted.lifted_at = HoldStatus.LIFTED, scene.clock.now()
        session.flush()
        assert links.issue(session, scene.maya, STATEMENT, locale="en-US").token != first.token


def test_a_change_of_somebody_elses_account_is_none_of_this_one(scene: Scene) -> None:
    with scene.db.transaction() as session:
        first = links.issue(session, scene.maya, STATEMENT, locale="en-US")
        scene.clock.advance(minutes=1)
        factories.invoice(session, factories.customer(session), "10.00", disputed=True)
        assert links.issue(session, scene.maya, STATEMENT, locale="en-US").id == first.id


def test_a_link_says_what_was_so_when_it_was_issued(scene: Scene) -> None:
    with scene.db.transaction() as session:
        document = links.issue(session, scene.maya, STATEMENT, locale="en-US")
        scene.clock.advance(minutes=1)
        factories.invoice(session, scene.maya, "999.00")
    with scene.db.reading() as session:
        facts = links.read(session, links.find(session, document.token))
    assert isinstance(facts, Statement)
    assert facts.open == Money.of("180.00", "USD")
    assert links.render(facts).startswith(b"%PDF-")


def test_a_link_ends_and_an_unknown_one_is_not_found(scene: Scene) -> None:
    with scene.db.transaction() as session:
        document = links.issue(session, scene.maya, RECEIPT, payment=scene.payment, locale="en-US")
        assert len(document.token) >= 32
        scene.clock.advance(hours=HOURS)
        with pytest.raises(Expired) as caught:
            links.find(session, document.token)
        assert caught.value.about is document
        with pytest.raises(NotFound):
            links.find(session, "nonsense")


def test_nobody_gets_a_receipt_of_anothers_payment_or_of_none(scene: Scene) -> None:
    with scene.db.transaction() as session:
        other = factories.customer(session)
        for payment in (scene.payment, None):
            with pytest.raises(NotFound):
                links.issue(session, other, RECEIPT, payment=payment, locale="en-US")
        unpaid = payments.open_link(session, scene.maya, Money.of("20.00", "USD"), conversation_id=None)
        with pytest.raises(Conflict):
            links.issue(session, scene.maya, RECEIPT, payment=unpaid, locale="en-US")
