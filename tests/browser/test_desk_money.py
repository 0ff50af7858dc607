"""Money at the desk in a real browser: an agent proposes and gives back, a second person decides."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.billing import ledger
from bot.db import Database
from bot.money import Money
from bot.settings import settings
from tests.browser.test_desk import Live
from tests.desk.desks import Desk, served
from tests.desk.test_money import Till

pytestmark = pytest.mark.slow


class Counter(Live):
    """A desk on a real server, with Maya in a conversation with Ana."""

    def __init__(self, desk: Desk, url: str) -> None:
        super().__init__(desk, url)
        self.till = Till(desk)

    def open(self, page: Page, name: str = "ana") -> None:
        """Sign in and open Maya's conversation."""
        self.sign_in(page, name)
        page.get_by_role("link", name="Maya Torres").click()
        expect(page.locator("#about")).to_contain_text("$160.50")


@pytest.fixture
def counter(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    """Reached by plain http on loopback."""
    monkeypatch.setenv("GT_PUBLIC_URL", "http://127.0.0.1")
    settings.cache_clear()
    desk = Desk(sqlite_db)
    with served(desk.app) as url:
        yield Counter(desk, url)


def test_an_agent_reduces_an_invoice_within_what_they_may_do_alone(counter: Counter, page: Page) -> None:
    counter.open(page)
    page.get_by_role("button", name="Adjust or refund").click()
    sheet = page.get_by_role("dialog", name="Adjust or refund")
    sheet.get_by_label("What").select_option("Correct an invoice downwards")
    sheet.get_by_label("On").select_option(index=1)
    expect(sheet).to_contain_text("Up to $80.50.")
    sheet.get_by_label("Amount").fill("10,5")
    sheet.get_by_label("Why").fill("no")
    sheet.get_by_role("button", name="Reduce").click()
    expect(sheet.get_by_role("alert")).to_contain_text("reason of 10")
    sheet.get_by_label("Amount").fill("12.345")
    sheet.get_by_label("Why").fill("The parcel came late")
    sheet.get_by_role("button", name="Reduce").click()
    expect(sheet.get_by_role("alert")).to_contain_text("such as 12.50")
    sheet.get_by_label("Amount").fill("10,5")
    expect(sheet).to_contain_text("INV-1002: $80.50 is owed now, $70.00 then.")
    sheet.get_by_role("button", name="Reduce").click()
    expect(page.get_by_text("Done. The account shows it.")).to_be_visible()
    expect(page.locator("#about")).to_contain_text("$150.00")
    page.get_by_role("button", name="Adjust or refund").click()
    expect(sheet).to_contain_text("Reduction on INV-1002 · Posted")
    expect(sheet).to_contain_text("Ana, now: The parcel came late")
    expect(sheet).not_to_contain_text("[object")
    assert counter.till.owed() == 7_000
    sheet.get_by_role("button", name="Undo: Reduction on INV-1002").click()
    undo = page.get_by_role("dialog", name="Undo: Reduction of $10.50")
    undo.get_by_label("Why").fill("It was the wrong invoice")
    undo.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text("Undone. The account shows it.")).to_be_visible()
    assert counter.till.owed() == 8_050


def test_what_is_above_the_limit_is_decided_by_the_supervisor(
    counter: Counter, page: Page, context: BrowserContext
) -> None:
    counter.open(page)
    page.get_by_role("button", name="Adjust or refund").click()
    sheet = page.get_by_role("dialog", name="Adjust or refund")
    expect(sheet.get_by_label("What")).to_have_value("refund")
    sheet.get_by_label("Amount").fill("90")
    sheet.get_by_label("Why").fill("They paid the same thing twice")
    expect(sheet).to_contain_text("It waits for a second person first, as it is above $50.00.")
    _picture(page, "sheet")
    sheet.get_by_role("button", name="Refund", exact=True).click()
    expect(page.get_by_text("It waits for a second pair of eyes.")).to_be_visible()
    expect(page.locator("#decisions")).to_be_hidden()
    context.clear_cookies()
    counter.sign_in(page, "sol")
    waits = page.get_by_role("listitem").filter(has_text="Refund of $90.00")
    expect(waits).to_contain_text("Ana: They paid the same thing twice")
    _picture(page, "decision")
    waits.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved.")).to_be_visible()
    expect(page.locator("#decisions")).to_be_hidden()
    with counter.desk.db.reading() as session:
        assert ledger.balance(session, ledger.STRIPE, "USD") == Money(1_000, "USD")


def test_who_does_not_speak_with_the_customer_has_no_button_for_it(counter: Counter, page: Page) -> None:
    other = counter.desk.waiting(said="Hello?")
    counter.sign_in(page, "ben")
    page.goto(f"{counter.url}/desk/conversations/{other}")
    expect(page.locator("#about")).to_contain_text("$100.00")
    expect(page.get_by_role("button", name="Adjust or refund")).to_have_count(0)


def _picture(page: Page, name: str) -> None:
    """For the eye, when `GT_TEST_PICTURES` names a folder."""
    if folder := os.environ.get("GT_TEST_PICTURES"):
        page.screenshot(path=f"{folder}/desk-money-{name}.png")
