"""Stripe's webhook: signed or nothing, written down once, answered at once (S1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from bot.app import create_app
from bot.db import Database
from bot.models import ExternalEvent, Message
from bot.settings import settings
from tests.billing.fake_gateway import signature, webhook
from tests.conversations.test_stripe_events import Scene
from tests.served import served
from tests.voices import Voice

SECRET = "whsec_only_for_tests"


@pytest.fixture
async def stripe(db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[httpx.AsyncClient, Scene]]:
    """The route with a secret, and Maya's open payment."""
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    settings.cache_clear()
    scene = Scene(db)
    app = create_app(db=db, dialogue=Voice(), payments=scene.gateway)
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        scene.signals = app.state.signals  # type: ignore[attr-defined]
        yield http, scene


async def test_a_paid_session_is_settled_and_told(stripe: tuple[httpx.AsyncClient, Scene]) -> None:
    http, scene = stripe
    paid = scene.gateway.pay(scene.checkout.id)
    raw, signed = webhook(paid, "checkout.session.completed", secret=SECRET)
    sent = [
        http.post("/webhooks/stripe", content=raw, headers={"Stripe-Signature": signed}, timeout=30) for _ in range(8)
    ]

    def count(kind: type[ExternalEvent] | type[Message]) -> int:
        with scene.db.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0

    with scene.signals.listen(scene.conversation_id) as bell:  # type: ignore[attr-defined]
        answers = await asyncio.gather(*sent)
        assert {answer.status_code for answer in answers} == {200}
        while not count(Message):  # a bell may ring for what was there before
            assert await bell.wait(20), "the customer was not told"

    assert count(ExternalEvent) == 1
    assert count(Message) == 1
    assert scene.received() == 8_050


@pytest.mark.parametrize("signed", ["", "t=1,v1=00", "nonsense", None])
async def test_s1_what_is_not_signed_is_refused_and_not_kept(
    stripe: tuple[httpx.AsyncClient, Scene], signed: str | None
) -> None:
    http, scene = stripe
    raw, _ = webhook(scene.checkout, "checkout.session.completed", secret="whsec_another")
    signed = signature(raw, secret=SECRET, at=1) if signed is None else signed  # right, but long ago
    answer = await http.post("/webhooks/stripe", content=raw, headers={"Stripe-Signature": signed})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "signature_invalid"
    with scene.db.reading() as session:
        assert session.scalars(sa.select(ExternalEvent)).all() == []


async def test_without_a_secret_there_is_no_such_route(sqlite_db: Database) -> None:
    app = create_app(db=sqlite_db, dialogue=Voice(), payments=None)
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        assert (await http.post("/webhooks/stripe", content=b"{}")).status_code == 404
