"""Stripe's API as the official library meets it."""

from __future__ import annotations

import json
from typing import Any, cast

import httpx
import pytest
import stripe

from tests.sandbox.requests import SESSION
from tests.sandbox.running import KEY, Running


def refusal(client: stripe.StripeClient, **changes: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(cast(Any, {**SESSION, **changes}))
    return refused.value


def line(**price: Any) -> list[Any]:
    data = {"currency": "usd", "unit_amount": 8050, "product_data": {"name": "Payment"}, **price}
    return [{"quantity": 1, "price_data": data}]


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"colour": "red"}, "colour", "parameter_unknown"),
        ({"line_items": [{"quantity": 1, "shade": "x"}]}, "line_items[0][shade]", "parameter_unknown"),
        (
            {"line_items": line(product_data={"description": "x"})},
            "line_items[0][price_data][product_data][name]",
            "parameter_missing",
        ),
        ({"line_items": [{"price_data": line()[0]["price_data"]}]}, "line_items[0][quantity]", "parameter_missing"),
        (
            {"line_items": line(unit_amount="80.50")},
            "line_items[0][price_data][unit_amount]",
            "parameter_invalid_integer",
        ),
        ({"line_items": line(unit_amount=49)}, "line_items", "amount_too_small"),
        ({"line_items": line(unit_amount=100_000_000)}, "line_items", "amount_too_large"),
        ({"line_items": line(currency="kwd", unit_amount=5124)}, "line_items", None),
        ({"line_items": line(currency="isk", unit_amount=50_050)}, "line_items", None),
        ({"client_reference_id": ""}, "client_reference_id", "parameter_invalid_empty"),
        ({"client_reference_id": "x" * 201}, "client_reference_id", None),
        ({"metadata": {f"k{n}": "v" for n in range(51)}}, "metadata", None),
        ({"metadata": {"k" * 41: "v"}}, "metadata", None),
        ({"metadata": {"k": "v" * 501}}, "metadata", None),
        ({"mode": "gift"}, "mode", None),
        ({"mode": "subscription"}, "mode", "sandbox_limit"),
        ({"discounts": [{"coupon": "x"}]}, "discounts", "sandbox_limit"),
        ({"locale": "tlh"}, "locale", None),
        ({"expires_at": 1}, "expires_at", None),
        ({"expires_at": 99999999999}, "expires_at", None),
        ({"success_url": "shop.example"}, "success_url", "url_invalid"),
        ({"customer_email": "maya"}, "customer_email", "email_invalid"),
        ({"customer": "cus_nobody"}, "customer", "resource_missing"),
        ({"customer": "cus_1", "customer_creation": "always"}, None, None),
        ({"custom_text": {"submit": {"message": "x" * 1201}}}, "custom_text[submit][message]", None),
        ({"consent_collection": {"terms_of_service": "maybe"}}, "consent_collection[terms_of_service]", None),
        ({"line_items": [{"quantity": 1, "price": "price_1"}]}, "line_items[0][price]", "resource_missing"),
    ],
)
def test_a_session_is_refused_as_stripe_does_by_parameter_s4(
    client: stripe.StripeClient, changes: dict[str, Any], param: str | None, code: str | None
) -> None:
    error = refusal(client, **changes)
    assert (error.http_status, error.param, error.code) == (400, param, code)


@pytest.mark.parametrize("name", ["mode", "line_items", "success_url"])
def test_what_a_session_needs_is_named_when_it_lacks(client: stripe.StripeClient, name: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(cast(Any, {k: v for k, v in SESSION.items() if k != name}))
    assert (refused.value.param, refused.value.code) == (name, "parameter_missing")


def test_a_key_that_is_not_ours_is_refused_in_stripes_shape(sandbox: Running) -> None:
    stranger = stripe.StripeClient("sk_test_stranger_key", base_addresses={"api": sandbox.url})
    with pytest.raises(stripe.AuthenticationError) as refused:
        stranger.v1.checkout.sessions.list()
    assert refused.value.http_status == 401
    answer = sandbox.http.get("/v1/customers")
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")


def test_the_key_is_also_taken_as_basic_authentication(sandbox: Running) -> None:
    assert sandbox.http.get("/v1/customers", auth=httpx.BasicAuth(KEY, "")).json()["data"] == []


def test_an_address_that_is_not_played_is_named(sandbox: Running) -> None:
    answer = sandbox.http.get("/v1/subscriptions", auth=(KEY, ""))
    assert answer.status_code == 404
    assert "Unrecognized request URL (GET: /v1/subscriptions)" in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{}", b"a" * 200_000, b"&".join(b"a[%d]=x" % n for n in range(3000))])
def test_a_body_that_is_no_form_is_refused_and_never_crashes(sandbox: Running, body: bytes) -> None:
    answer = sandbox.http.post("/v1/customers", content=body, auth=(KEY, ""))
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_what_is_missing_is_missing(client: stripe.StripeClient) -> None:
    for call in (client.v1.checkout.sessions.retrieve, client.v1.payment_intents.retrieve, client.v1.charges.retrieve):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call("nothing_1")
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


class TestIdempotency:
    def test_the_same_key_answers_the_same_and_says_so_s3(self, client: stripe.StripeClient) -> None:
        first = client.v1.checkout.sessions.create(SESSION, {"idempotency_key": "payment:1"})
        again = client.v1.checkout.sessions.create(SESSION, {"idempotency_key": "payment:1"})
        assert json.loads(str(again)) == json.loads(str(first))
        assert first.last_response
        assert again.last_response
        assert "idempotent-replayed" not in first.last_response.headers
        assert again.last_response.headers["idempotent-replayed"] == "true"
        assert len(client.v1.checkout.sessions.list().data) == 1

    def test_the_same_key_with_other_parameters_is_an_idempotency_error_s3(self, client: stripe.StripeClient) -> None:
        client.v1.checkout.sessions.create(SESSION, {"idempotency_key": "payment:1"})
        with pytest.raises(stripe.IdempotencyError) as refused:
            client.v1.checkout.sessions.create({**SESSION, "locale": "es"}, {"idempotency_key": "payment:1"})
        assert refused.value.http_status == 400
        with pytest.raises(stripe.IdempotencyError):
            client.v1.customers.create({"email": "a@example.com"}, {"idempotency_key": "payment:1"})

    def test_a_key_is_at_most_255_characters_s3(self, client: stripe.StripeClient) -> None:
        client.v1.customers.create({}, {"idempotency_key": "k" * 255})
        with pytest.raises(stripe.IdempotencyError):
            client.v1.customers.create({}, {"idempotency_key": "k" * 256})

    def test_a_refused_request_does_not_use_its_key_up(self, client: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.create({**SESSION, "expires_at": 1}, {"idempotency_key": "payment:1"})
        assert client.v1.checkout.sessions.create(SESSION, {"idempotency_key": "payment:1"}).status == "open"

    def test_a_declined_card_is_declined_again_without_a_second_charge_s5(self, client: stripe.StripeClient) -> None:
        wanted: Any = {
            "amount": 500,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_visa_chargeDeclined",
        }
        for _ in range(2):
            with pytest.raises(stripe.CardError) as declined:
                client.v1.payment_intents.create(wanted, {"idempotency_key": "instalment:1:attempt:1"})
            assert declined.value.code == "card_declined"
        assert [charge.status for charge in client.v1.charges.list().data] == ["failed"]

    def test_a_key_is_forgotten_after_a_day_of_the_demos_clock(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        first = client.v1.customers.create({}, {"idempotency_key": "k"})
        sandbox.http.post("/sandbox/clock", json={"advance": "PT25H"})
        assert client.v1.customers.create({}, {"idempotency_key": "k"}).id != first.id


class TestObjects:
    def test_an_intent_is_confirmed_once_and_canceled_only_before(self, client: stripe.StripeClient) -> None:
        first, second = (client.v1.payment_intents.create({"amount": 500, "currency": "usd"}) for _ in range(2))
        assert client.v1.payment_intents.confirm(first.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
        for again in (client.v1.payment_intents.confirm, client.v1.payment_intents.cancel):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                again(first.id)
            assert refused.value.code == "payment_intent_unexpected_state"
        assert client.v1.payment_intents.cancel(second.id).status == "canceled"

    def test_a_customer_is_kept_changed_and_deleted(self, client: stripe.StripeClient) -> None:
        kept = client.v1.customers.create({"email": "maya@example.com", "metadata": {"a": "1", "b": "2"}})
        changed = client.v1.customers.update(kept.id, {"metadata": {"a": "", "c": "3"}, "phone": "+12105550101"})
        assert json.loads(str(changed.metadata)) == {"b": "2", "c": "3"}
        assert client.v1.customers.retrieve(kept.id).phone == "+12105550101"
        assert client.v1.customers.list({"email": "maya@example.com"}).data[0].id == kept.id
        assert client.v1.customers.delete(kept.id).deleted
        assert client.v1.events.list({"type": "customer.created"}).data[0].data.object["id"] == kept.id


def test_faults_are_shown_checked_and_cleared(sandbox: Running, client: stripe.StripeClient) -> None:
    sandbox.faults(fail_requests={"count": 2, "status": 429})
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            client.v1.customers.list()
    assert client.v1.customers.list().data == []
    asked = {"count": 0, "status": 429, "code": None}
    assert sandbox.http.get("/sandbox/stripe/faults").json()["fail_requests"] == asked
    assert sandbox.http.delete("/sandbox/stripe/faults").json()["fail_requests"] is None
    assert sandbox.http.post("/sandbox/stripe/faults", json={"repeat_webhook": 1}).status_code == 422
    assert sandbox.http.get("/sandbox/paypal/faults").status_code == 404
