"""Access in a real browser: a first sign-in, the second factor from its picture to its code, sessions, the log."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, Page, expect

from bot.desk import agents, auth
from bot.models import Agent, Role
from bot.settings import settings
from tests.browser.live_desk import Live
from tests.conftest import SetClock
from tests.desk.desks import PASSWORD, served
from tests.desk.identity_provider import CLIENT, SECRET, IdentityProvider

pytestmark = pytest.mark.slow

PICTURES = os.environ.get("GT_TEST_PICTURES")


def picture(page: Page, name: str) -> None:
    """For who looks at them: desktop and phone, light and dark, where GT_TEST_PICTURES says."""
    if PICTURES is None:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width, height in ((1280, 860), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}-{width}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 860})


def fits(page: Page) -> None:
    """Nothing sticks out at the side, on a phone either."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 860})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 860})


def test_a_first_sign_in_leads_to_an_own_password_and_then_to_the_desk(live: Live, page: Page) -> None:
    with live.desk.db.transaction() as session:
        agents.set_password(session, email="ana@example.com", password="words-for-once", temporary=True)
    live.knock(page, "ana", "words-for-once")
    expect(page.get_by_role("status")).to_contain_text("please choose your own")
    picture(page, "first-password")
    fits(page)
    page.get_by_label("Password until now").fill("words-for-once")
    page.get_by_label("New password").fill("her-own-kind-words")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def test_an_administrator_sets_up_the_second_factor_and_signs_in_with_it(
    live: Live, page: Page, browser: Browser, clock: SetClock
) -> None:
    with live.desk.db.transaction() as session:
        session.get_one(Agent, live.desk.sol.id).role = Role.ADMINISTRATOR
    live.knock(page, "sol")
    expect(page.get_by_role("status")).to_contain_text("needs a second factor")
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Set up a second factor").click()
    expect(page.get_by_role("alert")).to_have_text("That is not your password.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set up a second factor").click()
    image = page.get_by_alt_text("QR code for the authenticator app")
    expect(image).to_be_visible()
    assert image.evaluate("each => each.naturalWidth") > 100
    picture(page, "second-factor")
    fits(page)
    totp = TOTP(base64.b32decode(page.locator(".key").inner_text().replace(" ", "")), 6, SHA1(), 30)

    def code() -> str:
        return totp.generate(int(clock.now().timestamp())).decode()

    page.get_by_label("Code", exact=True).fill(code())
    page.get_by_role("button", name="Confirm").click()
    sheet = page.get_by_role("dialog", name="Your recovery codes")
    expect(sheet.get_by_role("listitem")).to_have_count(10)
    picture(page, "recovery-codes")
    sheet.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    page.goto(f"{live.url}/desk/me")
    picture(page, "me")
    fits(page)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    clock.advance(minutes=1)
    live.knock(page, "sol")
    expect(page.get_by_label("Code of your authenticator app")).to_be_focused()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("That didn't match.")
    picture(page, "code")
    page.get_by_label("Code of your authenticator app").fill(code())
    page.keyboard.press("Enter")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def test_a_supervisor_signs_a_colleague_out_and_finds_it_in_the_log(live: Live, page: Page) -> None:
    with live.desk.db.transaction() as session:
        token, _ = auth.open_session(session, live.desk.ana, device="Firefox on Windows")
    live.knock(page, "sol")
    page.get_by_role("link", name="Sol").click()
    page.get_by_role("link", name="Team").click()
    expect(page.locator("#main")).to_contain_text("Firefox on Windows")
    picture(page, "team")
    fits(page)
    page.get_by_role("button", name="Sign out everywhere: Ana").click()
    expect(page.get_by_role("button", name="Sign out everywhere: Ana")).to_have_count(0)
    with live.desk.db.reading() as session, pytest.raises(auth.NotSignedIn):
        auth.seat(session, token)
    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("Act").fill("agent")
    page.get_by_label("Agent").select_option(label="Sol")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("cell", name="agent.signed_out")).to_have_count(1)
    picture(page, "audit")
    fits(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    assert re.fullmatch(r"audit-\d{4}-\d\d-\d\d\.csv", saved.value.suggested_filename)
    assert "agent.signed_out" in saved.value.path().read_text()


def test_an_agent_comes_in_through_the_company(live: Live, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = IdentityProvider()
    with served(provider.app) as url:
        provider.issuer = url
        monkeypatch.setenv("GT_PUBLIC_URL", live.url)
        monkeypatch.setenv("GT_OIDC_ISSUER", url)
        monkeypatch.setenv("GT_OIDC_CLIENT_ID", CLIENT)
        monkeypatch.setenv("GT_OIDC_CLIENT_SECRET", SECRET)
        settings.cache_clear()
        page.goto(f"{live.url}/desk")
        picture(page, "door")
        fits(page)
        page.get_by_role("link", name="Sign in through your company").click()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="Ana")).to_be_visible()
        page.goto(f"{live.url}/desk/audit")
        expect(page.locator("main")).to_contain_text("Only a supervisor may do this.")
        picture(page, "refused")
