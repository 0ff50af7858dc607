"""What the bot puts before a customer: cards, choices, links, and nothing that the page would run."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bot.money import precision
from tests.browser.chat import CARDS, INVOICES, PLAN, bubbles, log, write
from tests.browser.fake_front_door import FakeFrontDoor

pytestmark = pytest.mark.slow

CURRENCIES = "USD EUR GBP BRL MXN JPY KRW CLP VND ISK UGX HUF TWD IDR PKR COP KWD BHD JOD TND OMR XOF RSD"


@pytest.mark.parametrize(("card", "shown"), CARDS, ids=[card["kind"] for card, _ in CARDS])
def test_every_card_shows_what_it_carries(
    chat: Page, door: FakeFrontDoor, card: dict[str, Any], shown: list[str]
) -> None:
    door.say("Here it is.", card=card)
    expect(bubbles(chat, "Here it is.")).to_be_visible()
    drawn = log(chat).locator(".card")
    for text in shown:
        expect(drawn).to_contain_text(text.replace("45 days ago", "45\u00a0days\u00a0ago"))


def test_choosing_a_plan_sends_its_payload_and_marks_it(chat: Page, door: FakeFrontDoor) -> None:
    door.say("Which one?", card={"kind": "plan_options", "currency": "USD", "total": 12001, "options": [PLAN]})
    with chat.expect_response("**/api/chat/messages"):
        chat.get_by_role("article", name="3 monthly payments").get_by_role("button", name="Choose this plan").click()
    expect(chat.get_by_role("button", name="Chosen")).to_be_disabled()
    assert door.posts[0]["payload"] == PLAN["payload"]
    assert door.posts[0]["title"] == "3 monthly payments: $40.00 each, the last $40.01"


@pytest.mark.parametrize("kind", ["pay_link", "statement"])
def test_pages_open_in_a_new_tab_that_cannot_reach_back(chat: Page, door: FakeFrontDoor, kind: str) -> None:
    card = next(card for card, _ in CARDS if card["kind"] == kind)
    door.say("Here.", card=card)
    link = log(chat).get_by_role("link")
    expect(link).to_have_attribute("href", f"{door.url}{card['url']}")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.parametrize(
    "card",
    [
        {"kind": "hologram"},
        {"kind": "constructor"},
        {"kind": "pay_link", "url": "javascript:alert(1)", "amount": 8050, "currency": "USD"},
        {"kind": "receipt", "amount": 80.5, "currency": "USD", "paid_at": "2030-05-01T03:30:00Z", "balance": 0},
        {"kind": "invoices", "currency": "not a currency", "total": 1, "overdue": 1, "items": []},
        {"kind": "plan_options"},
    ],
    ids=["unknown", "inherited name", "unsafe address", "fraction of a cent", "no currency", "empty"],
)
def test_a_card_that_cannot_be_shown_leaves_the_text(chat: Page, door: FakeFrontDoor, card: dict[str, Any]) -> None:
    door.say("The words say the same.", card=card)
    expect(bubbles(chat, "The words say the same.")).to_be_visible()
    expect(log(chat).locator(".card")).to_have_count(0)
    expect(log(chat).get_by_role("link")).to_have_count(0)


def test_a_due_date_is_the_same_day_in_every_time_zone(chat: Page, door: FakeFrontDoor) -> None:
    year = chat.evaluate("new Date().getFullYear()") + 1
    door.say("Here.", card={**INVOICES, "items": [{**INVOICES["items"][1], "due_on": f"{year}-01-01"}]})
    expect(log(chat).locator(".invoice")).to_contain_text(f"Due Jan 1, {year}")


def test_amounts_have_the_digits_that_the_server_counts(chat: Page, door: FakeFrontDoor) -> None:
    currencies = CURRENCIES.split()
    items = [{"number": code, "due_on": "2031-01-01", "amount": 1234567, "days_late": 0} for code in currencies]
    for item in items:
        door.say("x", card={**INVOICES, "currency": item["number"], "items": [item]})
    expect(log(chat).locator(".card")).to_have_count(len(items))
    for drawn, code in zip(log(chat).locator(".invoice b").all_inner_texts(), currencies, strict=True):
        fraction = drawn.partition(".")[2]
        assert (code, len(fraction)) == (code, precision(code))
        assert "".join(filter(str.isdigit, drawn)) == "1234567"


@pytest.mark.parametrize(
    "hostile", ["<img src=x onerror='window.hit=1'>", "<script>window.hit=1</script>", "&lt;b&gt; <b>bold</b>"]
)
def test_html_and_script_are_shown_as_text_everywhere(chat: Page, door: FakeFrontDoor, hostile: str) -> None:
    door.set_state("agent", agent=hostile)
    write(chat, hostile)
    card = {**INVOICES, "items": [{**INVOICES["items"][0], "description": hostile}]}
    door.say(hostile, buttons=[{"title": hostile, "payload": "/x"}], card=card)
    door.say(hostile, author="agent")
    door.say(hostile, author="system")
    expect(log(chat).get_by_text(hostile, exact=True)).to_have_count(
        7
    )  # bubbles, button, card, note and the agent's name
    assert log(chat).locator("img, script").count() == 0
    assert chat.evaluate("window.hit") is None


def test_web_addresses_become_links_and_other_schemes_do_not(chat: Page, door: FakeFrontDoor) -> None:
    door.say("See https://example.com/help?a=1. Not javascript:alert(1) nor data:text/html,x")
    link = log(chat).get_by_role("link")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://example.com/help?a=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_a_disputed_invoice_is_on_hold_and_not_called_late_C9(chat: Page, door: FakeFrontDoor) -> None:
    door.say("Here.", card={**INVOICES, "items": [{**INVOICES["items"][0], "disputed": True}]})
    expect(log(chat).locator(".invoice")).to_contain_text("On hold while we look into it")
    expect(log(chat).locator(".invoice")).not_to_contain_text("days")


def test_a_receipt_comes_whoever_holds_the_conversation(chat: Page, door: FakeFrontDoor) -> None:
    door.set_state("agent", agent="Ana Souza")
    door.say(
        "Thank you, it has arrived.", author="system", card=next(card for card, _ in CARDS if card["kind"] == "receipt")
    )
    expect(log(chat).locator(".card")).to_contain_text("$80.50")
    expect(log(chat).get_by_text("Thank you, it has arrived.")).to_be_visible()


def test_c11_beside_what_is_under_review_a_receipt_does_not_say_that_nothing_is_left(
    chat: Page, door: FakeFrontDoor
) -> None:
    card = {**next(card for card, _ in CARDS if card["kind"] == "receipt"), "balance": 0}
    door.say("First.", card=card)
    expect(log(chat).get_by_text("Nothing is left to pay.")).to_have_count(1)
    door.say("Second.", card={**card, "review": 12_000})
    expect(log(chat).locator(".card")).to_have_count(2)
    expect(log(chat).get_by_text("Nothing is left to pay.")).to_have_count(1)
