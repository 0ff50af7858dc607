"""`/documents/<token>`: the PDF and nothing that tells of it; else a kind page that implies no debt (P1)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from bot import document_page, policies
from bot.billing import payments
from bot.channels.front_door import FrontDoor
from bot.db import Database
from bot.documents import links
from bot.models import Customer, DocumentKind
from bot.money import Money
from tests import factories
from tests.conftest import SetClock
from tests.documents.reading import opened
from tests.served import served
from tests.voices import Voice

IMPLIES_A_DEBT = re.compile(
    r"\b(debt|owe[ds]?|overdue|arrears|late|due|collect\w*|invoice|balance|open on|statement|Maya|Torres|GT-1001|"
    r"deuda|pendiente|factura|saldo|dívida|fatura)\b",
    re.I,
)


@dataclass
class Scene:
    """Maya's receipt, in Spanish."""

    http: httpx.AsyncClient
    db: Database
    clock: SetClock
    maya: Customer
    receipt: str

    def statement(self, locale: str = "en-US") -> str:
        """The path of a new statement of hers."""
        with self.db.transaction() as session:
            token = links.issue(session, self.maya, DocumentKind.STATEMENT, locale=locale).token
        return f"/documents/{token}"


@pytest.fixture
async def scene(db: Database, clock: SetClock) -> AsyncIterator[Scene]:
    """Served on a port."""
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, Money.of("80.50", "USD"), conversation_id=None)
        payments.settle(session, payment.id, factories.checkout(payment))
        document = links.issue(session, maya, DocumentKind.RECEIPT, payment=payment, locale="es-MX")
    app = FastAPI()
    app.state.front_door = FrontDoor(db, Voice())
    app.include_router(document_page.routes)
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        yield Scene(http, db, clock, maya, f"/documents/{document.token}")


async def test_a_link_shows_the_document_and_may_be_opened_again(scene: Scene) -> None:
    first, second = await scene.http.get(scene.receipt), await scene.http.get(scene.receipt)
    assert first.status_code == 200
    assert first.content == second.content
    assert first.headers["Content-Type"] == "application/pdf"
    assert "USD80.50" in opened(first.content).text
    assert (await scene.http.get(scene.statement())).content.startswith(b"%PDF-")


async def test_p1_the_headers_keep_it_private_and_its_name_tells_nothing(scene: Scene) -> None:
    page = await scene.http.get(scene.receipt)
    assert page.headers["Content-Disposition"] == 'inline; filename="recibo.pdf"'
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Frame-Options"] == "DENY"


async def test_a_preview_that_asks_for_the_head_gets_it(scene: Scene) -> None:
    head = await scene.http.head(scene.receipt)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["Content-Type"] == "application/pdf"


async def test_p1_a_link_that_has_run_out_is_a_kind_page_in_the_customers_language(scene: Scene) -> None:
    path = scene.statement("pt-BR")
    scene.clock.advance(hours=policies.documents().link_hours)
    page = await scene.http.get(path, headers={"Accept-Language": "en"})
    assert page.status_code == 410
    assert "Este link expirou" in page.text
    assert 'lang="pt-BR"' in page.text
    assert not IMPLIES_A_DEBT.search(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.text, flags=re.S))
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text


@pytest.mark.parametrize("token", ["nonsense", "a" * 3000, "%3Cscript%3E", "..%2f..%2fetc", "%00"])
async def test_p1_p2_an_unknown_link_is_a_kind_page_in_the_browsers_language(scene: Scene, token: str) -> None:
    page = await scene.http.get(f"/documents/{token}", headers={"Accept-Language": "xx,es-AR;q=0.9,en;q=0.5"})
    assert page.status_code == 404
    if "%2f" not in token:
        assert "No encontramos esta página" in page.text
        assert not IMPLIES_A_DEBT.search(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.text, flags=re.S))
    assert "<script>" not in page.text


async def test_many_at_once_are_all_served_and_too_many_are_asked_to_come_again(
    scene: Scene,
) -> None:
    answers = await asyncio.gather(*(scene.http.get(scene.receipt) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {200}
    held = 0
    while document_page._room.acquire(blocking=False):
        held += 1
    try:
        busy = await scene.http.get(scene.receipt)
    finally:
        for _ in range(held):
            document_page._room.release()
    assert held == document_page.PRESSES + document_page.WAITING
    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "60"
    assert (await scene.http.get(scene.receipt)).status_code == 200
