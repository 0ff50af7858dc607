"""axe-core finds no serious fault in the chat, on the pay page or behind a document's link, on a phone, in the dark."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from bot import clock, document_page
from bot.billing import mandates, payments, plans
from bot.errors import OutsideService
from bot.models import Customer, Payment, PaymentStatus
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway
from tests.browser.axe import Axe
from tests.browser.chat import CARDS, bubbles, log, write
from tests.browser.fake_front_door import GREETING, FakeFrontDoor
from tests.browser.live_desk import Live

pytestmark = pytest.mark.slow

Change = Callable[[Session, Customer, Payment], object]


@pytest.fixture
def axe(page: Page) -> Axe:
    """Looks at the customer's tab."""
    return Axe(page)


def test_the_chat_from_closed_to_a_person(page: Page, door: FakeFrontDoor, axe: Axe) -> None:
    page.goto(f"{door.url}/shop")
    expect(page.get_by_role("button", name="Open chat")).to_be_visible()
    axe.look("closed")
    door.fail("/sessions", 503)
    page.get_by_role("button", name="Open chat").click()
    axe.look("while it connects")
    expect(bubbles(page, GREETING)).to_be_visible()
    axe.look("open")
    write(page, "Hello")
    door.wait_until(lambda: any(said["text"] == "Hello" for said in door.conversation().messages))
    choices = [{"title": "Pay now", "payload": "/pay"}, {"title": "Pay in parts", "payload": "/plan"}]
    door.say("What would you like to do?", buttons=choices)
    expect(page.get_by_role("button", name="Pay in parts")).to_be_enabled()
    axe.look("choices")
    for card, _ in CARDS:
        door.say("Here it is.", card=card)
    expect(bubbles(page, "Here it is.")).to_have_count(len(CARDS))
    axe.look("every kind of card")
    door.set_state("queue", position=2)
    expect(page.get_by_text("Waiting for a person")).to_be_visible()
    axe.look("waiting")
    door.set_state("agent", agent="Ana")
    door.say("Hello, I'm Ana.", author="agent")
    expect(bubbles(page, "Hello, I'm Ana.")).to_be_visible()
    axe.look("with a person")
    door.fail("/messages", 422, message="That is too long.")
    write(page, "A message that is not taken")
    expect(log(page)).to_contain_text("That is too long.")
    axe.look("a message that was not taken")
    page.get_by_role("button", name="Clear this chat").click()
    expect(page.get_by_role("button", name="Keep")).to_be_visible()
    axe.look("before all is cleared")
    axe.is_content()


@pytest.mark.parametrize("look", ['data-accent="#ffd400" data-locale="pt-BR"', 'data-accent="#111" data-locale="es"'])
def test_the_chat_in_the_colour_and_language_of_a_page(page: Page, door: FakeFrontDoor, axe: Axe, look: str) -> None:
    before = "addEventListener('DOMContentLoaded', () => document.querySelectorAll('style').forEach(e => e.remove()))"
    page.goto(door.host_page(attributes=f"data-goodterms data-open {look}", before=before))
    expect(log(page)).to_contain_text(GREETING)
    door.say("*", card=CARDS[2][0])
    expect(log(page).get_by_role("group").or_(log(page).get_by_role("button")).first).to_be_visible()
    axe.look("a card")
    axe.is_content()


def superseded(_: Session, __: Customer, payment: Payment) -> None:
    payment.superseded_at = clock.now()


def runs_out(_: Session, __: Customer, payment: Payment) -> None:
    payment.created_at = clock.now() - dt.timedelta(days=90)


def becomes(status: PaymentStatus) -> Change:
    return lambda session, customer, payment: setattr(payment, "status", status)


def owes_less(_: Session, __: Customer, payment: Payment) -> None:
    payment.amount *= 9


def pays_elsewhere(session: Session, customer: Customer, payment: Payment) -> None:
    other = payments.open_link(session, customer, Money.of("60.00", "USD"), conversation_id=None)
    other.status, other.amount = PaymentStatus.PROCESSING, Money.of("250.00", "USD").minor
    payment.superseded_at = None


def saves_a_card(session: Session, customer: Customer, payment: Payment) -> None:
    plan = plans.quote(session, customer, conversation_id=None, months=[3])[0]
    plans.agree(session, plan.id, customer)
    payment.mandate_id = mandates.consent(session, customer, plan, conversation_id=None, locale="en-US").id


STATES: dict[str, Change] = {
    "Continue to payment": lambda session, customer, payment: None,
    "Your card will be saved": saves_a_card,
    "has been paid": becomes(PaymentStatus.SUCCEEDED),
    "is on its way": becomes(PaymentStatus.PROCESSING),
    "There's a newer link": superseded,
    "This link has run out": runs_out,
    "This doesn't need paying any more": owes_less,
    "A payment is on its way already": pays_elsewhere,
}


def test_the_pay_page_in_every_state(live: Live, page: Page, axe: Axe) -> None:
    gateway = live.desk.app.state.gateway = FakeGateway()
    for says, change in STATES.items():
        with live.desk.db.transaction() as session:
            customer = factories.customer(session)
            factories.invoice(session, customer, "260.50")
            payment = payments.open_link(session, customer, Money.of("80.50", "USD"), conversation_id=None)
            token = payment.token
            change(session, customer, payment)
        page.goto(f"{live.url}/pay/{token}")
        expect(page.get_by_text(says)).to_be_visible()
        axe.look(says)
        if says == "Continue to payment":
            gateway.failure = OutsideService("down", service="stripe", retryable=True)
            page.get_by_role("button").click()
            expect(page.get_by_role("alert")).to_be_visible()
            axe.look("Stripe does not answer")
    page.goto(f"{live.url}/pay/nothing")
    axe.look("a link that there is not")
    axe.is_content()


def test_the_page_behind_a_documents_link(live: Live, page: Page, axe: Axe) -> None:
    page.goto(f"{live.url}/documents/nothing")
    expect(page.get_by_role("heading", name=re.compile("find"))).to_be_visible()
    axe.look("a document that there is not")
    held = 0
    while document_page._room.acquire(blocking=False):
        held += 1
    page.goto(f"{live.url}/documents/nothing")
    for _ in range(held):
        document_page._room.release()
    axe.look("too many at once")
    axe.is_content()
