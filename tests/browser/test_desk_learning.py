"""Learning in a real browser: with the keyboard alone, on a desk and on a phone, in light and dark."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.conversations import transcript
from bot.db import Database
from bot.models import Author
from bot.settings import settings
from tests import factories
from tests.browser.test_desk import CONTRAST
from tests.desk.desks import PASSWORD, Desk, served
from tests.desk.learning.turns import says

pytestmark = pytest.mark.slow

# Where pictures of the pages are kept to be looked at, if somewhere.
PICTURES = os.environ.get("GT_TEST_PICTURES")


@pytest.fixture
def url(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A desk with three sentences to review, reached by plain http on loopback."""
    monkeypatch.setenv("GT_PUBLIC_URL", "http://127.0.0.1")
    settings.cache_clear()
    with sqlite_db.transaction() as session:
        customer = factories.maya(session)
        here = factories.conversation(session, customer_id=customer.id)
        transcript.append(session, here, author=Author.BOT, text="Hello, I'm the assistant. How can I help today?")
        says(session, "do you sell fish as well", "out_of_scope", confidence=0.91)
        said = "Maya here, maya@example.com. The season is over and my boat sank, I can do $50"
        says(session, said, "nlu_fallback", confidence=0.22, to=here)
        transcript.append(session, here, author=Author.BOT, text="Let me make sure I follow. Is it about one of these?")
        says(session, "my boat sank and nobody listens", "express_frustration", confidence=0.44, to=here)
    with served(Desk(sqlite_db).app) as address:
        yield address


def sign_in(page: Page, url: str, name: str) -> None:
    """By the form, to the list. On a phone the way there is on one's own page, not in the bar."""
    page.goto(f"{url}/desk/sign-in?next=/desk/learning")
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Learning")).to_be_visible()


def propose_by_keys(page: Page) -> None:
    """From the list to the second sentence, and on to the third."""
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What should be learned?")).to_be_visible()
    page.get_by_label("The sentence to keep").fill("the season is over and my boat sank")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("lost work")
    expect(page.locator(".intents label:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="report_hardship")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="do you sell fish as well")).to_be_visible()


def test_one_proposes_and_another_accepts_with_the_keyboard_alone(page: Page, url: str) -> None:
    sign_in(page, url, "ana")
    propose_by_keys(page)
    page.keyboard.press("3")
    page.get_by_role("radio", name="It means nothing").check()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(f"{url}/desk/learning")
    expect(page.locator(".sentences li")).to_have_count(1)
    page.context.clear_cookies()
    sign_in(page, url, "sol")
    page.get_by_role("link", name="Proposed").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Was heard as")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Learn nothing from this")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_text("No proposal waits.")).to_be_visible()


def test_what_must_not_be_kept_is_said_beside_the_form(page: Page, url: str) -> None:
    sign_in(page, url, "ana")
    page.get_by_role("link", name=re.compile("The season is over")).click()
    page.get_by_label("The sentence to keep").fill("maya@example.com has no work")
    page.get_by_role("radio", name="report_hardship").check()
    page.get_by_role("button", name="Propose, and the next").click()
    expect(page.get_by_role("alert")).to_contain_text("an e-mail address")
    expect(page.get_by_label("The sentence to keep")).to_have_value("maya@example.com has no work")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_can_be_read_and_nothing_runs_off_it(page: Page, url: str, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 860})
    sign_in(page, url, "sol")

    def looked_at(name: str) -> None:
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    looked_at("list")
    page.get_by_role("link", name=re.compile("The season is over")).click()
    looked_at("sentence")
    page.get_by_role("radio", name="A better answer").check()
    looked_at("answer")
    page.get_by_label("The sentence to keep").fill("my boat sank")
    page.get_by_label("What the assistant should have answered").fill("I'm sorry about your boat. Let's look at it.")
    page.get_by_role("button", name="Propose, and the next").click()
    expect(page.get_by_role("heading", name="do you sell fish as well")).to_be_visible()
    page.goto(f"{url}/desk/learning?tab=proposed")
    looked_at("proposed")
    page.get_by_role("link", name="my boat sank").click()
    looked_at("review")
    page.goto(f"{url}/desk")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    looked_at("console")
