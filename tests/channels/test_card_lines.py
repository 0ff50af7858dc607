"""A card adds to a text what it does not say already, and no more (T5, K8, K9)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Capabilities
from tests.channels.rendered import ALL, META, TWILIO, URL, body, message, shown


@ALL
def test_a_link_is_given_once_c14(channel: Capabilities) -> None:
    link = {"kind": "pay_link", "url": URL, "amount": 5000, "currency": "USD"}
    paper = {"kind": "statement", "url": URL, "title": "Open your statement"}
    assert body(message(f"Pay here: {URL}\nThank you.", card=link), channel) == f"Pay here: {URL}\nThank you."
    assert body(message("Thank you.", card=link), channel) == f"Thank you.\n\nPay $50.00 here: {URL}"
    assert body(message(f"Here: {URL}", card=paper), channel) == f"Here: {URL}"
    assert body(message("", card=paper), channel) == f"Open your statement: {URL}"


def test_an_invoice_is_listed_where_the_text_does_not_name_it() -> None:
    card = {"kind": "invoices", "currency": "USD", "total": 26050, "overdue": 20050, "items": [
        {"number": "INV-1", "description": "Goods", "due_on": "2026-10-08", "amount": 12000, "days_late": 45},
        {"number": "INV-12", "description": "", "due_on": "2026-11-08", "amount": 8050, "disputed": True},
        {"number": "INV-13", "description": "Tea", "due_on": "2026-12-02", "amount": 6000, "days_late": 0},
    ]}  # fmt: skip
    assert body(message("Here it is.", card=card), TWILIO) == (
        "Here it is.\n\n• INV-1, Goods: $120.00, was due Oct 8, 2026\n"
        "• INV-12: $80.50, on hold while we look into it\n• INV-13, Tea: $60.00, due Dec 2, 2026\n"
        "Past its date: $200.50\nIn all: $260.50"
    )
    named = "$260.50 is open:\n• INV-1, Goods: $120.00\n• INV-12: $80.50\n• INV-13: $60.00"
    assert body(message(named, card=card), TWILIO) == named
    # INV-1 is not named by INV-12
    assert "INV-1, Goods" in body(message(named.replace("INV-1,", "The first,"), card=card), TWILIO)


def test_many_invoices_are_cut_to_a_few_wherever_they_are_listed() -> None:
    items = [{"number": f"INV-{n}", "due_on": "2026-10-08", "amount": 100, "days_late": 1} for n in range(40)]
    card = {"kind": "invoices", "currency": "USD", "total": 4000, "overdue": 4000, "items": items}
    listed = message(
        "You have:\n" + "\n".join(f"• INV-{n}: $1.00" for n in range(40)) + "\n\nAny part is fine.", card=card
    )
    for said, end in ((listed, "\n\nAny part is fine."), (message("You have:", card=card), "\nIn all: $40.00")):
        text = body(said)
        assert len(re.findall(r"INV-\d+", text)) == 5
        assert "and 35 more. Ask me for a statement to see them all." in text
        assert text.endswith(end)
        assert len(re.findall(r"INV-\d+", body(said, META))) == 10


OPTIONS: list[dict[str, Any]] = [
    {"title": "3 months", "payload": "/choice_1", "instalments": [
        {"due_on": "2026-12-01", "amount": 6683}, {"due_on": "2027-01-01", "amount": 6683},
        {"due_on": "2027-02-01", "amount": 6684}]},
    {"title": "2 × $100.25", "payload": "/choice_2", "instalments": [
        {"due_on": "2026-12-01", "amount": 10025}, {"due_on": "2026-12-08", "amount": 10025}]},
]  # fmt: skip
PLANS = {"kind": "plan_options", "currency": "USD", "total": 20050, "options": OPTIONS}


@ALL
def test_a_plans_line_has_the_number_that_chooses_it(channel: Capabilities) -> None:
    text = "Which one?\n1. 3 months: $66.83 a month\n2. 2 weeks: $100.25 a week\n\nOr name your own."
    said = message(text, "3 months", "2 × $100.25", card=PLANS)
    (part,) = shown(said, channel, first=4)
    assert "\n4. 3 months: $66.83 a month\n5. 2 weeks: $100.25 a week\n" in part.body
    # listed once, as lines of the text
    assert len(re.findall(r"(?m)^\d+\.", part.plain or part.body)) == 2


@ALL
def test_terms_are_told_where_the_text_has_none_k8(channel: Capabilities) -> None:
    text = body(message("Which one?", card=PLANS), channel)
    assert "1. 3 months: 3 monthly parts of $66.83 from Dec 1, 2026; the last one $66.84\n" in text
    assert re.search(r"\n2\. 2 . \$100\.25: 2 weekly parts of \$100\.25 from Dec 1, 2026", text)


def test_a_plan_that_the_text_names_is_not_listed_again() -> None:
    card = {**PLANS, "options": OPTIONS[:1]}
    said = message("The closest is $66.83 each from December 1, 2026.", "That works", "Something else", card=card)
    assert body(said).split("\n")[2:4] == ["1. That works", "2. Something else"]


def schedule(count: int, paid: int) -> dict[str, Any]:
    parts = [
        {"due_on": f"2027-{month:02}-15", "amount": 1000 + month, "status": "paid" if month <= paid else "due"}
        for month in range(1, count + 1)
    ]
    return {"kind": "plan_schedule", "currency": "USD", "total": 1, "status": "active", "instalments": parts}


def test_a_schedule_lists_its_parts_and_marks_the_paid_ones_k9() -> None:
    text = body(message("Your plan:", card=schedule(3, 1)), META)
    assert text == (
        "Your plan:\n\n• $10.01 on Jan 15, 2027: paid, thank you\n• $10.02 on Feb 15, 2027\n• $10.03 on Mar 15, 2027"
    )
    told = "Ahead:\n• $10.02 on February 15, 2027\n• … and so on\n• $10.03 on March 15, 2027"
    assert body(message(told, card=schedule(3, 1)), META) == told
    long = body(message("", card=schedule(12, 0))).split("\n")
    assert (len(long), long[-2:]) == (6, ["- and 7 more between", "- $10.12 on Dec 15, 2027"])


def test_a_receipt_says_what_its_text_does_not() -> None:
    paid = {"kind": "receipt", "payment_id": "x", "amount": 5000, "currency": "USD", "balance": 15050}
    card = {**paid, "paid_at": "2026-11-22T10:00:00+00:00"}
    assert (
        body(message("Thank you.", card=card), META)
        == "Thank you.\n\nPaid on Nov 22, 2026: $50.00\nStill open: $150.50"
    )
    said = "Thank you, your payment of $50.00 has arrived. $150.50 is open."
    assert body(message(said, card=card), META) == said


@ALL
@pytest.mark.parametrize(
    "card",
    [
        {},
        {"kind": "mystery"},
        {"kind": "invoices"},
        {"kind": "pay_link", "url": None},
        {"kind": "receipt", "amount": "5"},
        {"kind": "plan_options", "options": [{"title": "A", "payload": "/a"}]},
        {"kind": "plan_schedule", "instalments": None},
        {"kind": "plan_schedule", "currency": "usd", "instalments": [{"due_on": "2026-12-01", "amount": 1}]},
        {"kind": "plan_options", "options": "x"},
        {"kind": "invoices", "items": [None]},
    ],
)
def test_a_card_that_is_none_of_ours_leaves_the_text_alone(channel: Capabilities, card: dict[str, Any]) -> None:
    (part,) = shown(message("The text says it all.", card=card), channel)
    assert part.body.startswith("The text says it all.")


VALUES = st.none() | st.integers(-(10**6), 10**6) | st.sampled_from(["", "USD", "2026-12-01", "/choice_1", "3 months"])
ENTRIES = st.dictionaries(
    st.sampled_from(["due_on", "amount", "title", "payload", "number", "status"]), VALUES, max_size=6
)
FIELDS = st.sampled_from(["currency", "total", "overdue", "url", "amount", "paid_at", "balance", "items", "options"])
KINDS = st.sampled_from(["invoices", "pay_link", "statement", "plan_options", "plan_schedule", "receipt"])


@given(
    kind=KINDS,
    fields=st.dictionaries(
        FIELDS | st.just("instalments"), VALUES | st.lists(ENTRIES | VALUES, max_size=3), max_size=6
    ),
)
def test_no_card_keeps_a_text_from_going_out(kind: str, fields: dict[str, Any]) -> None:
    for channel in (TWILIO, META):
        *_, last = shown(message("The text says it all.", "My account", card={**fields, "kind": kind}), channel)
        assert "The text says it all." in last.body


@pytest.mark.parametrize(
    ("locale", "amount"), [("es-MX", "USD1,234.50"), ("pt-BR", "US$ 1.234,50"), ("en-GB", "US$1,234.50")]
)
def test_amounts_are_written_as_the_locale_writes_them(locale: str, amount: str) -> None:
    link = {"kind": "pay_link", "url": URL, "amount": 123450, "currency": "USD"}
    assert amount in body(message("", card=link), locale=locale).replace("\u00a0", " ")
