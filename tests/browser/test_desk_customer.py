"""What an agent does for a customer, in a real browser: each thing is asked before it is done, and the pane shows."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from bot import clock
from bot.billing import plans, promises
from bot.db import Database
from bot.models import HoldKind
from bot.money import Money
from bot.settings import settings
from tests import factories
from tests.browser.axe import Axe
from tests.browser.live_desk import Live
from tests.desk.desks import Desk, served
from tests.desk.talks import Talk

pytestmark = pytest.mark.slow


class Pane(Live):
    """A desk on a real server, with Maya in a conversation with Ana."""

    def __init__(self, desk: Desk, url: str) -> None:
        super().__init__(desk, url)
        self.talk = Talk(desk)

    def open(self, page: Page, name: str = "ana") -> Locator:
        """Sign in and open Maya's conversation; the pane at the right."""
        self.sign_in(page, name)
        page.goto(f"{self.url}/desk/conversations/{self.talk.id}")
        expect(page.locator("#about")).to_contain_text("Maya Torres")
        return page.locator("#about")


@pytest.fixture
def pane(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pane]:
    """Reached by plain http on loopback."""
    monkeypatch.setenv("GT_PUBLIC_URL", "http://127.0.0.1")
    settings.cache_clear()
    desk = Desk(sqlite_db)
    with served(desk.app) as url:
        yield Pane(desk, url)


def done(page: Page, words: str) -> None:
    """The sheet is gone and says so."""
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.locator("#deed")).to_be_hidden()


def test_a_link_is_sent_and_the_next_one_says_that_it_replaces_it(pane: Pane, page: Page) -> None:
    about = pane.open(page)
    about.get_by_role("button", name="Send a link").click()
    sheet = page.get_by_role("dialog", name="Send a link to pay")
    expect(sheet).to_contain_text("A link for $200.50 goes into the conversation now, in English (United States).")
    sheet.get_by_label("What is to be paid").select_option("Chosen invoices")
    sheet.get_by_label("INV-1003").check()
    expect(sheet).to_contain_text("A link for $60.00")
    picture(page, "link")
    sheet.get_by_role("button", name="Send the link").click()
    done(page, "Sent. The conversation shows it.")
    expect(page.locator("#log")).to_contain_text("Here's your secure link to pay $60.00")
    expect(about).to_contain_text("Link sent")
    about.get_by_role("button", name="Send a link").click()
    expect(sheet).to_contain_text("The link for $60.00 from before can't be paid any more.")
    sheet.get_by_label("What is to be paid").select_option("Another amount")
    sheet.get_by_label("Amount").fill("12.345")
    sheet.get_by_role("button", name="Send the link").click()
    expect(sheet.get_by_role("alert")).to_contain_text("such as 12.50")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert len(pane.talk.said()) == 1


def test_a_plan_is_shown_agreed_changed_and_ended(pane: Pane, page: Page) -> None:
    about = pane.open(page)
    about.get_by_role("button", name="Agree a plan").click()
    sheet = page.locator("#deed")
    expect(sheet).to_contain_text("What is overdue: $200.50")
    sheet.get_by_label("How many").fill("40")
    picture(page, "plan")
    sheet.get_by_role("button", name="Show the plan").click()
    expect(sheet).to_contain_text("12 instalments, $200.50 in all")
    expect(sheet).to_contain_text("the nearest that is possible")
    sheet.get_by_role("button", name="Back").click()
    sheet.get_by_label("How many").fill("4")
    sheet.get_by_label("Part paid now").fill("50")
    sheet.get_by_role("button", name="Show the plan").click()
    expect(sheet.get_by_role("listitem")).to_have_count(5)
    expect(sheet).to_contain_text("A link for $50.00, due today, follows.")
    picture(page, "offer")
    sheet.get_by_role("button", name="They agreed").click()
    done(page, "Agreed. The conversation repeats the terms.")
    expect(page.locator("#log")).to_contain_text("Your plan is set up, $200.50 in all")
    expect(about).to_contain_text("$0.00 of $200.50 paid, monthly")
    about.get_by_role("button", name="Dates or a pause").click()
    sheet.get_by_label("What").select_option("A pause")
    sheet.get_by_role("button", name="Show the dates").click()
    expect(sheet).to_contain_text("The dates would be")
    picture(page, "pause")
    sheet.get_by_role("button", name="Pause the plan").click()
    done(page, "Changed. The conversation shows the new dates.")
    about.get_by_role("button", name="End the plan").click()
    expect(sheet).to_contain_text("$200.50 of it is open again.")
    sheet.get_by_label("Why").fill("They will pay at once")
    sheet.get_by_role("button", name="End the plan").click()
    done(page, "Ended. They have been told.")
    expect(about.get_by_role("button", name="Agree a plan")).to_be_visible()


def test_a_yes_is_recorded_although_the_answer_to_sending_got_lost_k8(pane: Pane, page: Page) -> None:
    def is_lost(route: Route) -> None:
        route.fetch()
        route.abort()

    about = pane.open(page)
    about.get_by_role("button", name="Agree a plan").click()
    sheet = page.locator("#deed")
    sheet.get_by_role("button", name="Show the plan").click()
    page.route("**/send", is_lost)
    sheet.get_by_role("button", name="Send for their yes").click()
    expect(sheet.get_by_role("alert")).to_contain_text("can't be reached just now")
    sheet.get_by_role("button", name="They agreed").click()
    done(page, "Agreed. The conversation repeats the terms.")
    expect(about).to_contain_text("$0.00 of $200.50 paid, monthly")
    assert [(message.card or {})["kind"] for message in pane.talk.said()] == ["plan_options", "plan_schedule"]


def test_longer_terms_wait_for_a_second_person_who_looks_at_them(pane: Pane, page: Page) -> None:
    with pane.desk.db.transaction() as session:
        factories.hold_customer(session, pane.talk.customer(session), HoldKind.HARDSHIP, reason="I lost my job in May")
    about = pane.open(page)
    about.get_by_role("button", name="Agree a plan").click()
    sheet = page.locator("#deed")
    sheet.get_by_label("How many").fill("18")
    sheet.get_by_label("Longer than 12 months").check()
    sheet.get_by_role("button", name="Show the plan").click()
    expect(sheet).to_contain_text("wait for a second person")
    page.keyboard.press("Escape")
    expect(about).to_contain_text("Waits for a second person.")
    page.context.clear_cookies()
    pane.open(page, "sol")
    about.get_by_role("button", name="Look and decide").click()
    expect(sheet.get_by_role("listitem")).to_have_count(18)
    picture(page, "decide")
    sheet.get_by_role("button", name="Allow it").click()
    done(page, "Allowed. They have been told.")
    expect(about).to_contain_text("It waits for the customer to say yes.")


def test_a_promise_is_noted_and_corrected(pane: Pane, page: Page) -> None:
    about = pane.open(page)
    about.get_by_role("button", name="Note a promise").click()
    sheet = page.locator("#deed")
    sheet.get_by_label("Amount").fill("50")
    sheet.get_by_role("button", name="Note it").click()
    expect(sheet.get_by_role("alert")).to_contain_text("choose a day")
    day = clock.today("America/Chicago") + dt.timedelta(days=5)
    sheet.get_by_label("By").fill(day.isoformat())
    expect(sheet).to_contain_text("Until then nobody asks about it.")
    picture(page, "promise")
    sheet.get_by_role("button", name="Note it").click()
    done(page, "Noted. The conversation shows it.")
    about.get_by_role("button", name="Correct the promise").click()
    expect(sheet.get_by_label("Amount")).to_have_value("50.00")
    sheet.get_by_label("Amount").fill("70")
    sheet.get_by_role("button", name="Correct it").click()
    done(page, "Noted. The conversation shows it.")
    expect(about).to_contain_text("$70.00")


def test_c8_a_breathing_space_in_treatment_has_its_last_day_when_treatment_has_ended(pane: Pane, page: Page) -> None:
    about = pane.open(page)
    about.get_by_role("button", name="Place a hold").click()
    sheet = page.get_by_role("dialog", name="Place a hold")
    treatment = sheet.get_by_label("They are in treatment for a mental-health crisis")
    expect(treatment).to_be_hidden()
    sheet.get_by_label("Kind").select_option("breathing_space")
    expect(sheet).to_contain_text("It ends by itself after 60 days, unless you choose another day.")
    treatment.check()
    expect(sheet.get_by_label("Last day (optional)")).to_be_hidden()
    expect(sheet).to_contain_text("It has no last day while treatment lasts, and ends 30 days after it.")
    sheet.get_by_label("Why, for whoever looks at this later").fill("Their adviser told us of it today")
    picture(page, "treatment")
    sheet.get_by_role("button", name="Place the hold").click()
    done(page, "On hold from now on.")
    expect(about).to_contain_text("while treatment lasts")
    picture(page, "treatment-held")
    about.get_by_role("button", name="Treatment has ended").click()
    sheet = page.get_by_role("dialog", name="Treatment has ended")
    expect(sheet).to_contain_text("The hold ends by itself 30 days after that day.")
    picture(page, "treatment-ended")
    sheet.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("It binds until")).to_be_visible()
    expect(about.get_by_role("button", name="Treatment has ended")).to_be_hidden()


def test_holds_and_cases_are_placed_looked_into_and_lifted(pane: Pane, page: Page) -> None:
    about = pane.open(page)
    about.get_by_role("button", name="Place a hold").click()
    sheet = page.locator("#deed")
    sheet.get_by_label("Kind").select_option("Dispute")
    sheet.get_by_label("Invoice").select_option(index=1)
    expect(sheet).to_contain_text("No payment goes to it unless they choose it themselves.")
    sheet.get_by_label("Why").fill("The parcel never came")
    picture(page, "hold")
    sheet.get_by_role("button", name="Place the hold").click()
    done(page, "On hold from now on.")
    expect(about).to_contain_text("Disputed")
    about.get_by_text("What it stops").click()
    expect(about).to_contain_text("Nothing is taken from a saved card.")
    about.get_by_role("button", name="Open a case").click()
    sheet.get_by_label("What it is about").select_option("Complaint")
    sheet.get_by_label("In a few words").fill("The driver was rude")
    sheet.get_by_role("button", name="Open the case").click()
    done(page, "Opened.")
    picture(page, "pane")
    # What was open in the pane stays open when it is drawn again.
    expect(about).to_contain_text("Nothing is taken from a saved card.")
    about.get_by_role("button", name="Done: Complaint").click()
    sheet.get_by_label("In a few words").fill("We wrote and said sorry")
    sheet.get_by_role("button", name="Done").click()
    expect(about).to_contain_text("Settled, Ana: We wrote and said sorry")
    about.get_by_role("button", name="Lift: Dispute").click()
    sheet.get_by_label("How did it end?").select_option("They were right")
    expect(sheet).to_contain_text("INV-1002 counts again at once.")
    sheet.get_by_label("Why").fill("It went to the wrong house")
    sheet.get_by_role("button", name="Lift the hold").click()
    done(page, "Lifted.")
    expect(about).not_to_contain_text("On hold")


def test_without_a_proof_nothing_of_money_can_be_done_and_the_pane_says_why_p1(pane: Pane, page: Page) -> None:
    pane.talk.lapse()
    about = pane.open(page)
    expect(about).to_contain_text("Links, plans and promises come back once they have proven who they are.")
    for name in ("Send a link", "Agree a plan", "Note a promise", "Adjust or refund"):
        expect(about.get_by_role("button", name=name)).to_have_count(0)
    expect(about).not_to_contain_text("$")
    about.get_by_role("button", name="Place a hold").click()
    expect(page.get_by_label("Kind").get_by_role("option", name="Dispute")).to_have_count(0)


def test_what_changed_meanwhile_is_said_in_the_sheet(pane: Pane, page: Page) -> None:
    about = pane.open(page)
    about.get_by_role("button", name="Agree a plan").click()
    sheet = page.locator("#deed")
    sheet.get_by_role("button", name="Show the plan").click()
    expect(sheet.get_by_role("button", name="They agreed")).to_be_visible()
    with pane.desk.db.transaction() as session:
        maya = pane.talk.customer(session)
        [other] = plans.quote(session, maya, conversation_id=pane.talk.id, months=[5])
        plans.agree(session, other.id, maya)
    sheet.get_by_role("button", name="They agreed").click()
    expect(sheet.get_by_role("alert")).to_contain_text("has ended")


def test_the_sheets_the_pane_and_the_cases_leave_nobody_out(pane: Pane, page: Page) -> None:
    with pane.desk.db.transaction() as session:
        maya = pane.talk.customer(session)
        factories.hold_customer(session, maya, HoldKind.HARDSHIP, reason="I lost my job")
        promises.promise(session, maya, Money.of("20.00", "USD"), clock.today("America/Chicago"), pane.talk.id)
    with pane.desk.visit("ana@example.com") as ana:
        pane.talk.post(ana, "cases", kind="complaint", summary="The driver was rude")
    about, axe = pane.open(page), Axe(page)
    axe.look("pane")
    for deed in ("Send a link", "Agree a plan", "Correct the promise", "Place a hold", "Open a case", "Lift: Hardship"):
        about.get_by_role("button", name=deed).click()
        expect(page.locator("#deed")).to_be_visible()
        axe.look(deed)
        page.keyboard.press("Escape")
    about.get_by_role("button", name="Agree a plan").click()
    page.get_by_role("button", name="Show the plan").click()
    expect(page.get_by_role("button", name="They agreed")).to_be_visible()
    axe.look("offer")
    page.context.clear_cookies()
    pane.sign_in(page, "sol")
    page.goto(f"{pane.url}/desk/cases")
    page.get_by_text("Done with it").click()
    axe.look("cases")
    axe.is_content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_runs_over_the_edge(pane: Pane, browser: Browser, scheme: Any) -> None:
    with pane.desk.db.transaction() as session:
        maya = pane.talk.customer(session)
        words = "Wherethereisonelongwordwithoutanyspaceinitthatwouldrunovertheedgeofanarrowphone" * 3
        factories.hold_customer(session, maya, HoldKind.HARDSHIP, reason=words)
        [plan] = plans.quote(session, maya, conversation_id=pane.talk.id, months=[6])
        plans.agree(session, plan.id, maya)
    phone = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme, locale="en-US")
    page = phone.new_page()
    pane.knock(page, "ana")
    expect(page.locator("#queue")).to_be_visible()
    page.goto(f"{pane.url}/desk/conversations/{pane.talk.id}")
    page.get_by_role("button", name="About the customer").click()
    about = page.locator("#about")
    expect(about).to_contain_text("$200.50")
    picture(page, f"phone-{scheme}", whole="#about")
    fits(page)
    for deed in ("New terms", "Place a hold", "Open a case", "Send a link", "Dates or a pause"):
        about.get_by_role("button", name=deed).click()
        expect(page.locator("#deed")).to_be_visible()
        picture(page, f"phone-{scheme}-{deed.lower().replace(' ', '-')}")
        fits(page)
        page.keyboard.press("Escape")
    phone.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_supervisor_works_through_the_cases(pane: Pane, browser: Browser, scheme: Any) -> None:
    talk = pane.talk
    with pane.desk.visit("ana@example.com") as ana:
        talk.post(ana, "cases", kind="complaint", summary="Averylongwordthatwouldrunovertheedge" * 4)
        talk.post(ana, "cases", kind="already_paid", summary="They paid by bank last week, and have a receipt.")
    wide = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme=scheme, locale="en-US")
    page = wide.new_page()
    pane.knock(page, "sol")
    expect(page.locator("#queue")).to_be_visible()
    page.goto(f"{pane.url}/desk/conversations/{talk.id}")
    expect(page.locator("#about")).to_contain_text("already paid", ignore_case=True)
    picture(page, f"pane-{scheme}")
    page.goto(f"{pane.url}/desk/cases")
    expect(page.get_by_role("heading", name="Complaint")).to_be_visible()
    paid = page.get_by_role("listitem").filter(has_text="They paid by bank")
    paid.get_by_text("Done with it").click()
    paid.get_by_label("In a few words").fill("no")
    paid.get_by_role("button", name="Done").click()
    expect(paid.get_by_role("alert")).to_contain_text("reason of 10")
    picture(page, f"cases-{scheme}")
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)
    picture(page, f"phone-cases-{scheme}")
    paid.get_by_label("In a few words").fill("The receipt is good, and it counts")
    paid.get_by_role("button", name="Done").click()
    expect(page.get_by_text("They paid by bank")).to_have_count(0)
    page.get_by_role("link", name="Done", exact=True).click()
    expect(page.get_by_text("Settled, Sol: The receipt is good")).to_be_visible()
    wide.close()


def fits(page: Page) -> None:
    """Neither the page nor an open sheet is wider than the window."""
    wide = page.evaluate(
        "() => [document.documentElement, ...document.querySelectorAll('#customer, #about, dialog[open]')]"
        ".filter((one) => one.scrollWidth > Math.max(one.clientWidth, 0) + 1).map((one) => one.id || 'page')"
    )
    assert wide == []


def picture(page: Page, name: str, whole: str | None = None) -> None:
    """For the eye, when `GT_TEST_PICTURES` names a folder."""
    if folder := os.environ.get("GT_TEST_PICTURES"):
        where = page.locator(whole) if whole else page
        where.screenshot(path=f"{folder}/customer-{name}.png")
