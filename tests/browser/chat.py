"""What a test does in the chat, and what the bot may put before it."""

from __future__ import annotations

import base64
import json
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.fake_front_door import GREETING

# The contrast of every text with the ground that it stands on, as WCAG reckons it.
CONTRAST = """root => {
  const rgba = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = node => { for (; node instanceof Element; node = node.parentElement) {
    const c = rgba(getComputedStyle(node).backgroundColor); if (c[3] === 1) return c; } throw new Error('no ground'); };
  const found = [];
  for (const node of root.querySelectorAll('*')) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
    if (!own || node.disabled || node.closest('.sr') || !node.getClientRects().length) continue;
    const [low, high] = [light(rgba(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => a - b);
    found.push({ text: node.textContent.slice(0, 40), ratio: (high + .05) / (low + .05) });
  }
  return found;
}"""

PLAN: dict[str, Any] = {
    "id": "three",
    "payload": '/accept_plan{"plan": "three"}',
    "instalments": [
        {"due_on": "2031-01-15", "amount": 4000},
        {"due_on": "2031-02-15", "amount": 4000},
        {"due_on": "2031-03-15", "amount": 4001},
    ],
}
INVOICES: dict[str, Any] = {
    "kind": "invoices",
    "currency": "USD",
    "total": 26050,
    "overdue": 20050,
    "items": [
        {"number": "INV-1", "description": "Oak table", "due_on": "2030-10-07", "amount": 20050, "days_late": 45},
        {"number": "INV-2", "description": "Stoneware vase", "due_on": "2031-12-01", "amount": 6000, "days_late": 0},
    ],
}
CARDS: list[tuple[dict[str, Any], list[str]]] = [
    (
        INVOICES,
        ["Oak table", "INV-1", "Was due Oct 7, 2030", "45 days ago", "Due Dec 1, 2031", "$60.00", "$200.50", "$260.50"],
    ),
    ({"kind": "pay_link", "url": "/pay/abc", "amount": 8050, "currency": "USD"}, ["Pay $80.50", "secure payment page"]),
    (
        {"kind": "plan_options", "currency": "USD", "total": 12001, "options": [PLAN]},
        ["3 monthly payments", "$40.00 each, the last $40.01", "Jan 15, 2031", "Mar 15, 2031", "Choose this plan"],
    ),
    (
        {
            "kind": "plan_schedule",
            "currency": "USD",
            "status": "active",
            "instalments": [{**PLAN["instalments"][0], "status": "paid"}, *PLAN["instalments"][1:]],
        },
        ["Your plan", "In place", "Paid", "$40.00 of $120.01 paid", "Feb 15, 2031", "$40.01"],
    ),
    (
        {
            "kind": "receipt",
            "payment_id": "pay_7",
            "amount": 8050,
            "currency": "USD",
            "paid_at": "2030-05-01T03:30:00Z",
            "balance": 12000,
        },
        ["$80.50", "Thank you", "Apr 30, 2030, 11:30\u202fPM", "pay_7", "Still open", "$120.00"],
    ),
    ({"kind": "statement", "url": "/documents/7"}, ["Open your statement"]),
]


def open_chat(page: Page) -> None:
    """Open the chat by its bubble; comes back once the assistant has greeted."""
    page.get_by_role("button", name="Open chat").click()
    expect(log(page)).to_contain_text(GREETING)


def log(page: Page) -> Locator:
    """The conversation."""
    return page.get_by_role("log")


def field(page: Page) -> Locator:
    """Where the customer writes."""
    return page.get_by_role("textbox", name="Write a message")


def write(page: Page, text: str) -> None:
    """Say `text` and send it with Enter."""
    field(page).fill(text)
    field(page).press("Enter")


def bubbles(page: Page, text: str) -> Locator:
    """Every bubble that says exactly `text`."""
    return log(page).locator(".bubble").get_by_text(text, exact=True)


def box(target: Locator) -> FloatRect:
    """Where `target` is, in CSS pixels."""
    found = target.bounding_box()
    assert found is not None
    return found


def echo(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The bot that repeats what it was told."""
    return [{"text": f"You said: {message.get('text', message.get('payload'))}"}]


def token_of(subject: str) -> str:
    """A token in the shape of the one that a host page passes, about `subject`."""
    body = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
    return f"header.{body}.signature"
