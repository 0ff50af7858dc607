"""What docs/agents.md shows an agent on the first day is how the desk is, and looks. With GT_TEST_GUIDE=docs/pictures
its pictures are taken afresh."""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import FloatRect, Page, ViewportSize, expect

from bot import clock
from bot.billing import importing
from bot.conversations import handoff, transcript
from bot.db import Database
from bot.models import Author, Channel, Conversation, Customer, Provider
from bot.settings import ROOT
from tests import factories
from tests.browser.live_desk import Live

pytestmark = pytest.mark.slow

GUIDE = ROOT / "docs" / "agents.md"
LARGEST = 150_000
SIZE: ViewportSize = {"width": 1280, "height": 700}


@pytest.fixture
def morning(live: Live) -> Live:
    """The demo's customers, four of whom wait: on the web, by text message, on WhatsApp."""
    demo = ROOT / "data" / "demo"
    importing.import_files(live.desk.db, demo / "customers.csv", demo / "invoices.csv", demo / "plans.csv", demo=True)
    maya = asks(live.desk.db, "GT-1001", "I lost some shifts this month. Could I talk to somebody about the rest?")
    with live.desk.db.transaction() as session:
        talk = session.get_one(Conversation, maya)
        for author, text in (
            (
                Author.BOT,
                "Of course. I'm asking one of my colleagues to take over; they'll answer here.",
            ),
            (Author.CUSTOMER, "Thank you, no hurry"),
        ):
            transcript.append(session, talk, author=author, text=text)
    asks(live.desk.db, "GT-1002", "Can I pay on Friday?", Channel.SMS)
    asks(
        live.desk.db,
        "GT-1006",
        "Estoy en el hospital",
        Channel.WHATSAPP,
        ("vulnerability", "care", 1),
    )
    asks(live.desk.db, "GT-1008", "I don't think that this invoice is mine", reason=("dispute", "disputes", 3))
    return live


def asks(
    db: Database,
    account: str,
    said: str,
    channel: Channel = Channel.WEB,
    reason: tuple[str, str, int] = ("request_human", "general", 5),
) -> uuid.UUID:
    """A customer who has proven who they are asks for a person."""
    with db.transaction() as session:
        customer = session.scalars(sa.select(Customer).where(Customer.account_number == account)).one()
        proven = {"customer_id": customer.id, "verified_until": clock.now() + dt.timedelta(minutes=30)}
        phone = {} if channel == Channel.WEB else {"address": customer.phone, "provider": Provider.TWILIO}
        talk = factories.conversation(session, channel=channel, locale=customer.language, **proven, **phone)
        transcript.append(session, talk, author=Author.CUSTOMER, text=said)
        why, skill, priority = reason
        summary = {"said": said, "verified": True}
        handoff.request(session, talk.id, reason=why, skill=skill, priority=priority, summary=summary)
        return talk.id


def test_an_agents_first_day(morning: Live, page: Page) -> None:
    page.set_viewport_size(SIZE)
    page.emulate_media(reduced_motion="reduce")
    morning.sign_in(page)
    expect(page.locator("[data-list='waiting'] .item")).to_have_count(4)
    page.get_by_role("link", name="Maya Torres").click()
    expect(page.locator("#invite")).to_be_visible()
    picture(page, "agents-waiting", "#queue", "#thread")

    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("You are speaking", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("#canned-list").get_by_role("option").first).to_be_visible()
    picture(page, "agents-answers", "#thread")
    page.locator("#canned-seek").press("Escape")
    expect(page.locator("#canned")).to_be_hidden()

    page.get_by_label("Your reply").fill("If you don't pay we will take further action.")
    expect(page.locator("#kind")).to_contain_text("It reads as a threat.")
    picture(page, "agents-kindness", "#thread")
    page.get_by_label("Your reply").fill("Thank you for telling me, Maya. Let's find something that fits your shifts.")
    expect(page.locator("#kind")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#sent")).to_contain_text("Sent at")
    expect(page.locator("#about")).to_contain_text("$200.50")
    picture(page, "agents-talking", "#thread", "#customer")

    page.locator("#thread-acts").get_by_role("button", name="Close").click()
    page.get_by_label("What came of it").select_option(label="Plan agreed")
    picture(page, "agents-closing", "#leave")
    page.locator("#leave-cancel").click()

    page.set_viewport_size({"width": 390, "height": 700})
    expect(page.get_by_label("Your reply")).to_be_in_viewport()
    picture(page, "agents-phone", "body")


def test_every_picture_of_the_guide_is_there_and_small() -> None:
    named = re.findall(r"\]\((pictures/agents-[a-z]+\.png)\)", GUIDE.read_text())
    assert len(named) >= 5
    for each in named:
        assert 0 < (GUIDE.parent / each).stat().st_size < LARGEST, each


def test_every_key_that_the_guide_names_is_on_the_desks_own_list(live: Live, page: Page) -> None:
    live.sign_in(page)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    shown = set(page.locator("#help kbd").all_inner_texts())
    assert set(re.findall(r"<kbd>(.+?)</kbd>", GUIDE.read_text())) <= shown


def picture(page: Page, name: str, *parts: str) -> None:
    """The parts of the page, side by side as an agent sees them, kept where GT_TEST_GUIDE says."""
    boxes = [box for part in parts if (box := page.locator(part).bounding_box()) is not None]
    assert len(boxes) == len(parts)
    left, top = (min(box[side] for box in boxes) for side in ("x", "y"))
    right, bottom = (max(box[side] + box[size] for box in boxes) for side, size in (("x", "width"), ("y", "height")))
    if folder := os.environ.get("GT_TEST_GUIDE"):
        clip: FloatRect = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        page.screenshot(path=Path(folder) / f"{name}.png", clip=clip, animations="disabled", caret="hide")
