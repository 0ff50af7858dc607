"""The phone page in a real browser: a person texts, taps and sees; a receiver of webhooks stands for the product."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.browser.chat import CONTRAST
from tests.sandbox.running import (
    ACCOUNT,
    FROM,
    META_PHONE_ID,
    META_TOKEN,
    TOKEN,
    Receiver,
    Running,
    receiver,
    running,
)

pytestmark = pytest.mark.slow
PICTURES = os.environ.get("GT_TEST_PICTURES")
MAYA = "+12105550101"


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as kept:
        yield kept


@pytest.fixture
def sandbox(tmp_path: Path, hooks: Receiver) -> Iterator[Running]:
    with running(tmp_path, hooks.url) as server:
        yield server


def text(sandbox: Running, body: str) -> None:
    """The business texts Maya."""
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    form = {"To": MAYA, "From": FROM, "Body": body}
    sandbox.http.post(path, data=form, auth=(ACCOUNT, TOKEN)).raise_for_status()


def whatsapp(sandbox: Running, **message: Any) -> None:
    """The business writes to Maya by Meta."""
    both = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": MAYA, **message}
    if "status" in message:
        both = {"messaging_product": "whatsapp", **message}
    key = {"Authorization": f"Bearer {META_TOKEN}"}
    sandbox.http.post(f"/v23.0/{META_PHONE_ID}/messages", json=both, headers=key).raise_for_status()


def offered(**action: Any) -> dict[str, Any]:
    kind = "button" if "buttons" in action else "list"
    return {"type": kind, "body": {"text": "What shall we do?"}, "action": action}


def open_phone(page: Page, sandbox: Running, channel: str = "sms", provider: str = "twilio") -> None:
    page.goto(f"{sandbox.url}/sandbox/phone?channel={channel}&provider={provider}")
    expect(page.get_by_role("heading", name="Maya Torres's phone")).to_be_visible()


def write(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Message").fill(words)
    page.keyboard.press("Enter")


def log(page: Page) -> Locator:
    return page.get_by_role("log", name="Conversation")


def bubbles(page: Page) -> Locator:
    return page.locator(".said")


def test_a_person_texts_and_sees_the_answer_its_parts_and_its_ticks(page: Page, sandbox: Running) -> None:
    open_phone(page, sandbox)
    expect(log(page)).to_contain_text("Nothing here yet")
    write(page, "How much do I owe?\n")
    expect(bubbles(page)).to_have_count(1)
    expect(bubbles(page).locator(".delivered")).to_have_count(1)
    text(sandbox, "x" * 161)
    expect(bubbles(page)).to_have_count(2)
    expect(bubbles(page).last).to_contain_text("2 parts")
    expect(bubbles(page).last).to_contain_text("delivered")
    page.get_by_role("button", name="STOP").click()
    expect(bubbles(page)).to_have_count(4)
    expect(bubbles(page).last).to_contain_text("From Twilio itself")
    expect(page.get_by_text("Opted out")).to_be_visible()
    picture(page, "phone-sms")


def test_a_person_taps_a_button_and_a_row_on_whatsapp(page: Page, sandbox: Running, hooks: Receiver) -> None:
    id = sandbox.write(MAYA, channel="whatsapp", provider="meta", text="hi")["id"]
    open_phone(page, sandbox, "whatsapp", "meta")
    expect(bubbles(page).locator(".delivered")).to_have_count(1)
    whatsapp(sandbox, status="read", message_id=id, typing_indicator={"type": "text"})
    expect(bubbles(page).locator(".read")).to_have_count(1)
    expect(page.get_by_text("The business is typing")).to_be_attached()
    replies = [{"id": f"m:{title}", "title": title} for title in ("Pay now", "In parts")]
    whatsapp(
        sandbox, type="interactive", interactive=offered(buttons=[{"type": "reply", "reply": one} for one in replies])
    )
    page.get_by_role("button", name="In parts").click()
    expect(bubbles(page)).to_have_count(3)
    rows = [{"id": "m:3", "title": "3 x 40.00", "description": "monthly"}]
    whatsapp(sandbox, type="interactive", interactive=offered(button="See the plans", sections=[{"rows": rows}]))
    page.get_by_role("button", name="See the plans").click()
    dialog = page.get_by_role("dialog", name="See the plans")
    expect(dialog).to_contain_text("monthly")
    picture(page, "phone-rows")
    dialog.get_by_role("button", name="3 x 40.00").click()
    expect(bubbles(page)).to_have_count(5)
    told = hooks.wait(
        lambda all: any(b"list_reply" in one.body for one in all) and any(b"button_reply" in one.body for one in all)
    )
    assert any(b'"id":"m:3"' in one.body for one in told)


def test_pictures_places_and_reactions_are_sent_from_the_menu(page: Page, sandbox: Running, hooks: Receiver) -> None:
    sandbox.write(MAYA, channel="whatsapp", provider="meta", text="hi")
    whatsapp(sandbox, type="text", text={"body": "Hello, *Maya*. Look: https://pay.example/pay/1."})
    open_phone(page, sandbox, "whatsapp", "meta")
    expect(bubbles(page).last.locator("strong")).to_have_text("Maya")
    expect(bubbles(page).last.get_by_role("link")).to_have_attribute("href", "https://pay.example/pay/1")
    for name in ("A photo", "A place", "A sticker", "A voice message"):
        page.get_by_role("button", name="Send something else").click()
        page.get_by_role("menuitem", name=name).click()
    expect(bubbles(page)).to_have_count(6)
    expect(page.get_by_role("img", name="A photo")).to_be_visible()
    assert page.get_by_role("img", name="A photo").evaluate(
        "picture => picture.decode().then(() => picture.naturalWidth)"
    )
    page.get_by_role("button", name="Send something else").click()
    page.get_by_role("menuitem", name="on the last message").click()
    expect(page.locator(".mark")).to_have_text("👍")
    expect(bubbles(page)).to_have_count(6)
    hooks.wait(lambda all: any(b'"reaction"' in one.body for one in all))
    picture(page, "phone-menu")


def test_the_next_day_closes_the_window_and_what_fails_says_why(page: Page, sandbox: Running) -> None:
    sandbox.faults("meta", closed_window="fail")
    open_phone(page, sandbox, "whatsapp", "meta")
    write(page, "hello")
    expect(page.get_by_text("Window open until")).to_be_visible()
    page.get_by_role("button", name="Next day").click()
    expect(page.get_by_text("Window closed")).to_be_visible()
    whatsapp(sandbox, type="text", text={"body": "Your payment has arrived."})
    expect(bubbles(page).last).to_contain_text("The phone never showed this")
    expect(bubbles(page).last).to_contain_text("131047")
    language = {"policy": "deterministic", "code": "en"}
    parts = [{"type": "body", "parameters": [{"type": "text", "text": "Good Terms Shop"}]}]
    whatsapp(
        sandbox,
        type="template",
        template={"name": "conversation_update", "language": language, "components": parts},
    )
    expect(bubbles(page).last).to_contain_text("Template conversation_update")
    picture(page, "phone-next-day")


def test_faults_are_switched_for_both_providers(page: Page, sandbox: Running) -> None:
    open_phone(page, sandbox)
    down = page.get_by_role("switch", name="The providers are down")
    expect(page.get_by_role("switch", name="Read receipts")).to_be_checked()
    down.check()
    page.wait_for_function("async () => (await (await fetch('/sandbox/meta/faults')).json()).down")
    assert sandbox.http.get("/sandbox/twilio/faults").json()["down"] is True
    page.reload()
    expect(down).to_be_checked()
    down.uncheck()
    page.wait_for_function("async () => !(await (await fetch('/sandbox/meta/faults')).json()).down")


def test_a_product_that_takes_nothing_is_named(page: Page, sandbox: Running, hooks: Receiver) -> None:
    hooks.statuses += [503]
    open_phone(page, sandbox)
    write(page, "hello")
    expect(page.get_by_role("alert")).to_contain_text("503")


def test_any_number_holds_the_phone_and_the_address_line_remembers_it(page: Page, sandbox: Running) -> None:
    open_phone(page, sandbox)
    page.get_by_label("Another number").fill("+1 (212) 555-0199")
    page.get_by_role("button", name="Use").click()
    expect(page.get_by_role("heading", name="+12125550199")).to_be_visible()
    write(page, "who is this?")
    page.get_by_role("radio", name=re.compile("WhatsApp Meta")).check(force=True)
    expect(log(page)).to_contain_text("Nothing here yet")
    page.reload()
    expect(page.get_by_role("heading", name="+12125550199")).to_be_visible()
    expect(page.get_by_role("radio", name=re.compile("WhatsApp Meta"))).to_be_checked()
    page.get_by_role("button", name=re.compile("Samuel Reed")).click()
    expect(page.get_by_text("GT-1002")).to_be_visible()


def test_everything_can_be_done_with_the_keyboard_on_a_small_phone(browser: Browser, sandbox: Running) -> None:
    with_small = context_of(browser, {"width": 390, "height": 844}, "light")
    page = with_small.new_page()
    open_phone(page, sandbox, "whatsapp", "meta")
    opener = page.get_by_role("button", name="Whose phone?")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Done")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.get_by_role("button", name="Send something else").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="A photo")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(bubbles(page)).to_have_count(1)
    expect(bubbles(page)).to_contain_text("A document")
    page.get_by_role("textbox", name="Message").focus()
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(bubbles(page)).to_have_count(2)
    with_small.close()


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1360])
def test_the_page_fits_and_can_be_read_in_light_and_dark(
    browser: Browser, sandbox: Running, width: int, scheme: str, channel: str
) -> None:
    fresh = context_of(browser, {"width": width, "height": 844}, scheme)
    page = fresh.new_page()
    provider = "meta" if channel == "whatsapp" else "twilio"
    sandbox.write(MAYA, channel=channel, provider=provider, text="hello")
    sandbox.faults("meta", closed_window="fail")
    if channel == "sms":
        text(sandbox, "A long word: " + "x" * 90 + " and https://pay.example/pay/" + "y" * 60)
    else:
        whatsapp(sandbox, type="text", text={"body": "A long word: " + "x" * 90})
        sandbox.http.post("/sandbox/clock", json={"advance": "PT25H"})
        whatsapp(sandbox, type="text", text={"body": "Too late"})
    open_phone(page, sandbox, channel, provider)
    expect(bubbles(page)).to_have_count(2 if channel == "sms" else 3)
    picture(page, f"phone-{channel}-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faint(page.get_by_role("main")) == []
    if width < 1000:
        page.get_by_role("button", name="Clock and faults").click()
        picture(page, f"phone-levers-{width}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faint(page.locator("#levers-panel")) == []
    fresh.close()


def faint(place: Locator) -> list[dict[str, Any]]:
    """Texts with less contrast than WCAG 2.2 AA asks for."""
    found: list[dict[str, Any]] = place.evaluate(CONTRAST)
    return [one for one in found if one["ratio"] < 4.5]


def context_of(browser: Browser, size: ViewportSize, scheme: str) -> BrowserContext:
    fresh = browser.new_context(
        locale="en-US", viewport=size, color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    fresh.set_default_timeout(10_000)
    return fresh


def picture(page: Page, name: str) -> None:
    """Keep what the person sees, for a look."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png", animations="disabled")
