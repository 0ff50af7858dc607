"""`/unsubscribe/<token>`: one press ends e-mails at once, a person's or their mailbox's; nothing is told (P1, P2)."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from bot import chat_page, policies, unsubscribe_page
from bot.billing.identity import refusals
from bot.channels.email import tokens
from bot.channels.front_door import FrontDoor
from bot.db import Database
from bot.models import Channel, Consent, ConsentSource, Conversation, Delivery, DeliveryStatus, Holder, Provider
from tests.channels.mail_server import ADDRESS
from tests.channels.phones import Phone
from tests.conftest import SetClock
from tests.served import served
from tests.voices import Voice

IMPLIES_A_DEBT = re.compile(
    r"\b(debt|owe[ds]?|overdue|due|invoice|balance|account|maya|deuda|saldo|cuenta|conta)\b", re.I
)


@dataclass
class Scene:
    """A conversation by e-mail in which something waits to go out."""

    http: httpx.AsyncClient
    db: Database
    mailbox: Phone

    @property
    def path(self) -> str:
        return f"/unsubscribe/{tokens.of(tokens.UNSUBSCRIBE, self.mailbox.id)}"

    def refusals(self) -> list[Consent]:
        with self.db.reading() as session:
            return list(session.scalars(sa.select(Consent)))


@pytest.fixture
async def scene(db: Database, clock: SetClock) -> AsyncIterator[Scene]:
    mailbox = Phone(db, channel=Channel.EMAIL, provider=Provider.SMTP, number=ADDRESS, locale="es-MX")
    mailbox.hears("There's a message for you.", unasked=True)
    app = FastAPI()
    app.state.front_door = FrontDoor(db, Voice())
    app.include_router(unsubscribe_page.routes)
    app.include_router(chat_page.routes)
    async with served(app) as address, httpx.AsyncClient(base_url=address, timeout=60) as http:
        yield Scene(http, db, mailbox)


async def test_looking_at_the_page_ends_nothing(scene: Scene) -> None:
    page = await scene.http.get(scene.path)
    assert page.status_code == 200
    assert '<html lang="es">' in page.text
    assert page.text.count("<button") == 1
    assert "<script" not in page.text
    assert scene.refusals() == []


async def test_one_press_is_a_refusal_at_once_and_keeps_back_what_waits_c4_c5(scene: Scene) -> None:
    page = await scene.http.post(scene.path, data={"List-Unsubscribe": "One-Click"})
    assert page.status_code == 200
    assert policies.email().page_done["es"] in page.text
    (refusal,) = scene.refusals()
    assert (refusal.channel, refusal.address, refusal.granted) == (Channel.EMAIL, ADDRESS, False)
    assert refusal.source == ConsentSource.LINK
    assert scene.mailbox.statuses() == [DeliveryStatus.WITHHELD]


async def test_the_second_press_changes_nothing_and_nothing_is_sent_about_it(scene: Scene) -> None:
    pages = [(await scene.http.post(scene.path)).text for _ in range(3)]
    assert len(set(pages)) == 1
    assert len(scene.refusals()) == 1
    with scene.db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 1


async def test_the_press_ends_e_mails_to_that_address_and_nothing_else(scene: Scene) -> None:
    await scene.http.post(scene.path)
    with scene.db.reading() as session:
        assert refusals.is_refused(session, Channel.EMAIL, ADDRESS)
        assert not refusals.is_refused(session, Channel.EMAIL, "other@example.com")
        assert not refusals.is_refused(session, Channel.SMS, ADDRESS)


async def test_a_person_who_has_the_conversation_is_told(scene: Scene) -> None:
    with scene.db.transaction() as session:
        session.get_one(Conversation, scene.mailbox.id).holder = Holder.QUEUE
    await scene.http.post(scene.path)
    assert len(scene.mailbox.notes()) == 1


async def test_a_token_that_we_did_not_make_opens_nothing_and_ends_nothing(scene: Scene) -> None:
    good = scene.path.rpartition("/")[2]
    other = tokens.of(tokens.ANSWER, scene.mailbox.id, ADDRESS)
    wrong = (good[:-1] + ("0" if good[-1] != "0" else "1"), other, "x", good + "0", "%00", "a" * 500, good[:26])
    for token in wrong:
        for answer in (await scene.http.get(f"/unsubscribe/{token}"), await scene.http.post(f"/unsubscribe/{token}")):
            assert answer.status_code == 404, token
            assert "<form" not in answer.text
    assert scene.refusals() == []


async def test_a_conversation_that_is_gone_looks_as_one_that_is_there_p2(scene: Scene) -> None:
    path = f"/unsubscribe/{tokens.of(tokens.UNSUBSCRIBE, uuid.uuid4())}"
    spanish = {"Accept-Language": "es-MX,es;q=0.9"}
    assert (await scene.http.get(path, headers=spanish)).text.replace(path, scene.path) == (
        await scene.http.get(scene.path)
    ).text
    assert (await scene.http.post(path, headers=spanish)).text == (await scene.http.post(scene.path)).text
    assert len(scene.refusals()) == 1


async def test_the_pages_imply_nothing_are_kept_by_nobody_and_run_nothing_p1(scene: Scene) -> None:
    pages = [
        await scene.http.get(scene.path),
        await scene.http.post(scene.path),
        await scene.http.get("/unsubscribe/x"),
    ]
    for page in pages:
        words = re.sub(r"<style>.*?</style>", "", page.text, flags=re.S)
        assert not IMPLIES_A_DEBT.search(words)
        assert ADDRESS not in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "script-src" not in page.headers["Content-Security-Policy"]


async def test_the_chat_stands_alone_on_its_page_and_implies_nothing_p1(scene: Scene) -> None:
    for language, lead in policies.email().chat_lead.items():
        page = await scene.http.get("/chat", headers={"Accept-Language": f"{language};q=0.9, xx"})
        assert page.status_code == 200
        assert lead.format(brand=policies.brand_name()) in page.text
        assert f'<html lang="{language}">' in page.text
        assert '<script src="/widget.js" data-goodterms data-open' in page.text
        assert not IMPLIES_A_DEBT.search(re.sub(r"<style>.*?</style>", "", page.text, flags=re.S))
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert '<html lang="en">' in (await scene.http.get("/chat", headers={"Accept-Language": b"\xe9;;,,-"})).text
