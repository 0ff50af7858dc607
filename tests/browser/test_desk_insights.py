"""Insights in a real browser: from a number to its rows and back, on a desk and on a phone, in light and dark."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.settings import settings
from tests.browser.test_desk import CONTRAST
from tests.conftest import SetClock
from tests.desk.desks import PASSWORD, Desk, served
from tests.desk.insights.test_whole import anything
from tests.desk.insights.world import at

pytestmark = pytest.mark.slow

DAYS = "from=2026-02-20&to=2026-03-18"


@pytest.fixture
def desk_url(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> Iterator[str]:
    """A desk with four weeks behind it, reached by plain http on loopback."""
    monkeypatch.setenv("GT_PUBLIC_URL", "http://127.0.0.1")
    settings.cache_clear()
    with sqlite_db.transaction() as session:
        for seed in range(5):
            anything(session, random.Random(seed), clock)
    clock.set(at("2026-04-30 12:00"))
    with served(Desk(sqlite_db).app) as url:
        yield url


@pytest.fixture
def insights(page: Page, desk_url: str) -> Page:
    """The page, opened by Sol."""
    page.goto(f"{desk_url}/desk")
    page.get_by_label("E-mail").fill("sol@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Insights").click()
    expect(page.get_by_role("heading", name="Insights")).to_be_visible()
    page.goto(f"{desk_url}/desk/insights?{DAYS}")
    return page


def test_a_number_leads_to_its_rows_and_a_row_to_its_conversation(insights: Page) -> None:
    outcomes = insights.get_by_role("region", name="Talks by outcome")
    number = outcomes.get_by_role("row", name="Payment").get_by_role("link").first
    count = number.inner_text()
    number.click()
    expect(insights.get_by_role("heading", name="Talks: Payment")).to_be_visible()
    expect(insights.locator(".plain-head p")).to_contain_text(f"{count} row")
    expect(insights.locator("tbody tr")).to_have_count(min(int(count), 50))
    insights.get_by_role("link", name="Open the conversation").first.click()
    expect(insights).to_have_url(re.compile("/desk/conversations/[0-9a-f-]{36}$"))


def test_the_form_chooses_channel_and_language_and_keeps_the_rest(insights: Page) -> None:
    insights.get_by_label("Channel", exact=True).select_option("SMS")
    insights.get_by_label("Language", exact=True).fill("es")
    insights.get_by_role("button", name="Show").click()
    expect(insights.get_by_label("Channel", exact=True)).to_have_value("sms")
    expect(insights.get_by_label("From", exact=True)).to_have_value("2026-02-20")
    expect(insights.get_by_role("region", name="Outcomes by language").locator("tbody th")).to_have_text(["Spanish"])


def test_a_table_is_taken_away_as_a_file(insights: Page) -> None:
    with insights.expect_download() as download:
        insights.get_by_role("link", name="Talks by outcome as CSV").click()
    assert download.value.suggested_filename == "good-terms-talks-by-outcome-2026-02-20-2026-03-18.csv"


def test_charts_are_named_pictures_and_scripts_are_not_needed(insights: Page) -> None:
    expect(insights.get_by_role("img", name="Talks that ended, by week and outcome")).to_be_visible()
    assert insights.locator("svg script, svg style").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_and_nothing_sticks_out(insights: Page, scheme: str, width: int) -> None:
    insights.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    insights.set_viewport_size({"width": width, "height": 844})
    for path in ("", "/rows/understanding"):
        insights.goto(insights.url.replace("/insights", f"/insights{path}", 1) if path else insights.url)
        assert insights.evaluate(CONTRAST) == []
        assert insights.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
