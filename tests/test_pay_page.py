"""The pay page: the business and the amount, nothing that implies a debt (P1); a preview opens nothing at Stripe."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from bot.app import create_app
from bot.billing import payments
from bot.db import Database
from bot.errors import OutsideService
from bot.models import Customer, Payment
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway
from tests.served import served
from tests.voices import Voice

IMPLIES_A_DEBT = re.compile(
    r"\b(debt|owe[ds]?|overdue|arrears|late|due|collect\w*|invoice|balance|Maya|Torres|GT-1001)\b", re.I
)


@dataclass
class Link:
    """An open link over 80.50."""

    http: httpx.AsyncClient
    gateway: FakeGateway
    db: Database
    payment: Payment

    @property
    def path(self) -> str:
        """Its address."""
        return f"/pay/{self.payment.token}"


@pytest.fixture
async def link(db: Database) -> AsyncIterator[Link]:
    """Maya's."""
    gateway = FakeGateway()
    with db.transaction() as session:
        maya = factories.maya(session)
        conversation = factories.conversation(session)
        payment = payments.open_link(session, maya, Money.of("80.50", "USD"), conversation_id=conversation.id)
    app = create_app(db=db, dialogue=Voice(), payments=gateway)
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        yield Link(http, gateway, db, payment)


async def test_p1_the_page_shows_business_and_amount_and_implies_no_debt(link: Link) -> None:
    page = await link.http.get(link.path)
    assert page.status_code == 200
    assert "$80.50" in page.text
    assert "Juniper &amp; Finch Home" in page.text
    seen = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.text, flags=re.S)
    assert not IMPLIES_A_DEBT.search(seen), seen
    assert "<script" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


async def test_a_preview_opens_nothing_at_stripe(link: Link) -> None:
    for _ in range(3):
        await link.http.get(link.path)
        await link.http.head(link.path)
    assert link.gateway.sessions == {}


async def test_a_click_leads_to_stripe_and_a_second_click_to_the_same_page(link: Link) -> None:
    first = await link.http.post(f"{link.path}/checkout")
    second = await link.http.post(f"{link.path}/checkout")
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert len(link.gateway.sessions) == 1


async def test_a_paid_link_says_so_and_mints_nothing(link: Link) -> None:
    await link.http.post(f"{link.path}/checkout")
    [session_id] = link.gateway.sessions
    link.gateway.pay(session_id)
    back = await link.http.get(f"{link.path}?returned=1")
    assert "has been paid" in back.text
    again = await link.http.post(f"{link.path}/checkout")
    assert again.headers["Location"] == link.path
    assert len(link.gateway.sessions) == 1


async def test_a_replaced_link_says_so(link: Link) -> None:
    with link.db.transaction() as session:
        payment = session.get_one(Payment, link.payment.id)
        maya = session.get_one(Customer, payment.customer_id)
        payments.open_link(session, maya, Money.of("60.00", "USD"), conversation_id=payment.conversation_id)
    assert "newer link" in (await link.http.get(link.path)).text
    assert (await link.http.post(f"{link.path}/checkout")).headers["Location"] == link.path
    assert link.gateway.sessions == {}


async def test_with_stripe_down_the_page_says_that_nothing_was_charged_and_the_next_click_works(link: Link) -> None:
    link.gateway.failure = OutsideService("down", service="stripe", retryable=True)
    page = await link.http.post(f"{link.path}/checkout")
    assert page.status_code == 503
    assert "Nothing has been charged" in page.text
    assert f'action="{link.path}/checkout"' in page.text
    assert (await link.http.post(f"{link.path}/checkout")).status_code == 303


@pytest.mark.parametrize("token", ["nonsense", "a" * 3000, "%3Cscript%3E", "..%2f..%2fetc"])
async def test_an_unknown_link_gets_a_kind_page(link: Link, token: str) -> None:
    page = await link.http.get(f"/pay/{token}")
    assert page.status_code == 404
    assert "<script>" not in page.text
