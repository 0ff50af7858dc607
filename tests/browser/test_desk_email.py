"""A customer who writes e-mails, at the desk in a real browser: their channel, their tone, their no (K12, C4)."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from bot.conversations import handoff, tone_wishes
from bot.models import Channel, Conversation, Customer
from bot.policies import Tone
from tests import factories
from tests.browser.live_desk import Live
from tests.desk.desks import waiting


def mailing(live: Live) -> None:
    """Robin, who has proven who they are by e-mail, and is with Ana; and somebody unknown, who waits."""
    with live.desk.db.transaction() as session:
        robin = factories.customer(session, name="Robin Quill", account_number="GT-2001")
        talk = session.get_one(Conversation, waiting(session, robin, "Could you write to me more formally?"))
        talk.channel, talk.address = Channel.EMAIL, "robin.quill@example.com"
        handoff.claim(session, talk.id, live.desk.ana)
        stranger = factories.conversation(session, channel=Channel.EMAIL, address="somebody@mail.example")
        handoff.request(session, stranger.id, reason="request_human", skill="general", summary={})


def test_their_tone_and_their_no_to_e_mail_are_written_down(live: Live, page: Page) -> None:
    mailing(live)
    live.sign_in(page)
    expect(page.get_by_text("Not yet known · …@mail.example").first).to_be_visible()
    page.get_by_text("Robin Quill").first.click()
    expect(page.locator("#reach")).to_have_text("Goes out as one e-mail, with our usual subject.")
    page.get_by_role("button", name="Write down a wish").click()
    page.get_by_label("Wish", exact=True).select_option("Spoken to")
    page.get_by_label("How", exact=True).select_option("Formally")
    expect(page.get_by_role("dialog").get_by_label("Language")).to_be_hidden()
    page.get_by_role("dialog").get_by_role("button", name="Write down").click()
    expect(page.locator("#about")).to_contain_text("Formally")
    page.get_by_role("button", name="No to E-mail").click()
    page.get_by_role("dialog").get_by_role("button", name="They say no").click()
    expect(page.get_by_role("button", name="Yes to E-mail")).to_be_visible()
    with live.desk.db.reading() as session:
        robin = session.scalars(sa.select(Customer.id).where(Customer.account_number == "GT-2001")).one()
        assert tone_wishes.of(session, robin) is Tone.FORMAL
    page.set_viewport_size({"width": 390, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
