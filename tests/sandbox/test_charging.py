"""Saved cards that a server charges without the customer: paid, declined, refused."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import stripe

from tests.sandbox.running import Running
from tests.sandbox.saved_cards import charge, declined, saved


def test_a_saved_card_pays_without_the_customer(sandbox: Running, client: stripe.StripeClient) -> None:
    method = saved(sandbox, client)
    intent = charge(client, method)
    assert (intent.status, intent.amount_received, intent.payment_method) == ("succeeded", 2500, method.id)
    assert intent.customer == method.customer
    paid = client.v1.charges.retrieve(intent.latest_charge)
    assert paid.payment_method_details
    assert paid.payment_method_details.card
    assert (paid.metadata["payment_id"], paid.payment_method_details.card.last4) == ("payment-2", "4242")
    types = [event.type for event in client.v1.events.list().data[:3]]
    assert types == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("declined_later", "card_declined", "generic_decline"),
        ("insufficient_later", "card_declined", "insufficient_funds"),
        ("authenticate_always", "authentication_required", "authentication_required"),
    ],
)
def test_a_card_that_paid_at_checkout_declines_later_with_everything_in_the_error(
    sandbox: Running, client: stripe.StripeClient, card: str, code: str, decline_code: str
) -> None:
    method = saved(sandbox, client, card)
    error = declined(client, method)
    body = json.loads(str(error.error))
    intent = body["payment_intent"]
    assert (body["type"], body["code"], body["decline_code"]) == ("card_error", code, decline_code)
    assert (intent["object"], intent["status"]) == ("payment_intent", "requires_payment_method")
    assert intent["payment_method"] is None
    assert intent["last_payment_error"]["code"] == code
    assert intent["last_payment_error"]["decline_code"] == decline_code
    assert intent["last_payment_error"]["payment_method"]["id"] == method.id
    assert body["charge"] == intent["latest_charge"]
    failed = client.v1.charges.retrieve(body["charge"])
    assert (failed.status, failed.failure_code) == ("failed", code)
    assert failed.outcome
    assert failed.outcome.reason == decline_code
    assert json.loads(str(client.v1.payment_intents.retrieve(intent["id"]))) == intent
    types = [event.type for event in client.v1.events.list().data[:3]]
    assert types == ["payment_intent.payment_failed", "charge.failed", "payment_intent.created"]


def test_a_card_that_was_authenticated_when_it_was_saved_pays(sandbox: Running, client: stripe.StripeClient) -> None:
    assert charge(client, saved(sandbox, client, "authenticate")).status == "succeeded"


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        ("insufficient_funds", "card_declined"),
        ("generic_decline", "card_declined"),
        ("lost_card", "card_declined"),
        ("stolen_card", "card_declined"),
        ("pickup_card", "card_declined"),
        ("expired_card", "expired_card"),
        ("authentication_required", "authentication_required"),
    ],
)
def test_a_test_decides_a_saved_cards_fate_and_takes_it_back(
    sandbox: Running, client: stripe.StripeClient, fate: str, code: str
) -> None:
    method = saved(sandbox, client)
    sandbox.switch(f"cards/{method.id}/behaviour", declines=fate)
    error = json.loads(str(declined(client, method).error))
    assert (error["code"], error["decline_code"]) == (code, fate)
    sandbox.switch(f"cards/{method.id}/behaviour", declines=None)
    assert charge(client, method).status == "succeeded"


def test_only_stripes_reasons_and_known_cards_are_taken(sandbox: Running, client: stripe.StripeClient) -> None:
    method = saved(sandbox, client)
    behaviour = f"/sandbox/cards/{method.id}/behaviour"
    assert sandbox.http.post(behaviour, json={"declines": "mood"}).status_code == 422
    assert sandbox.http.post(behaviour, json={}).status_code == 422
    assert sandbox.http.post("/sandbox/cards/pm_nobody/behaviour", json={"declines": None}).status_code == 404


def test_a_decline_is_repeated_under_its_key_without_a_second_charge_s5(
    sandbox: Running, client: stripe.StripeClient
) -> None:
    method = saved(sandbox, client, "declined_later")
    first = declined(client, method, key="instalment:1:attempt:1")
    # Even after the card has recovered: one attempt is one attempt.
    sandbox.switch(f"cards/{method.id}/behaviour", declines=None)
    again = declined(client, method, key="instalment:1:attempt:1")
    assert json.loads(str(again.error)) == json.loads(str(first.error))
    assert again.headers["idempotent-replayed"] == "true"
    assert len(client.v1.charges.list({"customer": str(method.customer)}).data) == 2
    assert charge(client, method, key="instalment:1:attempt:2").status == "succeeded"


def test_a_declined_intent_may_be_confirmed_again(sandbox: Running, client: stripe.StripeClient) -> None:
    method = saved(sandbox, client, "declined_later")
    error = declined(client, method).error
    assert error
    assert error.payment_intent
    sandbox.switch(f"cards/{method.id}/behaviour", declines=None)
    again: Any = {"payment_method": method.id, "off_session": True}
    intent = client.v1.payment_intents.confirm(error.payment_intent.id, again)
    assert (intent.status, intent.last_payment_error) == ("succeeded", None)


def test_a_customer_who_is_present_is_asked_instead(sandbox: Running, client: stripe.StripeClient) -> None:
    method = saved(sandbox, client, "authenticate_always")
    asked = charge(client, method, off_session=False, error_on_requires_action=False)
    assert (asked.status, asked.next_action.type) == ("requires_action", "use_stripe_sdk")
    assert client.v1.events.list().data[0].type == "payment_intent.requires_action"
    error = declined(client, method, off_session=False).error
    assert error
    assert (error.code, error.decline_code) == ("authentication_required", "authentication_not_handled")


def test_a_card_that_is_about_to_expire_does(sandbox: Running, client: stripe.StripeClient) -> None:
    method = saved(sandbox, client, "expiring")
    assert method.card
    made = dt.datetime.fromtimestamp(method.created, dt.UTC)
    assert method.card.exp_year * 12 + method.card.exp_month == made.year * 12 + made.month + 1
    assert charge(client, method).status == "succeeded"
    sandbox.http.post("/sandbox/clock", json={"advance": "P2M"})
    assert declined(client, method).code == "expired_card"


@pytest.mark.parametrize(
    ("changes", "param", "message"),
    [
        ({"confirm": False}, "off_session", "unless `confirm`"),
        ({"customer": "cus_nobody"}, "customer", "No such customer"),
        ({"payment_method": "pm_nobody"}, "payment_method", "No such PaymentMethod"),
        ({"amount": 49}, "amount", "at least 50 usd"),
        ({"capture_method": "manual"}, "capture_method", "does not play"),
    ],
)
def test_a_charge_is_refused_as_stripe_does_and_leaves_nothing_behind(
    sandbox: Running, client: stripe.StripeClient, changes: dict[str, Any], param: str, message: str
) -> None:
    method = saved(sandbox, client)
    with pytest.raises(stripe.InvalidRequestError, match=message) as refused:
        charge(client, method, **changes)
    assert (refused.value.http_status, refused.value.param) == (400, param)
    assert len(client.v1.payment_intents.list().data) == 1


def test_a_card_is_charged_for_its_own_customer_only(sandbox: Running, client: stripe.StripeClient) -> None:
    method = saved(sandbox, client)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        charge(client, method, customer=client.v1.customers.create({}).id)
    wanted: Any = {"amount": 500, "currency": "usd", "confirm": True, "payment_method": method.id}
    with pytest.raises(stripe.InvalidRequestError, match="Please include the Customer"):
        client.v1.payment_intents.create(wanted)


def test_stripes_test_methods_pay_ask_or_decline(client: stripe.StripeClient) -> None:
    def intent(method: str, off_session: bool = True) -> stripe.PaymentIntent:
        wanted: Any = {"amount": 500, "currency": "usd", "confirm": True, "payment_method": method}
        return client.v1.payment_intents.create({**wanted, "off_session": off_session})

    assert intent("pm_card_visa").status == "succeeded"
    assert intent("pm_card_authenticationRequired", off_session=False).status == "requires_action"
    for method, decline_code in (
        ("pm_card_authenticationRequired", "authentication_required"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "lost_card"),
        ("pm_card_chargeCustomerFail", "generic_decline"),
    ):
        with pytest.raises(stripe.CardError) as refused:
            intent(method)
        assert refused.value.error
        assert refused.value.error.decline_code == decline_code


def test_a_test_method_is_saved_when_that_is_asked_for(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({}).id
    wanted: Any = {
        "amount": 500,
        "currency": "usd",
        "customer": customer,
        "payment_method": "pm_card_visa",
        "setup_future_usage": "off_session",
    }
    made = client.v1.payment_intents.create(wanted)
    assert made.status == "requires_confirmation"
    assert client.v1.customers.payment_methods.list(customer).data == []
    assert client.v1.payment_intents.confirm(made.id).status == "succeeded"
    kept = client.v1.customers.payment_methods.list(customer).data[0]
    assert charge(client, kept).status == "succeeded"


def test_an_intent_without_a_card_is_not_confirmed(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        client.v1.payment_intents.create({"amount": 500, "currency": "usd", "confirm": True})
