"""Two agents and three customers at once, on the running product: the web, a text message, WhatsApp. With
GT_TEST_PICTURES every step leaves a screenshot in that folder."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot import policies
from bot.app import create_app
from bot.conversations import handoff
from bot.conversations.dialogue import Answer, Reply, Turn
from bot.db import Database
from bot.demo import PASSWORD
from bot.models import Agent, Conversation, Message, Presence
from bot.settings import settings
from tests.browser.chat import log, write
from tests.browser.live_desk import Live
from tests.browser.test_the_line import code, picture
from tests.desk.desks import Desk, Echo, served
from tests.end_to_end.patience import until
from tests.end_to_end.phone import Phone
from tests.end_to_end.running import Running, demo

pytestmark = pytest.mark.slow

SAMUEL, CARLOS = "+13125550102", "+13055550106"
PERSON = "I'd like to talk to a person please"


@dataclass
class Seat:
    """One agent at the desk, in a browser of their own."""

    name: str
    context: BrowserContext
    page: Page

    def opens(self, where: str) -> None:
        """Choose the conversation of this channel, and wait until it is there."""
        self.page.locator(".item", has_text=where).click()
        expect(self.page.locator("#thread-state")).to_contain_text(where)

    def says(self, words: str) -> None:
        """Answer the customer."""
        self.page.get_by_label("Your reply").fill(words)
        self.page.keyboard.press("Control+Enter")
        expect(self.page.locator(".said.agent", has_text=words).last).to_be_visible()

    def leaves(self, how: str, note: str = "", to: str | None = None) -> None:
        """Hand it over, return it or close it, with a word for whoever comes next."""
        self.page.locator("#thread-acts").get_by_role("button", name=how, exact=True).click()
        if to is not None:
            them = self.page.locator("#leave-to option", has_text=to)
            self.page.get_by_label("To", exact=True).select_option(value=them.get_attribute("value"))
        else:
            self.page.get_by_label("What came of it").select_option(index=1)
        self.page.locator("#leave-note").fill(note)
        self.page.locator("#leave-do").click()
        if to is not None:
            expect(self.page.locator("#leave-problem")).to_contain_text(f"{to} is away")
            self.page.get_by_role("button", name="Hand over anyway").click()
        expect(self.page.locator("#leave")).to_be_hidden()

    @property
    def has_it(self) -> bool:
        """Whether what is open is theirs."""
        return self.page.locator("#composer").is_visible()


@pytest.fixture(scope="module")
def product() -> Iterator[Running]:
    """The demo, for this file alone."""
    with demo({}) as running:
        yield running


@pytest.fixture
def seats(product: Running, browser: Browser) -> Iterator[tuple[Seat, Seat]]:
    """Ana and Sol, signed in, each on their own machine."""
    made = []
    for name in ("ana", "sol"):
        context = browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.goto(f"{product.url}/desk")
        page.get_by_label("E-mail").fill(f"{name}@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        made.append(Seat(name.capitalize(), context, page))
    yield made[0], made[1]
    for seat in made:
        seat.context.close()


def test_three_customers_meet_two_agents(product: Running, page: Page, seats: tuple[Seat, Seat]) -> None:
    with closing(Phone(product, SAMUEL)) as samuel, closing(Phone(product, CARLOS, "whatsapp", "meta")) as carlos:
        ask_for_a_person(product, page, samuel, carlos)
        for seat in seats:
            expect(seat.page.locator("[data-list='waiting'] .item")).to_have_count(3)
            picture(seat.page, f"two-agents-1-waiting-{seat.name}")

        by_web, _ = race(seats, "Website")
        by_text, other = race(seats, "SMS")
        by_whatsapp, _ = race(seats, "WhatsApp")
        for seat, where in ((by_web, "Website"), (by_text, "SMS"), (by_whatsapp, "WhatsApp")):
            seat.opens(where)
            seat.says(f"Hello, {seat.name} here, by {where}.")
        expect(log(page)).to_contain_text(f"{by_web.name} here, by Website.")
        samuel.hear(f"{by_text.name} has joined", f"{by_text.name} here, by SMS.")
        carlos.hear(f"{by_whatsapp.name} here, by WhatsApp.")

        to = next(seat for seat in seats if seat is not by_web)
        by_web.opens("Website")
        by_web.leaves("Hand over", "Maya works nights: mornings are bad", to=to.name)
        expect(log(page)).to_contain_text(f"{to.name}, a colleague, will answer you here")
        to.opens("Website")
        expect(to.page.locator("#about")).to_contain_text("mornings are bad")
        picture(to.page, "two-agents-2-handed-over")
        to.says(f"It's {to.name} now.")
        expect(log(page)).to_contain_text(f"It's {to.name} now.")

        to.leaves("Return", "Told her about the plans")
        expect(log(page)).to_contain_text("the assistant, a computer program")
        write(page, "how much do I owe?")
        expect(log(page).get_by_text("$200.50").last).to_be_visible(timeout=30_000)
        expect(log(page).get_by_text(re.compile("account number", re.I))).to_have_count(1)  # who she is, is known still

        by_whatsapp.opens("WhatsApp")
        by_whatsapp.leaves("Close")
        by_text.context.close()
        minutes_pass_without(product, by_text.name)
        expect(other.page.locator("[data-list='waiting'] .item")).to_have_count(1, timeout=60_000)
        other.opens("SMS")
        picture(other.page, "two-agents-3-back-in-the-queue")
        other.page.get_by_role("button", name="Claim").click()
        other.says("I have read all of it.")
        samuel.hear(f"{other.name} has joined", "I have read all of it.")


def ask_for_a_person(product: Running, page: Page, samuel: Phone, carlos: Phone) -> None:
    """Maya proves on the web who she is; all three ask for a person."""
    page.goto(f"{product.url}/shop")
    page.get_by_role("button", name="Open chat").click()
    expect(log(page)).to_contain_text("not a person")
    write(page, "how much do I owe?")
    expect(log(page)).to_contain_text(re.compile("account number", re.I))
    write(page, "GT-1001")
    expect(log(page)).to_contain_text("six", timeout=20_000)
    write(page, code(product, "+12105550101"))
    expect(log(page)).to_contain_text("$200.50", timeout=20_000)
    write(page, PERSON)
    samuel.say(PERSON)
    carlos.say("Quiero hablar con una persona, por favor")


def race(seats: tuple[Seat, Seat], where: str) -> tuple[Seat, Seat]:
    """Both look at one conversation and click in the same moment: who has it, and who reads that the other does."""
    for seat in seats:
        seat.opens(where)
        expect(seat.page.locator("#invite-claim")).to_be_visible()
    at = time.time() * 1000 + 500
    for seat in seats:
        seat.page.evaluate(
            "at => { setTimeout(() => document.querySelector('#invite-claim').click(), at - Date.now()); }", at
        )
    until(lambda: any(seat.has_it for seat in seats), f"nobody got {where}")
    first, second = sorted(seats, key=lambda seat: not seat.has_it)
    expect(second.page.locator("body")).to_contain_text(re.compile(f"{first.name} (has|is speaking)"))
    assert not second.has_it
    return first, second


def minutes_pass_without(product: Running, name: str) -> None:
    """This agent's desk was closed for longer than we wait. That goes by the system's clock, which no test moves: their
    last sign of life is made older instead."""
    db = Database(f"sqlite:///{product.var / 'goodterms.db'}")
    with db.transaction() as session:
        agent = session.scalars(sa.select(Agent).where(Agent.name == name)).one()
        session.get_one(Presence, agent.id).seen_at -= policies.assignment().presence.return_seconds + 120
    db.dispose()


class Slow(Echo):
    """A voice that hands over to a person, and speaks only when it may: what it says comes late."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.may_speak = threading.Event()

    async def converse(self, turn: Turn) -> Answer:
        """As an action does it: the hand-over is written down, and then the turn's answer is made."""
        with self.db.transaction() as session:
            handoff.request(session, turn.conversation_id, reason="request_human", skill="general", summary={})
        await asyncio.to_thread(self.may_speak.wait, 60)
        return Answer([Reply("These words come too late.")], "request_human", 1.0)


def test_what_the_bot_says_after_an_agent_took_over_is_dropped(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch, page: Page, browser: Browser
) -> None:
    monkeypatch.setenv("GT_PUBLIC_URL", "http://127.0.0.1")
    settings.cache_clear()
    desk, slow = Desk(sqlite_db), Slow(sqlite_db)
    with served(create_app(db=sqlite_db, dialogue=slow)) as url:
        shop = f'<!doctype html><title>A shop</title><script src="{url}/widget.js" data-goodterms data-open></script>'
        page.route("**/shop-page", lambda route: route.fulfill(body=shop, content_type="text/html"))
        page.goto(f"{url}/shop-page")
        expect(log(page)).to_contain_text("not a person")
        write(page, PERSON)
        context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 860})
        ana = context.new_page()
        Live(desk, url).sign_in(ana)
        ana.locator("[data-list='waiting'] .item").click()
        ana.get_by_role("button", name="Claim").click()
        expect(log(page)).to_contain_text("Ana has joined")
        slow.may_speak.set()
        until(lambda: turn_is_over(sqlite_db), "the bot's turn does not end")
        ana.get_by_label("Your reply").fill("Hello, I'm Ana.")
        ana.keyboard.press("Control+Enter")
        expect(log(page)).to_contain_text("Hello, I'm Ana.")
        expect(log(page)).not_to_contain_text("too late")
        expect(ana.locator("#log")).not_to_contain_text("too late")
        context.close()


def turn_is_over(db: Database) -> bool:
    """Nobody answers any more, and nothing waits for an answer."""
    with db.reading() as session:
        talk = session.scalars(sa.select(Conversation)).one()
        waits = session.scalar(sa.select(sa.func.count()).select_from(Message).where(Message.pending)) or 0
        return talk.turn_until is None and not waits
