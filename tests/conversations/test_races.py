"""Everything at the same moment, and still one charge, one set of postings, one receipt (S1, S5)."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa

from bot import clock
from bot.app import create_app
from bot.billing import ledger, payments
from bot.billing.stripe import StripeGateway
from bot.conversations import stripe_events
from bot.db import Database
from bot.models import ExternalEvent, Mandate, Message, Payment, PaymentStatus, Posting
from bot.money import Money
from bot.settings import settings
from tests import factories
from tests.billing.autopaid import Autopaid
from tests.billing.fake_gateway import FakeGateway
from tests.conversations import sweeping
from tests.sandbox.running import KEY, Running, running
from tests.served import served
from tests.voices import Voice

SECRET = "whsec_only_for_tests"
WEBHOOKS = 50
OPENINGS = 50
WORKERS = 20
PATIENCE_S = 30


class Link:
    """Maya's link over 80.50, before two web processes and Stripe."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.gateway = FakeGateway()
        self.doors: list[httpx.AsyncClient] = []
        with db.transaction() as session:
            maya = factories.maya(session)
            conversation = factories.conversation(session, customer_id=maya.id)
            self.payment = payments.open_link(session, maya, Money.of("80.50", "USD"), conversation_id=conversation.id)

    async def open(self, door: httpx.AsyncClient) -> str:
        """A click on the pay page; where it leads."""
        answer = await door.post(f"/pay/{self.payment.token}/checkout")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    async def reload(self, door: httpx.AsyncClient) -> None:
        """Stripe sends the customer back, who looks at the page again and again."""
        assert (await door.get(f"/pay/{self.payment.token}", params={"returned": 1})).status_code == 200

    async def deliver(self, door: httpx.AsyncClient, webhook: tuple[bytes, str]) -> None:
        """Stripe's webhook comes in."""
        raw, signature = webhook
        answer = await door.post("/webhooks/stripe", content=raw, headers={"Stripe-Signature": signature})
        assert answer.status_code == 200, answer.text

    def unfinished(self) -> bool:
        """Whether an event waits to be acted on."""
        with self.db.reading() as session:
            return (
                session.scalars(sa.select(ExternalEvent).where(ExternalEvent.processed_at.is_(None))).first()
                is not None
            )


@pytest.fixture
async def link(db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Link]:
    """With two web processes in front, as a load balancer would have them."""
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    settings.cache_clear()
    made = Link(db)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            app = create_app(db=db, dialogue=Voice(), payments=made.gateway)
            address = await stack.enter_async_context(served(app))
            made.doors.append(await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=60)))
        yield made


async def test_s5_openings_at_once_lead_to_one_page(link: Link) -> None:
    found = await asyncio.gather(*(link.open(link.doors[place % 2]) for place in range(OPENINGS)))
    assert len(link.gateway.sessions) == 1
    assert set(found) == {next(iter(link.gateway.sessions.values())).url}


async def test_s5_fifty_webhooks_among_openings_and_reloads_settle_once(link: Link) -> None:
    await link.open(link.doors[0])
    [page] = link.gateway.sessions
    link.gateway.pay(page)
    events = link.gateway.webhooks(SECRET)
    acts = [link.deliver(link.doors[place % 2], events[place % len(events)]) for place in range(WEBHOOKS)]
    acts += [link.reload(link.doors[place % 2]) for place in range(OPENINGS // 2)]
    acts += [_opened_late(link, link.doors[place % 2]) for place in range(OPENINGS)]
    random.Random(5).shuffle(acts)
    await asyncio.gather(*acts)
    await _quiet(link)
    assert link.gateway.charges == Counter({str(link.payment.id): 1})
    assert len(link.gateway.sessions) == 1
    with link.db.reading() as session:
        assert session.get_one(Payment, link.payment.id).status == PaymentStatus.SUCCEEDED
        posted = session.scalars(sa.select(Posting).where(Posting.destination == ledger.STRIPE)).all()
        assert sum(posting.amount for posting in posted) == 8_050
        assert len({posting.reference for posting in posted}) == len({posting.source for posting in posted})
        assert session.scalar(sa.select(sa.func.count()).select_from(ExternalEvent)) == len(events)
        assert [message.card["kind"] for message in session.scalars(sa.select(Message)) if message.card] == ["receipt"]


@pytest.mark.parametrize("url", ["sqlite", "postgresql"])
def test_s5_twenty_workers_over_the_same_due_instalments_charge_each_once(
    url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    db: Database = request.getfixturevalue("sqlite_db" if url == "sqlite" else "postgres_db")
    with running(tmp_path / "stripe") as stripe:
        customers = [AtSandbox(db, stripe) for _ in range(4)]
        if db.sqlite:
            sweeping.at_once(db, StripeGateway(KEY, stripe.url), WORKERS)
        else:
            sweeping.in_processes(db.url, stripe.url, 4, WORKERS // 4)
        now = clock.now()
        listed = list(StripeGateway(KEY, stripe.url).intents(now - dt.timedelta(hours=1), now + dt.timedelta(hours=1)))
    charged = Counter(intent.payment_id for intent in listed if intent.paid)
    for customer in customers:
        [payment] = customer.tries()
        assert (payment.status, payment.amount, charged[str(payment.id)]) == (PaymentStatus.SUCCEEDED, 5_000, 1)
        with db.reading() as session:
            account = ledger.invoice_account(customer.invoice_id)
            posted = session.scalars(sa.select(Posting).where(Posting.source == account)).all()
            assert [posting.amount for posting in posted] == [5_000]
            cards = session.scalars(sa.select(Message.card).where(Message.conversation_id == customer.conversation_id))
            receipts = [card for card in cards if card and card["payment_id"] == str(payment.id)]
        assert len(receipts) == 1


class AtSandbox(Autopaid):
    """The same with Stripe's stand-in as a process of its own; the first instalment is due today."""

    def __init__(self, db: Database, stripe: Running) -> None:
        self.stripe = stripe
        zone = _where_it_is_noon()
        today = clock.today(zone)
        parts = ((today, 5_000), (today + dt.timedelta(days=30), 5_050))
        super().__init__(db, parts, gateway=StripeGateway(KEY, stripe.url), time_zone=zone)  # type: ignore[arg-type]

    def pay(self, page: str, *, expires: tuple[int, int] = (12, 2034)) -> Mandate:
        """On the sandbox's page."""
        self.stripe.act(page, "complete")
        stripe_events.follow_up(self.db, self.gateway, page)
        return self.mandate()


def _where_it_is_noon() -> str:
    """A zone in which cards may be charged at this moment."""
    now = clock.now()
    zones = (f"Etc/GMT{offset:+d}" for offset in range(-12, 12))
    return next(zone for zone in zones if now.astimezone(ZoneInfo(zone)).hour == 12)


async def _opened_late(link: Link, door: httpx.AsyncClient) -> None:
    assert await link.open(door) == f"/pay/{link.payment.token}"


async def _quiet(link: Link) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while link.unfinished():
            await asyncio.wait({asyncio.create_task(link.reload(link.doors[0]))})
