"""Being offered conversations, handing them on, leaving, and looking again later, in a real browser."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from bot.conversations import handoff
from bot.conversations.assignment import follow_ups, notices
from bot.models import Ability, FollowUp, Holder, NoticeKind, Offer, OfferOutcome
from tests.browser.axe import Axe
from tests.browser.live_desk import Live
from tests.conftest import SetClock

pytestmark = pytest.mark.slow


def fits(page: Page) -> bool:
    """Whether nothing is wider than the page."""
    widest = "Math.max(...[document.documentElement, document.querySelector('header')].map((each) => each.scrollWidth))"
    return bool(page.evaluate(f"{widest} <= innerWidth"))


def test_who_is_available_is_offered_what_waits_and_takes_it_with_a_key(
    clock: SetClock, live: Live, page: Page
) -> None:
    live.sign_in(page)
    conversation_id = live.desk.waiting(reason="counter_offers", skill="plans")
    expect(page.locator("[data-list=waiting] .item")).to_have_count(1)
    expect(page.locator(".offer-card")).to_have_count(0)
    page.get_by_label("Your presence").select_option("available")
    expect(page.get_by_label("Offered to you")).to_contain_text("Could not agree on terms")
    page.locator("#queue").focus()
    page.keyboard.press("t")
    expect(page.get_by_text("You are speaking", exact=True)).to_be_visible()
    expect(page.locator(".offer-card")).to_have_count(0)
    assert live.desk.conversation(conversation_id).agent_id == live.desk.ana.id
    live.desk.waiting()
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_text("Passed on to a colleague.")).to_be_visible()
    with live.desk.db.reading() as session:
        assert list(session.scalars(sa.select(Offer.outcome).order_by(Offer.id))) == [
            OfferOutcome.ACCEPTED, OfferOutcome.DECLINED,
        ]  # fmt: skip


def test_a_full_colleague_gets_a_conversation_only_at_the_second_word_and_is_told(
    clock: SetClock, live: Live, browser: Browser, page: Page
) -> None:
    conversation_id = live.desk.waiting()
    with live.desk.db.transaction() as session:
        handoff.claim(session, conversation_id, live.desk.ana)
        session.add(Ability(agent_id=live.desk.ben.id, capacity=0))
    theirs = browser.new_page()
    live.sign_in(theirs, "ben")
    live.sign_in(page)
    page.locator(".item").click()
    page.get_by_role("button", name="Hand over").click()
    expect(page.locator("#leave-to option")).to_have_count(8)
    page.get_by_label("To", exact=True).select_option(str(live.desk.ben.id))
    page.locator("#leave-do").click()
    expect(page.locator("#leave-problem")).to_contain_text("Ben is away at the moment.")
    page.get_by_role("button", name="Hand over anyway").click()
    expect(page.locator("#leave-problem")).to_have_text("Ben has 0 of 0 conversations already.")
    page.get_by_role("button", name="Hand over anyway").click()
    expect(theirs.get_by_label("What happened without you")).to_contain_text("Ana handed you a conversation.")
    theirs.get_by_role("button", name="Seen").click()
    expect(theirs.get_by_label("What happened without you")).to_be_hidden()
    theirs.close()


def test_who_signs_out_with_conversations_is_asked_and_they_go_back_to_the_queue(
    clock: SetClock, live: Live, page: Page
) -> None:
    conversation_id = live.desk.waiting()
    with live.desk.db.transaction() as session:
        handoff.claim(session, conversation_id, live.desk.ana)
    live.sign_in(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("It goes back to the queue, placed by how long the customer waits")).to_be_visible()
    page.get_by_role("button", name="Stay").click()
    assert live.desk.conversation(conversation_id).holder == Holder.AGENT
    page.get_by_role("button", name="Sign out").click()
    page.locator("#leaving-do").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert live.desk.conversation(conversation_id).holder == Holder.QUEUE
    live.sign_in(page)
    expect(page.get_by_label("What happened without you")).to_contain_text("went back to the queue while you were away")


def test_a_follow_up_is_planned_beside_the_thread_and_done_on_its_page(clock: SetClock, live: Live, page: Page) -> None:
    clock.set(dt.datetime.now(dt.UTC))  # the field for a day is the browser's own
    conversation_id = live.desk.waiting()
    with live.desk.db.transaction() as session:
        handoff.claim(session, conversation_id, live.desk.ana)
    live.sign_in(page)
    page.locator(".item").click()
    page.get_by_role("button", name="Follow up on a later day").click()
    page.get_by_role("button", name="In 3 days").click()
    page.get_by_label("What to look at").fill("Has the new shift begun? 4242 4242 4242 4242")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You will be reminded:")).to_be_visible()
    with live.desk.db.transaction() as session:
        planned = session.scalars(sa.select(FollowUp)).one()
        assert "4242" not in planned.note
        planned.due_at = clock.now() - dt.timedelta(minutes=1)
    page.reload()
    expect(page.get_by_label("Follow-ups, 1 due")).to_be_visible()
    page.get_by_label("Follow-ups, 1 due").click()
    row = page.locator("li", has_text="Robin Park")
    expect(row).to_contain_text("Has the new shift begun?")
    row.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Nothing is due.")).to_be_visible()


def test_a_supervisor_says_what_an_agent_takes_on_and_sees_whose_first_answer_is_late(
    clock: SetClock, live: Live, page: Page
) -> None:
    live.desk.waiting(reason="vulnerability", skill="care", priority=1)
    clock.advance(minutes=6)
    live.sign_in(page, "sol")
    page.get_by_role("link", name="One first answer is late").click()
    expect(page.locator("#late")).to_contain_text("Vulnerability")
    page.get_by_text("What Ana takes on").click()
    form = page.locator(f"form[data-ability='{live.desk.ana.id}']")
    for skill in ("General", "Payments", "Plans", "Disputes"):
        form.get_by_label(skill).uncheck()
    form.get_by_label("Languages").fill("en, ES")
    form.get_by_label("Conversations at once").fill("3")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("li", has_text="ana@example.com")).to_contain_text("0 of 3 conversations · care · en, es")


def test_offer_notices_and_follow_ups_fit_every_width_and_can_be_read_by_all(
    clock: SetClock, live: Live, page: Page
) -> None:
    mine, _ = live.desk.waiting(), live.desk.waiting(reason="vulnerability", skill="care", priority=1)
    with live.desk.db.transaction() as session:
        handoff.claim(session, mine, live.desk.sol)
        notices.tell(session, live.desk.sol.id, NoticeKind.HANDED_OVER, mine, by=live.desk.ana.id)
        follow_ups.plan(session, live.desk.sol, mine, clock.now() + dt.timedelta(minutes=1), "Has the new shift begun?")
    clock.advance(minutes=6)
    axe = Axe(page)

    def looked_at(name: str) -> None:
        axe.look(name)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert fits(page), f"{name} at {width}"

    live.sign_in(page, "sol")
    page.get_by_label("Your presence").select_option("available")
    expect(page.get_by_label("Offered to you")).to_contain_text("vulnerability")
    looked_at("an offer")
    page.get_by_role("button", name="Not now").click()
    page.locator("[data-list=mine] .item").click()
    page.locator("#follow-up-open").click()
    looked_at("a follow-up")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Sign out").click()
    looked_at("leaving")
    page.goto(f"{live.url}/desk/follow-ups")
    looked_at("follow-ups")
    page.goto(f"{live.url}/desk/team")
    page.get_by_text("What Ana takes on").click()
    looked_at("the team")
    axe.is_content()
