"""Outreach in a real browser: from a day to its rows, a pause asked first, on a desk and a phone, light and dark."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.models import Holder, Medium, OutreachPause
from bot.settings import settings
from tests import factories
from tests.browser.axe import Axe
from tests.browser.live_desk import Live
from tests.conftest import SetClock
from tests.desk.desks import Desk, served
from tests.desk.insights.world import at
from tests.desk.outreach_world import answers, asked, pays, promises, reminder, sent
from tests.desk.outreach_world import talk as talk_of
from tests.desk.talks import Talk
from tests.outreach.reminded import SETTINGS, says_yes

pytestmark = pytest.mark.slow


class Reminded(Live):
    """A desk with a week of outreach behind it, and Maya in a conversation with Ana."""

    def __init__(self, desk: Desk, url: str) -> None:
        super().__init__(desk, url)
        self.talk = Talk(desk)
        with desk.db.transaction() as session:
            maya = self.talk.customer(session)
            says_yes(session, maya)
            here = talk_of(session, maya)
            self.on_phone = here.id
            here.holder, here.agent_id, here.wrote_at = Holder.AGENT, desk.ana.id, at("2026-02-10 12:00")
            sent(
                session,
                maya,
                here,
                at("2026-02-20 10:00"),
                subject_id=self.talk.invoices["INV-1001"],
                due_on=dt.date(2026, 2, 17),
            )
            held = reminder(
                session, maya, at("2026-02-24 10:00"), rule="refused", subject_id=self.talk.invoices["INV-1002"]
            )
            asked(session, held, Medium.SMS, "refused")
            for number, (language, wording) in enumerate(
                [("en-US", "a"), ("es-MX", "b"), ("pt-BR", "a"), ("es-MX", "a")] * 4
            ):
                other = factories.customer(session, language=language, account_number=f"GT-20{number:02}")
                there = talk_of(session, other)
                when = at(f"2026-02-{16 + number % 8} 10:00")
                sent(session, other, there, when, variant=wording)
                if number % 3 == 0:
                    answers(session, there, when + dt.timedelta(hours=3))
                if number % 4 == 0:
                    pays(session, other, when + dt.timedelta(days=1))
                if number % 5 == 0:
                    promises(session, other, when + dt.timedelta(days=1))
                reminder(session, other, when, rule=("hours", "cap", "disputed")[number % 3])

    def open(self, page: Page, conversation_id: object) -> None:
        """Ana opens it."""
        self.sign_in(page)
        page.goto(f"{self.url}/desk/conversations/{conversation_id}")
        expect(page.locator("#about")).to_contain_text("Maya Torres")


@pytest.fixture
def reminded(sqlite_db: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reminded]:
    """Reached by plain http on loopback."""
    for name, value in (SETTINGS | {"GT_PUBLIC_URL": "http://127.0.0.1"}).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    desk = Desk(sqlite_db)
    with served(desk.app) as url:
        yield Reminded(desk, url)


def test_a_day_leads_to_its_rows_and_a_number_to_those_who_answered(reminded: Reminded, page: Page) -> None:
    reminded.sign_in(page, "sol")
    page.get_by_role("link", name="Outreach", exact=True).click()
    expect(page.get_by_role("heading", name="Outreach")).to_be_visible()
    page.get_by_role("link", name="Month before").click()
    expect(page.get_by_role("heading", name="February 2026")).to_be_visible()
    page.get_by_role("link", name="Friday, February 20: 3 went out").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("link", name="All of outreach").click()
    page.goto(f"{reminded.url}/desk/outreach?from=2026-02-10&to=2026-03-02")
    answered = (
        page.get_by_role("region", name="By language").get_by_role("row", name="Spanish").get_by_role("link").nth(2)
    )
    count = answered.inner_text().split(" ")[0]
    answered.click()
    expect(page.locator("tbody tr")).to_have_count(int(count))
    expect(page.get_by_role("heading")).to_contain_text("Answered")


def test_everything_is_paused_and_resumed_each_asked_first(reminded: Reminded, page: Page) -> None:
    reminded.sign_in(page, "sol")
    page.goto(f"{reminded.url}/desk/outreach")
    page.get_by_role("button", name="Pause everything").click()
    sheet = page.get_by_role("dialog", name="Pause everything?")
    sheet.get_by_role("button", name="Pause").click()
    expect(sheet.get_by_role("alert")).to_contain_text("in a few words why")
    sheet.get_by_label("Why").fill("A wrong batch of invoices")
    sheet.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("region", name="Everything is paused")).to_contain_text("A wrong batch of invoices")
    page.get_by_role("button", name="Resume for everybody").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause everything")).to_be_visible()


def test_a_customers_reminders_are_paused_and_resumed_beside_the_conversation(reminded: Reminded, page: Page) -> None:
    reminded.open(page, reminded.talk.id)
    block = page.get_by_role("region", name="Reminders")
    expect(block).to_contain_text("Reminder of INV-1003")
    block.get_by_text("What we began before").click()
    expect(block).to_contain_text("Skipped: they refused messages there")
    block.get_by_role("button", name="Pause reminders").click()
    sheet = page.get_by_role("dialog", name="Pause reminders?")
    sheet.get_by_label("Why").fill("In hospital until Easter")
    expect(sheet).to_contain_text("Reminders rest until somebody resumes them.")
    picture(page, "pause")
    sheet.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("Paused from now on.")).to_be_visible()
    expect(block).to_contain_text("In hospital until Easter")
    expect(block).to_contain_text("Paused by Ana")
    block.get_by_role("button", name="Resume reminders").click()
    page.get_by_role("dialog", name="Resume reminders?").get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Reminders go on.")).to_be_visible()
    expect(block.get_by_role("button", name="Pause reminders")).to_be_visible()
    with reminded.desk.db.reading() as session:
        assert [bool(row.ended_at) for row in session.query(OutreachPause)] == [True]


def test_p1_the_pane_forgets_what_it_named_when_the_proof_lapses(reminded: Reminded, page: Page) -> None:
    reminded.open(page, reminded.talk.id)
    block = page.get_by_role("region", name="Reminders")
    expect(block).to_contain_text("INV-1003")
    reminded.talk.lapse()
    page.reload()
    expect(block).to_contain_text("What is next comes back once they have proven who they are.")
    expect(block).not_to_contain_text("INV-")


def test_the_composer_warns_before_something_is_begun(reminded: Reminded, page: Page) -> None:
    with reminded.desk.db.transaction() as session:
        session.add(OutreachPause(customer_id=reminded.talk.customer_id, reason="In hospital"))
    reminded.open(page, reminded.on_phone)
    hint = page.locator("#reach")
    expect(hint).to_have_text(re.compile("They last wrote 19 days ago, so this begins something, and it is paused."))
    expect(hint).to_have_attribute("data-state", "mind")
    picture(page, "warning")


def test_pages_and_pane_please_axe_and_nothing_sticks_out(reminded: Reminded, page: Page) -> None:
    axe = Axe(page)
    reminded.sign_in(page, "sol")
    for name, path in (
        ("outreach", "/desk/outreach?from=2026-02-10&to=2026-03-02&month=2026-02"),
        ("rows", "/desk/outreach/rows?from=2026-02-10&to=2026-03-02"),
        ("plan", "/desk/outreach/plan"),
    ):
        page.goto(f"{reminded.url}{path}")
        axe.look(name)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
            picture(page, f"{name}_{width}", whole=True)
    page.goto(f"{reminded.url}/desk/outreach")
    page.get_by_role("button", name="Pause everything").click()
    axe.look("the switch for everybody")
    page.goto(f"{reminded.url}/desk/conversations/{reminded.talk.id}")
    block = page.get_by_role("region", name="Reminders")
    block.get_by_text("What we began before").click()
    axe.look("the pane")
    axe.is_content()


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Kept for whoever wants to look, in the folder `GT_TEST_PICTURES`: light and dark."""
    folder = os.environ.get("GT_TEST_PICTURES")
    if not folder:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.screenshot(path=f"{folder}/{name}_{scheme}.png", full_page=whole)
    page.emulate_media(color_scheme="light")
