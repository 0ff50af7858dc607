"""The pay page: the business and the amount, nothing that implies a debt (P1); a preview opens nothing at Stripe."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from bot.app import create_app
from bot.billing import mandates, payments, plans
from bot.billing.gateway import CheckoutRequest, CheckoutSession
from bot.db import Database
from bot.errors import OutsideService
from bot.models import Conversation, Customer, Payment, PaymentStatus
from bot.money import Money
from bot.pay_page import FIELDS, FILLED
from bot.words import read
from tests import factories
from tests.billing.fake_gateway import FakeGateway
from tests.served import served
from tests.voices import Voice

IMPLIES_A_DEBT = re.compile(
    r"\b(debt|owe[ds]?|overdue|arrears|late|due|collect\w*|invoice|balance|Maya|Torres|GT-1001)\b", re.I
)

IN_OTHER_WORDS = re.compile(
    r"\b(deud\w+|adeud\w+|debe\w*|vencid\w+|atras\w+|mora|cobran\w+|facturas?|saldo|d[ií]vid\w+|deve\w*|faturas?)\b",
    re.I,
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


async def test_p1_k12_in_each_language_the_page_speaks_it_and_no_sentence_implies_a_debt(link: Link) -> None:
    spoken = (("en-GB", "Take your time"), ("es-MX", "Tómese su tiempo"), ("pt-BR", "Fique à vontade"))
    for locale, words in spoken:
        with link.db.transaction() as session:
            session.get_one(Conversation, link.payment.conversation_id).locale = locale
        page = (await link.http.get(link.path)).text
        assert f'<html lang="{locale}">' in page
        assert words in page
        assert Money(8_050, "USD").format(locale) in html.unescape(page)
    shipped = read("pay_page.yml", FIELDS, FILLED)
    assert set(shipped) == {"en", "es", "pt"}
    sentences = [sentence for language in shipped.values() for sentence in language.values()]
    assert [said for said in sentences if IMPLIES_A_DEBT.search(said) or IN_OTHER_WORDS.search(said)] == []


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


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en-US", ("I allow Juniper &amp; Finch Home", "stop automatic payments", "it ends at once")),
        ("es-MX", ("Autorizo a Juniper &amp; Finch Home", "parar los pagos automáticos", "termina en el acto")),
        ("pt-BR", ("Autorizo Juniper &amp; Finch Home", "parar os pagamentos automáticos", "termina na hora")),
    ],
)
async def test_k11_a_link_that_saves_a_card_says_so_above_its_button_and_how_to_stop_it(
    link: Link, locale: str, words: tuple[str, ...]
) -> None:
    assert 'class="consent"' not in (await link.http.get(link.path)).text
    path = f"/pay/{consented(link, locale).token}"
    page = (await link.http.get(path)).text
    assert all(word in page for word in words), page
    assert page.index('class="consent"') < page.index('<button type="submit">')
    assert f'<blockquote lang="{locale}">' in page
    with link.db.transaction() as session:
        mandates.withdraw(session, session.get_one(Customer, link.payment.customer_id))
    assert 'class="consent"' not in (await link.http.get(path)).text


async def test_k11_a_consent_withdrawn_between_two_clicks_closes_the_page_and_opens_one_without_it(link: Link) -> None:
    path = f"/pay/{consented(link, 'en-US').token}"
    first = await link.http.post(f"{path}/checkout")
    with link.db.transaction() as session:
        mandates.withdraw(session, session.get_one(Customer, link.payment.customer_id))
    second = await link.http.post(f"{path}/checkout")
    assert second.headers["Location"] != first.headers["Location"]
    closed, open_ = link.gateway.sessions.values()
    assert (closed.status, open_.status) == ("expired", "open")
    assert link.gateway.pay(open_.id).saved_card is None


async def test_s5_a_page_paid_just_before_its_consent_was_withdrawn_is_not_paid_again(link: Link) -> None:
    path = f"/pay/{consented(link, 'en-US').token}"
    await link.http.post(f"{path}/checkout")
    [session_id] = link.gateway.sessions
    with link.db.transaction() as session:
        mandates.withdraw(session, session.get_one(Customer, link.payment.customer_id))
    link.gateway.pay(session_id)
    again = await link.http.post(f"{path}/checkout")
    assert again.headers["Location"] == path
    assert "has been paid" in (await link.http.get(path)).text
    assert len(link.gateway.sessions) == 1
    with link.db.reading() as session:
        [kept] = mandates.to_forget(session)
        assert kept.withdrawn_by == "customer"


async def test_s2_a_link_waits_while_another_payment_is_on_its_way(link: Link) -> None:
    with link.db.transaction() as session:
        maya = session.get_one(Customer, link.payment.customer_id)
        moving = payments.open_link(session, maya, Money.of("60.00", "USD"), conversation_id=None)
        moving.status, moving.amount = PaymentStatus.PROCESSING, Money.of("200.00", "USD").minor
        session.get_one(Payment, link.payment.id).superseded_at = None
    page = await link.http.get(link.path)
    assert "on its way already" in page.text
    assert "<button" not in page.text
    assert (await link.http.post(f"{link.path}/checkout")).headers["Location"] == link.path
    assert link.gateway.sessions == {}


async def test_s5_a_slow_click_never_leaves_a_second_page_that_can_be_paid(link: Link) -> None:
    """A click waits long for Stripe; meanwhile another fails, and a third opens its page."""
    open_page, meanwhile = link.gateway.create_checkout, [httpx.Response(0)]

    def slowly(request: CheckoutRequest, idempotency_key: str) -> CheckoutSession:
        link.gateway.create_checkout = open_page  # type: ignore[method-assign]
        made = open_page(request, idempotency_key)
        with httpx.Client(base_url=link.http.base_url) as other:
            link.gateway.failure = OutsideService("down", service="stripe", retryable=True)
            assert other.post(f"{link.path}/checkout").status_code == 503
            meanwhile[0] = other.post(f"{link.path}/checkout")
        return made

    link.gateway.create_checkout = slowly  # type: ignore[method-assign]
    late = await link.http.post(f"{link.path}/checkout")
    assert late.headers["Location"] == link.path
    closed, open_ = link.gateway.sessions.values()
    assert (closed.status, open_.status) == ("expired", "open")
    assert meanwhile[0].headers["Location"] == open_.url


@pytest.mark.parametrize("token", ["nonsense", "a" * 3000, "%3Cscript%3E", "..%2f..%2fetc", "%00"])
async def test_an_unknown_link_gets_a_kind_page(link: Link, token: str) -> None:
    page = await link.http.get(f"/pay/{token}")
    assert page.status_code == 404
    assert "<script>" not in page.text


def consented(link: Link, locale: str) -> Payment:
    """Maya agrees to automatic payments in the chat and asks for a link."""
    with link.db.transaction() as session:
        payment = session.get_one(Payment, link.payment.id)
        maya = session.get_one(Customer, payment.customer_id)
        plan = plans.quote(session, maya, conversation_id=None, months=[3])[0]
        plans.agree(session, plan.id, maya)
        mandates.consent(session, maya, plan, conversation_id=None, locale=locale)
        assert payment.conversation_id is not None
        session.get_one(Conversation, payment.conversation_id).locale = locale
        return payments.open_link(session, maya, Money.of("20.00", "USD"), conversation_id=payment.conversation_id)
