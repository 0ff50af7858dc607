"""axe-core finds no serious fault on any page of the desk, with its sheets open, on a phone and in the dark."""

from __future__ import annotations

import random
import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from bot.conversations import handoff, transcript
from bot.desk import agents, roles
from bot.models import Author, Conversation
from tests import factories
from tests.browser.axe import Axe
from tests.browser.chat import CARDS
from tests.browser.live_desk import Live
from tests.conftest import SetClock
from tests.desk.desks import PASSWORD, waiting
from tests.desk.insights.test_whole import anything
from tests.desk.insights.world import at
from tests.desk.learning.turns import says
from tests.desk.test_money import Till

pytestmark = pytest.mark.slow

# Addresses that name something, and where it is met; all others are opened as they are.
NAMED = {
    "/desk/conversations/{conversation_id}": "the console's own test",
    "/desk/learning/sentences/{message_id}": "from the list of sentences",
    "/desk/learning/reviews/{review_id}": "from the list of proposals",
    "/desk/insights/rows/{name}": "from a number",
}
NO_PAGES = re.compile(r"static|\.csv$|\.svg$|/sso")


def pages() -> list[str]:
    """Every page of the desk that a person reads."""
    found = (call.removeprefix("GET ") for call in roles.LEAST if call.startswith("GET /desk"))
    return sorted(path for path in found if not NO_PAGES.search(path))


@pytest.fixture
def axe(page: Page) -> Axe:
    """Looks at the agent's tab."""
    return Axe(page)


def test_the_door_and_a_first_sign_in(live: Live, page: Page, axe: Axe) -> None:
    page.goto(f"{live.url}/desk")
    axe.look("the door")
    live.knock(page, "ana", "not the password")
    expect(page.get_by_role("alert")).to_be_visible()
    axe.look("the door after a wrong password")
    with live.desk.db.transaction() as session:
        agents.set_password(session, email="ana@example.com", password="words-for-once", temporary=True)
    live.knock(page, "ana", "words-for-once")
    expect(page.get_by_role("status")).to_contain_text("please choose your own")
    axe.look("a first password")
    axe.is_content()


def test_the_console_with_every_sheet_open(live: Live, page: Page, axe: Axe) -> None:
    till = Till(live.desk)
    live.desk.waiting(verified=False)
    live.desk.waiting(said="I need more time", reason="vulnerability", priority=1)
    with live.desk.db.transaction() as session:
        talk = session.get_one(Conversation, till.conversation_id)
        for card, _ in CARDS:
            transcript.append(session, talk, author=Author.BOT, text="Here it is.", card=card)
        handoff.note(session, talk.id, live.desk.ana, "Prefers the mornings")
        handoff.reply(session, talk.id, live.desk.ana, "Hello Maya, I'm Ana.", str(uuid.uuid4()))
    live.sign_in(page)
    axe.look("the queue")
    page.locator(f"[data-id='{till.conversation_id}']").click()
    expect(page.locator(".said.note")).to_be_visible()
    expect(page.locator("#about")).to_contain_text("$160.50")
    axe.look("a thread")
    for act in ("Hand over", "Return", "Close"):
        page.locator("#thread-acts").get_by_role("button", name=act, exact=True).click()
        axe.look(f"{act} asked")
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Adjust or refund").click()
    expect(page.locator("#money-do")).not_to_be_empty()
    axe.look("money asked")
    page.keyboard.press("Escape")
    for sheet in page.locator("dialog").all():
        sheet.evaluate("each => each.showModal()")
        axe.look(f"the sheet {sheet.get_attribute('id')}")
        sheet.evaluate("each => each.close()")
    page.locator(".item", has_text="I need more time").click()
    expect(page.locator("#invite")).to_be_visible()
    axe.look("a thread that waits")
    page.goto(f"{live.url}/desk/conversations/{uuid.uuid4()}")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    axe.look("a thread that there is not")
    axe.is_content()


def test_every_other_page(live: Live, page: Page, axe: Axe, clock: SetClock) -> None:
    with live.desk.db.transaction() as session:
        anything(session, random.Random(1), clock)
        waiting(session, factories.maya(session), "I lost some shifts")
        for text in ("my boat sank", "do you sell fish as well"):
            says(session, text)
    clock.set(at("2026-04-30 12:00"))
    live.sign_in(page, "sol")
    for path in pages():
        if "{" in path:
            assert path in NAMED, f"say where {path} is met, and meet it below"
            continue
        page.goto(f"{live.url}{path}")
        axe.look(path)
    page.goto(f"{live.url}/desk/learning")
    page.get_by_role("link", name="my boat sank").click()
    axe.look("a sentence")
    page.get_by_role("radio", name="report_hardship").check()
    page.get_by_label("The sentence to keep").fill("my boat sank")
    page.get_by_role("button", name="Propose, and the next").click()
    expect(page).not_to_have_url(re.compile("/sentences/"))
    page.goto(f"{live.url}/desk/learning?tab=proposed")
    page.get_by_role("link", name="my boat sank").click()
    axe.look("a proposal")
    page.goto(f"{live.url}/desk/insights?from=2026-02-20&to=2026-03-26")
    axe.look("insights of a month")
    page.locator("a[href*='/desk/insights/rows/']").first.click()
    axe.look("rows behind a number")
    page.goto(f"{live.url}/desk/insights?from=never")
    axe.look("insights that cannot be")
    page.goto(f"{live.url}/desk/me")
    page.get_by_role("textbox", name="Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set up a second factor").click()
    expect(page.get_by_alt_text("QR code for the authenticator app")).to_be_visible()
    axe.look("a second factor being set up")
    axe.is_content()
