"""Every call of the real gateway: it sends what the library allows, and understands Stripe's own examples."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.billing.gateway import SavedCard
from bot.billing.stripe import StripeGateway
from bot.errors import OutsideService
from bot.money import Money
from tests.billing.gateway_world import CONSENT, LATER_PAYMENT, asked, instalment
from tests.billing.stripe_examples import FILE, Examples, example, examples
from tests.sandbox.running import KEY

with_specs = pytest.mark.skipif(not FILE.exists(), reason="the published example objects are not beside this checkout")
SINCE = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
UNTIL = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
CARD = SavedCard("pm_1", "cus_1", "visa", "4242", 12, 2034)
CREATED = int(SINCE.timestamp())

Call = Callable[[StripeGateway], Any]
CALLS: dict[str, tuple[Call, list[tuple[str, dict[str, Any]]]]] = {
    "fetch_checkout": (
        lambda gateway: gateway.fetch_checkout("cs_1"),
        [
            (
                "GET /v1/checkout/sessions/{id}",
                {"expand": ["payment_intent.latest_charge", "payment_intent.payment_method"]},
            )
        ],
    ),
    "expire_checkout": (
        lambda gateway: gateway.expire_checkout("cs_1"),
        [("POST /v1/checkout/sessions/{id}/expire", {})],
    ),
    "fetch_intent": (
        lambda gateway: gateway.fetch_intent("pi_1"),
        [("GET /v1/payment_intents/{id}", {"expand": ["payment_method"]})],
    ),
    "find_intent": (
        lambda gateway: gateway.find_intent(LATER_PAYMENT, "cus_1", SINCE),
        [("GET /v1/payment_intents", {"customer": "cus_1", "created": {"gte": CREATED}, "limit": 100})],
    ),
    "refund": (
        lambda gateway: gateway.refund("pi_1", Money(100, "USD"), "refund:1"),
        [("POST /v1/refunds", {"payment_intent": "pi_1", "amount": 100})],
    ),
    "forget_card": (
        lambda gateway: gateway.forget_card("pm_1"),
        [("POST /v1/payment_methods/{id}/detach", {})],
    ),
    "events after one": (
        lambda gateway: list(gateway.events("evt_1", SINCE)),
        [("GET /v1/events", {"ending_before": "evt_1", "limit": 100})],
    ),
    "intents": (
        lambda gateway: list(gateway.intents(SINCE, UNTIL)),
        [("GET /v1/payment_intents", {"created": {"gte": CREATED, "lt": CREATED + 86400}, "limit": 100})],
    ),
}


@pytest.fixture
def stripe_examples() -> Iterator[Examples]:
    with examples() as server:
        yield server


@pytest.fixture
def gateway(stripe_examples: Examples) -> StripeGateway:
    return StripeGateway(KEY, stripe_examples.url, retries=0)


@with_specs
@pytest.mark.parametrize("name", CALLS)
def test_a_call_sends_what_the_library_allows_and_understands_the_example(
    gateway: StripeGateway, stripe_examples: Examples, name: str
) -> None:
    call, expected = CALLS[name]
    call(gateway)
    assert stripe_examples.asked == expected


@with_specs
def test_a_page_with_consent_is_made_of_what_the_library_allows(
    gateway: StripeGateway, stripe_examples: Examples
) -> None:
    session = gateway.create_checkout(asked(consent=CONSENT), "payment:1")
    assert (session.id, session.status) == (example("checkout.session")["id"], "open")
    [(operation, sent)] = stripe_examples.asked
    assert operation == "POST /v1/checkout/sessions"
    assert sent["payment_method_options"] == {"card": {"setup_future_usage": "off_session"}}
    assert "setup_future_usage" not in sent["payment_intent_data"]
    assert sent["custom_text"] == {"submit": {"message": CONSENT}}


@with_specs
def test_a_charge_is_made_of_what_the_library_allows(gateway: StripeGateway, stripe_examples: Examples) -> None:
    gateway.charge(instalment(CARD), "instalment:1:attempt:1")
    [(operation, sent)] = stripe_examples.asked
    assert operation == "POST /v1/payment_intents"
    assert (sent["off_session"], sent["confirm"], sent["error_on_requires_action"]) == (True, True, True)
    assert sent["metadata"] == {"payment_id": LATER_PAYMENT}


@with_specs
def test_what_went_back_is_asked_for_once_something_came(gateway: StripeGateway, stripe_examples: Examples) -> None:
    came = {"status": "succeeded", "amount_received": 1099, "latest_charge": "ch_1"}
    intent = {**example("payment_intent"), **came, "metadata": {"payment_id": LATER_PAYMENT}}
    stripe_examples.answers["GET /v1/payment_intents/{id}"] = 200, intent
    found = gateway.fetch_intent("pi_1")
    assert stripe_examples.asked[1:] == [
        ("GET /v1/refunds", {"payment_intent": "pi_1", "limit": 100}),
        ("GET /v1/disputes", {"payment_intent": "pi_1", "limit": 100}),
    ]
    assert {(each.status, each.withdrawn) for each in found.returns} == {
        ("succeeded", True),
        ("warning_needs_response", False),
    }


@with_specs
def test_the_other_sales_of_the_business_keep_nobody_from_ours(
    gateway: StripeGateway, stripe_examples: Examples
) -> None:
    sale = {**example("payment_intent"), "currency": "rsd", "amount": 1050, "metadata": {}}
    marked = {**sale, "id": "pi_marked", "metadata": {"payment_id": "order-17"}}
    ours = {**example("payment_intent"), "id": "pi_ours", "metadata": {"payment_id": LATER_PAYMENT}}
    found = {"object": "list", "data": [sale, marked, ours], "has_more": False, "url": "/v1/payment_intents"}
    stripe_examples.answers["GET /v1/payment_intents"] = 200, found
    assert [each.id for each in gateway.intents(SINCE, UNTIL)] == ["pi_ours"]


@with_specs
def test_a_whole_session_is_read_with_its_charge_and_its_card(
    gateway: StripeGateway, stripe_examples: Examples
) -> None:
    charge = {**example("charge"), "amount_refunded": 30, "disputed": True}
    method = {**example("payment_method"), "customer": "cus_1"}
    intent = {**example("payment_intent"), "status": "succeeded", "latest_charge": charge, "payment_method": method}
    session = {**example("checkout.session"), "payment_intent": intent, "payment_status": "paid"}
    stripe_examples.answers["GET /v1/checkout/sessions/{id}"] = 200, session
    found = gateway.fetch_checkout("cs_1")
    assert (found.payment_intent, found.intent_status, found.paid) == (intent["id"], "succeeded", True)
    assert (found.refunded, found.disputed) == (Money(30, "USD"), True)
    assert found.saved_card == SavedCard(method["id"], "cus_1", "visa", "4242", 8, 2030)


@with_specs
def test_without_a_known_event_the_listing_begins_with_the_oldest(
    gateway: StripeGateway, stripe_examples: Examples
) -> None:
    [oldest, *_] = gateway.events(None, SINCE)
    assert oldest.event.id == example("event")["id"]
    assert [sent for _, sent in stripe_examples.asked] == [
        {"created": {"gte": CREATED}, "limit": 100},
        {"ending_before": oldest.event.id, "limit": 100},
    ]


@with_specs
@pytest.mark.parametrize(
    ("status", "type", "code", "retryable"),
    [
        (409, "idempotency_error", "idempotency_key_in_use", True),
        (429, "invalid_request_error", "lock_timeout", True),
        (400, "idempotency_error", None, False),
        (400, "invalid_request_error", "payment_method_unexpected_state", False),
        (402, "card_error", "card_declined", False),
        (401, "invalid_request_error", None, True),
        (403, "invalid_request_error", None, True),
    ],
)
def test_only_what_may_go_differently_later_is_worth_another_try_s3(
    gateway: StripeGateway, stripe_examples: Examples, status: int, type: str, code: str | None, retryable: bool
) -> None:
    error = {"type": type, "message": "No.", **({"code": code} if code else {})}
    stripe_examples.answers["POST /v1/payment_intents"] = status, {"error": error}
    with pytest.raises(OutsideService) as failed:
        gateway.charge(instalment(CARD), "instalment:1:attempt:1")
    assert failed.value.retryable is retryable
    assert (failed.value.about["code"], failed.value.about["status"]) == (code, status)


@with_specs
def test_a_card_that_stripe_would_not_detach_is_not_called_forgotten(
    gateway: StripeGateway, stripe_examples: Examples
) -> None:
    error = {"type": "invalid_request_error", "message": "No."}
    stripe_examples.answers["POST /v1/payment_methods/{id}/detach"] = 400, {"error": error}
    gateway.forget_card("pm_1")  # the example belongs to no customer
    kept = {**example("payment_method"), "customer": "cus_1"}
    stripe_examples.answers["GET /v1/payment_methods/{id}"] = 200, kept
    with pytest.raises(OutsideService) as refused:
        gateway.forget_card("pm_1")
    assert not refused.value.retryable
