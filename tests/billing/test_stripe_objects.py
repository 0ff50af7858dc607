"""What Stripe's objects say, where neither the sandbox nor a newcomer's account would show it."""

from __future__ import annotations

import typing
from typing import Any

import pytest
import stripe

from bot.billing.gateway import SavedCard
from bot.billing.stripe import stripe_objects
from bot.money import Money

TAKEN, GIVEN_BACK = -1000, 1000  # what a dispute does to the balance


def dispute(status: str, *entries: int) -> stripe.Dispute:
    values = {
        "id": "dp_1",
        "amount": 1000,
        "currency": "usd",
        "status": status,
        "created": 1_772_000_000,
        "reason": "general",
        "balance_transactions": [{"id": f"txn_{amount}", "amount": amount} for amount in entries],
    }
    return stripe.Dispute.construct_from(values, None)


def refund(status: str | None) -> stripe.Refund:
    values = {"id": "re_1", "amount": 500, "currency": "jpy", "status": status, "created": 1, "reason": None}
    return stripe.Refund.construct_from(values, None)


def method(**fields: Any) -> stripe.PaymentMethod:
    card = {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2030}
    values = {"id": "pm_1", "object": "payment_method", "type": "card", "card": card, "customer": "cus_1", **fields}
    return stripe.PaymentMethod.construct_from(values, None)


def intent(**fields: Any) -> stripe.PaymentIntent:
    values = {
        "id": "pi_1",
        "status": "succeeded",
        "amount": 1000,
        "amount_received": 1000,
        "currency": "usd",
        "created": 1,
        "metadata": {"payment_id": "payment-1"},
        "payment_method": None,
        "last_payment_error": None,
        **fields,
    }
    return stripe.PaymentIntent.construct_from(values, None)


def test_a_sale_of_the_business_in_a_currency_that_we_count_otherwise_is_read_without_its_amounts() -> None:
    sale = intent(metadata={}, currency="rsd", amount=1050, amount_received=1050)
    found = stripe_objects.intent(sale, [refund("succeeded")], [dispute("lost", TAKEN)])
    assert (found.payment_id, found.amount, found.returns) == ("", Money.zero("RSD"), ())


def returned(found: stripe.Dispute) -> bool:
    [only] = stripe_objects.intent(intent(), disputes=[found]).returns
    assert only.status == found.status
    return only.withdrawn


# Of the library: a status that it learns by an upgrade is tested too.
STATUSES = typing.get_args(typing.get_args(stripe.Dispute.__annotations__["status"])[0])


@pytest.mark.parametrize("status", STATUSES)
def test_a_dispute_has_what_its_entries_in_the_balance_say_and_no_more_s6(status: str) -> None:
    never = status == "won" or status.startswith("warning_")
    assert returned(dispute(status, TAKEN)) is not never
    assert not returned(dispute(status))
    assert not returned(dispute(status, TAKEN, GIVEN_BACK))


def test_every_status_of_a_dispute_is_known_here() -> None:
    assert {"needs_response", "under_review", "lost", "won", "warning_closed", "prevented"} <= set(STATUSES)


@pytest.mark.parametrize(
    ("status", "withdrawn"),
    [
        ("pending", True),
        ("requires_action", True),
        ("succeeded", True),
        (None, True),
        ("failed", False),
        ("canceled", False),
    ],
)
def test_a_refund_is_gone_unless_it_failed_or_was_cancelled_s6(status: str | None, withdrawn: bool) -> None:
    found = stripe_objects.refund(refund(status))
    assert (found.withdrawn, found.amount) == (withdrawn, Money(500, "JPY"))


def test_what_went_back_is_told_oldest_first() -> None:
    old, new = refund("succeeded"), dispute("needs_response", TAKEN)
    again = stripe.Refund.construct_from({**refund("failed").to_dict(), "id": "re_2", "created": 1_773_000_000}, None)
    found = stripe_objects.intent(intent(currency="jpy"), [again, old], [new])
    assert [each.id for each in found.returns] == ["re_1", "dp_1", "re_2"]


@pytest.mark.parametrize(
    ("status", "received", "amount"), [("succeeded", 990, 990), ("processing", 0, 1000), ("canceled", 0, 1000)]
)
def test_an_intent_is_worth_what_came_and_before_that_what_was_asked_for(
    status: str, received: int, amount: int
) -> None:
    found = stripe_objects.intent(intent(status=status, amount_received=received))
    assert (found.amount, found.paid) == (Money(amount, "USD"), status == "succeeded")


def test_an_intent_of_somebody_elses_names_none_of_our_payments() -> None:
    assert stripe_objects.intent(intent(metadata={})).payment_id == ""
    assert stripe_objects.intent(intent(metadata={"payment_id": "0190"})).payment_id == "0190"


def test_a_card_that_was_declined_before_another_paid_is_no_news() -> None:
    error = {"type": "card_error", "code": "card_declined", "decline_code": "lost_card"}
    found = stripe_objects.intent(intent(last_payment_error=error))
    assert (found.paid, found.decline, found.code) == (True, None, None)


def test_a_card_is_saved_when_it_belongs_to_a_customer() -> None:
    assert stripe_objects.saved_card(method()) == SavedCard("pm_1", "cus_1", "visa", "4242", 8, 2030)
    expanded = method(customer={"id": "cus_1", "object": "customer"})
    assert stripe_objects.saved_card(expanded) == stripe_objects.saved_card(method())


@pytest.mark.parametrize("found", [None, "pm_1", method(customer=None), method(type="us_bank_account", card=None)])
def test_anything_else_is_no_saved_card(found: str | stripe.PaymentMethod | None) -> None:
    assert stripe_objects.saved_card(found) is None
