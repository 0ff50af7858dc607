"""A real browser (Chromium from PATH, headless) and a front door that the test directs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bot.db import Database
from bot.settings import settings
from tests.browser.chat import open_chat
from tests.browser.fake_front_door import FakeFrontDoor
from tests.browser.live_desk import Live
from tests.desk.desks import Desk, served

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once. Without it these tests are skipped and say so, save where all are required (.ci/run)."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        if os.environ.get("GT_TEST_REQUIRE_ALL"):
            pytest.fail("Chromium is missing")
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def live(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A desk, reached by plain http on loopback."""
    monkeypatch.setenv("GT_PUBLIC_URL", "http://127.0.0.1")
    settings.cache_clear()
    desk = Desk(sqlite_db)
    with served(desk.app) as url:
        yield Live(desk, url)


@pytest.fixture
def door() -> Iterator[FakeFrontDoor]:
    """A fresh fake front door."""
    running = FakeFrontDoor()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile in en-US and New York; its page errors fail the test."""
    fresh = browser.new_context(locale="en-US", timezone_id="America/New_York", viewport={"width": 1280, "height": 860})
    fresh.set_default_timeout(10_000)
    errors: list[str] = []
    fresh.on("weberror", lambda error: errors.append(str(error.error)))
    yield fresh
    fresh.close()
    assert errors == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The customer's tab."""
    return context.new_page()


@pytest.fixture
def chat(page: Page, door: FakeFrontDoor) -> Page:
    """The shop page with the chat open and greeted."""
    page.goto(f"{door.url}/shop")
    open_chat(page)
    return page
