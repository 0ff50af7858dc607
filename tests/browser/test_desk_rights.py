"""Who the customer is, in a real browser: contacts with a second look, a copy, an erasure by two, promised calls."""

from __future__ import annotations

import datetime as dt
import os
import zipfile
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot import clock
from bot.billing.identity import verification_locks as locks
from bot.conversations import handoff
from bot.conversations.rights import erasure
from bot.db import Database
from bot.models import (
    Agent,
    Callback,
    Case,
    ContactEdit,
    ContactField,
    Conversation,
    Customer,
    EditStatus,
    Erasure,
    Feedback,
    Role,
)
from bot.settings import settings
from tests import factories
from tests.browser.live_desk import Live
from tests.desk.desks import Desk, served, waiting

pytestmark = pytest.mark.slow


class Office(Live):
    """A desk on a real server, with Robin, who owes nothing and has proven who they are, in a conversation with Ana."""

    def __init__(self, desk: Desk, url: str) -> None:
        super().__init__(desk, url)
        with desk.db.transaction() as session:
            ben = session.get_one(Agent, desk.ben.id)
            ben.role = Role.SUPERVISOR
            robin = factories.customer(session, name="Robin Quill", account_number="GT-2001")
            self.customer_id = robin.id
            self.conversation_id = waiting(session, robin, "I have a new number, and a question")
            handoff.claim(session, self.conversation_id, desk.ana)
            session.add(
                Feedback(
                    conversation_id=self.conversation_id,
                    customer_id=robin.id,
                    rating=2,
                    given_at=clock.now(),
                    comment="Slow",
                )
            )
            case = Case(
                conversation_id=self.conversation_id,
                customer_id=robin.id,
                kind="callback",
                summary="Please call me about the boiler.",
            )
            session.add(case)
            session.flush()
            at = clock.now() + dt.timedelta(hours=2)
            session.add(
                Callback(
                    case_id=case.id,
                    conversation_id=self.conversation_id,
                    customer_id=robin.id,
                    phone="+12125550142",
                    starts_at=at,
                    ends_at=at + dt.timedelta(hours=1),
                )
            )

    def open(self, page: Page, name: str = "ana") -> None:
        """Sign in and open the conversation, with the pane about the customer."""
        self.sign_in(page, name)
        page.goto(f"{self.url}/desk/conversations/{self.conversation_id}")
        expect(page.locator("#about")).to_contain_text("Robin Quill")

    def robin(self) -> Customer:
        """As they are on file."""
        with self.desk.db.reading() as session:
            return session.get_one(Customer, self.customer_id)


@pytest.fixture
def office(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Reached by plain http on loopback."""
    monkeypatch.setenv("GT_PUBLIC_URL", "http://127.0.0.1")
    settings.cache_clear()
    desk = Desk(sqlite_db)
    with served(desk.app) as url:
        yield Office(desk, url)


def change(page: Page, what: str, value: str) -> None:
    """By the sheet, as an agent does."""
    page.get_by_role("button", name="Change what is on file").click()
    sheet = page.get_by_role("dialog", name="Change what is on file")
    sheet.get_by_label("What").select_option(what)
    sheet.get_by_label("New").fill(value)
    sheet.get_by_label("Why").fill("They told me their new one")
    sheet.get_by_role("button", name="Save").click()


def test_a_contact_is_changed_and_the_next_key_waits_for_a_second_look(
    office: Office, page: Page, context: BrowserContext
) -> None:
    office.open(page)
    with office.desk.db.transaction() as session:
        factories.customer(session, email="robin@example.org")
    change(page, "Phone", "+1 212 555 0177")
    expect(page.get_by_text("On file from now on.")).to_be_visible()
    expect(page.locator("#about")).to_contain_text("+12125550177")
    change(page, "E-mail", "not an address")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("not an e-mail address")
    expect(page.get_by_role("dialog")).to_contain_text("a second person decides")
    picture(page, "contact")
    page.get_by_label("New").fill("robin@example.org")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It waits for a second pair of eyes. Another customer has this e-mail")).to_be_visible()
    context.clear_cookies()
    office.sign_in(page, "sol")
    waits = page.get_by_role("listitem").filter(has_text="New e-mail: robin@example.org")
    expect(waits).to_contain_text("Ana: They told me their new one")
    expect(waits).to_contain_text("Another customer has this e-mail address on file")
    picture(page, "second-look")
    waits.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved.")).to_be_visible()
    assert office.robin().email == "robin@example.org"


def test_a_second_person_sees_that_a_contact_is_taken_off(office: Office, page: Page) -> None:
    with office.desk.db.transaction() as session:
        edit = ContactEdit(
            customer_id=office.customer_id,
            field=ContactField.EMAIL,
            before="robin@example.com",
            reason="They asked for it",
            status=EditStatus.PROPOSED,
            proposed_by=office.desk.ana.id,
        )
        session.add(edit)
    office.sign_in(page, "sol")
    waits = page.get_by_role("listitem").filter(has_text="Remove the e-mail robin@example.com")
    waits.get_by_role("button", name="Approve: Remove the e-mail").click()
    expect(page.get_by_role("dialog")).to_contain_text("Remove the e-mail robin@example.com")
    picture(page, "removal")


def test_a_lock_is_lifted_and_a_wish_and_a_no_are_written_down(office: Office, page: Page) -> None:
    with office.desk.db.transaction() as session:
        while not locks.count_failure(session, locks.account(office.customer_id)):
            pass
    office.open(page)
    expect(page.locator("#about")).to_contain_text("after wrong tries")
    page.get_by_role("button", name="Unlock").click()
    page.get_by_role("dialog").get_by_label("Why").fill("They know every invoice")
    page.get_by_role("dialog").get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("Unlocked.")).to_be_visible()
    expect(page.locator("#about")).to_contain_text("Unlocked by Ana")
    page.get_by_role("button", name="Write down a wish").click()
    page.get_by_label("Wish", exact=True).select_option("Only at these hours")
    page.get_by_label("From").fill("12:00")
    page.get_by_role("dialog").get_by_role("button", name="Write down").click()
    expect(page.locator("#about")).to_contain_text("12:00 to 18:00")
    page.get_by_role("button", name="No to SMS").click()
    page.get_by_role("dialog").get_by_role("button", name="They say no").click()
    expect(page.get_by_role("button", name="Yes to SMS")).to_be_visible()


def test_a_copy_is_downloaded_and_an_erasure_takes_two_people(
    office: Office, page: Page, context: BrowserContext
) -> None:
    office.open(page, "sol")
    with page.expect_download() as download:
        page.get_by_role("link", name="Copy of their data").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert b"Robin Quill" in archive.read("index.html")
    page.get_by_role("button", name="Erase their data").click()
    sheet = page.get_by_role("dialog", name="Erase their data")
    expect(sheet).to_contain_text("Not yet possible: there is a conversation that is not closed.")
    sheet.get_by_label("Why").fill("They asked for it by letter")
    picture(page, "erase")
    with office.desk.db.transaction() as session:
        handoff.close(session, office.conversation_id, office.desk.ana)
    sheet.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("It waits for another supervisor.")).to_be_visible()
    context.clear_cookies()
    office.sign_in(page, "ben")
    waits = page.get_by_role("listitem").filter(has_text="Erase everything")
    waits.get_by_role("button", name="Approve").click()
    sheet = page.get_by_role("dialog", name="Approve?")
    expect(sheet).to_contain_text("can’t be taken back")
    sheet.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved.")).to_be_visible()
    with office.desk.db.reading() as session:
        erasure_id = session.query(Erasure).one().id
    assert erasure.carry_on(office.desk.db, erasure_id)  # as the worker does it
    assert office.robin().name == "Erased"
    with office.desk.db.reading() as session:
        assert session.query(Erasure).one().parts > 1
        assert session.get_one(Conversation, office.conversation_id).address is None


def test_a_promised_call_is_taken_and_written_up(office: Office, page: Page, context: BrowserContext) -> None:
    office.sign_in(page)
    page.goto(f"{office.url}/desk/callbacks")
    call = page.get_by_role("listitem", name="Call to Robin Quill")
    expect(call).to_contain_text("+12125550142")
    expect(call).to_contain_text("there")
    call.get_by_role("button", name="I'll call").click()
    call.get_by_label("What came of it").fill("no")
    picture(page, "calls")
    call.get_by_role("button", name="Spoken to").click()
    expect(call.get_by_role("alert")).to_contain_text("in a few words")
    call.get_by_label("What came of it").fill("The boiler is mended")
    call.get_by_role("button", name="Spoken to").click()
    expect(page.get_by_text("No call is waiting.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="The boiler is mended")).to_contain_text("Spoken to, Ana")
    context.clear_cookies()
    office.sign_in(page, "sol")
    page.goto(f"{office.url}/desk/feedback")
    row = page.get_by_role("listitem").filter(has_text="2 of 5")
    expect(row).to_contain_text("Slow")
    picture(page, "ratings")
    row.get_by_role("link").click()
    expect(page.locator("#about")).to_contain_text("Robin Quill")


@pytest.mark.parametrize("name", ["ana", "sol"])
def test_nothing_overflows_on_a_phone(office: Office, browser: Browser, name: str) -> None:
    looks: list[tuple[int, Literal["light", "dark"]]] = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
    for width, scheme in looks:
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        page = context.new_page()
        office.open(page, name)
        if width < 500:
            page.get_by_role("button", name="About the customer").click()
        expect(page.get_by_text("How they want to hear from us")).to_be_visible()
        page.evaluate("document.querySelector('#about [data-key=wish]').scrollIntoView({block: 'center'})")
        fits(page, f"pane-{name}-{width}-{scheme}")
        page.get_by_role("button", name="Change what is on file").click()
        fits(page, f"sheet-{name}-{width}-{scheme}")
        for path in ("callbacks", "feedback") if name == "sol" else ("callbacks",):
            page.goto(f"{office.url}/desk/{path}")
            fits(page, f"{path}-{name}-{width}-{scheme}")
        context.close()


def fits(page: Page, name: str) -> None:
    """Nothing is wider than the window."""
    picture(page, name)
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, name


def picture(page: Page, name: str) -> None:
    """For the eye, when `GT_TEST_PICTURES` names a folder."""
    if folder := os.environ.get("GT_TEST_PICTURES"):
        page.screenshot(path=f"{folder}/desk-rights-{name}.png")
