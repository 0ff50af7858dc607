"""The whole line as two people see it: Maya on the shop's page and on her phone, Ana at the desk. Nothing is a stand-in
but Stripe and Twilio. With GT_TEST_PICTURES every step leaves a screenshot in that folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chat import field, log, write
from tests.end_to_end.running import Running, demo

pytestmark = pytest.mark.slow
PICTURES = os.environ.get("GT_TEST_PICTURES")


@pytest.fixture(scope="module")
def shop() -> Iterator[Running]:
    """The demo, for this file alone."""
    with demo({}) as running:
        yield running


@pytest.fixture
def desk_context(browser: Browser) -> Iterator[BrowserContext]:
    """Ana's own browser."""
    fresh = browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
    yield fresh
    fresh.close()


def test_maya_settles_by_chat_and_meets_ana(shop: Running, page: Page, desk_context: BrowserContext) -> None:
    page.goto(f"{shop.url}/shop")
    page.get_by_role("button", name="Open chat").click()
    expect(log(page)).to_contain_text("not a person")
    picture(page, "01-greeting")

    write(page, "how much do I owe?")
    expect(log(page)).to_contain_text(re.compile("account number", re.I))
    write(page, "GT-1001")
    expect(log(page)).to_contain_text("six", timeout=20_000)
    write(page, code(shop, "+12105550101"))
    expect(log(page)).to_contain_text("$200.50")
    expect(log(page).get_by_text("Oak side table")).to_have_count(1)  # in the card, not said twice
    picture(page, "02-balance")

    write(page, "I'd like to pay 80.50")
    link = log(page).get_by_role("link", name=re.compile(r"Pay \$80\.50"))
    expect(link).to_be_visible()
    with page.expect_popup() as opened:
        link.click()
    paying = opened.value
    expect(paying.get_by_role("heading", name="$80.50")).to_be_visible()
    picture(paying, "03-pay-page")
    paying.get_by_role("button", name="Continue to payment").click()
    expect(paying.get_by_role("heading", name="Pay", exact=True)).to_be_visible()
    picture(paying, "04-checkout")
    paying.get_by_role("button", name=re.compile(r"^Pay ")).click()
    expect(paying.get_by_text("has been paid")).to_be_visible()
    picture(paying, "05-paid")
    paying.close()
    expect(log(page)).to_contain_text("has arrived", timeout=20_000)
    picture(page, "06-receipt")

    write(page, "can I pay the rest in instalments?")
    choice = log(page).get_by_role("button", name=re.compile("Choose")).first
    expect(choice).to_be_visible()
    picture(page, "07-plans")
    choice.click()
    expect(log(page)).to_contain_text("Shall I set it up")
    expect(log(page).locator(".chip").last).to_have_text("Proposed")
    write(page, "yes, I agree")
    expect(log(page).locator(".chip").last).to_have_text("In place")
    expect(log(page)).to_contain_text(re.compile(r"\bset up\b"))
    picture(page, "08-plan-agreed")
    page.reload()
    expect(log(page).locator(".chip").last).to_have_text("In place")
    expect(log(page)).to_contain_text(re.compile(r"\bset up\b"))
    assert log(page).get_by_text("yes, I agree", exact=True).count() == 1

    write(page, "I'd like to talk to a person please")
    desk = desk_context.new_page()
    desk.goto(f"{shop.url}/desk")
    desk.get_by_label("E-mail").fill("ana@example.com")
    desk.get_by_label("Password").fill("kind-words-only")
    picture(desk, "09-sign-in")
    desk.get_by_role("button", name="Sign in").click()
    desk.get_by_role("link", name="Maya Torres").click()
    picture(desk, "10-waiting")
    desk.get_by_role("button", name="Claim").click()
    expect(log(page)).to_contain_text("Ana has joined")
    desk.get_by_label("Your reply").fill("Hello Maya, I'm Ana. How can I help?")
    desk.keyboard.press("Control+Enter")
    expect(log(page)).to_contain_text("How can I help?")
    write(page, "Can the first instalment be a week later?")
    expect(desk.locator("#log")).to_contain_text("a week later")
    picture(desk, "11-talking")
    picture(page, "12-with-ana")
    desk.get_by_role("button", name="Return", exact=True).click()
    desk.get_by_label("What came of it").select_option("Question answered")
    desk.locator("#leave-do").click()
    expect(log(page)).to_contain_text("the assistant, a computer program")
    write(page, "thank you")
    expect(field(page)).to_be_enabled()


@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "light"), (390, 844, "dark"), (1280, 860, "dark")])
def test_every_page_fits_a_phone_and_the_dark(
    shop: Running, browser: Browser, width: int, height: int, scheme: str
) -> None:
    fresh = browser.new_context(
        locale="en-US",
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = fresh.new_page()
    for name, address in {
        "shop": f"{shop.url}/shop",
        "sign-in": f"{shop.url}/desk",
        "link-unknown": f"{shop.url}/pay/nothing",
        "sandbox": shop.sandbox,
    }.items():
        page.goto(address)
        picture(page, f"{name}-{width}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
    page.goto(f"{shop.url}/shop")
    page.get_by_role("button", name="Open chat").click()
    expect(log(page)).to_contain_text("not a person")
    write(page, "hi, can you help me?")
    expect(log(page).locator(".bubble")).to_have_count(3)
    picture(page, f"chat-{width}-{scheme}")
    fresh.close()


def test_samuel_settles_by_text_message_on_the_phone_page(shop: Running, page: Page) -> None:
    page.goto(f"{shop.sandbox}/sandbox/phone?to=%2B13125550102&channel=whatsapp&provider=meta")
    expect(page.get_by_role("heading", name="Samuel Reed's phone")).to_be_visible()
    thread, words = page.get_by_role("log", name="Conversation"), page.get_by_role("textbox", name="Message")

    def text(said: str) -> None:
        words.fill(said)
        page.keyboard.press("Enter")

    text("hello, what do I owe?")
    expect(thread).to_contain_text("postcode", timeout=20_000)
    expect(thread).not_to_contain_text("$42.00")
    text("60614")
    expect(thread).to_contain_text("$42.00", timeout=20_000)
    picture(page, "13-phone-balance")
    text("I'd like to pay all of it")
    link = thread.locator("a[href*='/pay/']").last
    expect(link).to_be_visible(timeout=20_000)
    with page.expect_popup() as opened:
        link.click()
    paying = opened.value
    paying.get_by_role("button", name="Continue to payment").click()
    paying.get_by_role("button", name=re.compile(r"^Pay ")).click()
    expect(paying.get_by_text("has been paid")).to_be_visible()
    paying.close()
    expect(thread).to_contain_text("has arrived", timeout=20_000)
    picture(page, "14-phone-receipt")


def code(shop: Running, phone: str) -> str:
    """The six digits on Maya's phone."""
    messages = httpx.get(f"{shop.sandbox}/sandbox/outbox", params={"to": phone}, trust_env=False).json()
    found = re.search(r"\b\d{6}\b", messages[-1]["body"])
    assert found
    return found.group()


def picture(page: Page, name: str) -> None:
    """Keep what the person sees, for a look."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png", animations="disabled")
