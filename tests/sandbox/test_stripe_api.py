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
        ({"line_items": [{"quantity": 1, "price": "price_1"}]}, "line_items[0][price]", "resource_missing"),
    ],
)
def test_a_session_is_refused_as_stripe_does_by_parameter_s4(
    client: stripe.StripeClient, changes: dict[str, Any], param: str, code: str | None
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


class TestLists:
    def test_pages_go_both_ways_and_the_library_walks_them(self, client: stripe.StripeClient) -> None:
        ids = [client.v1.customers.create({"description": str(n)}).id for n in range(5)]
        newest_first = ids[::-1]
        first = client.v1.customers.list({"limit": 2})
        assert ([c.id for c in first.data], first.has_more) == (newest_first[:2], True)
        second = client.v1.customers.list({"limit": 2, "starting_after": newest_first[1]})
        assert [c.id for c in second.data] == newest_first[2:4]
        back = client.v1.customers.list({"limit": 2, "ending_before": newest_first[3]})
        assert ([c.id for c in back.data], back.has_more) == (newest_first[1:3], True)
        assert [c.id for c in client.v1.customers.list({"limit": 2}).auto_paging_iter()] == newest_first

    @pytest.mark.parametrize("bad", [{"limit": 0}, {"limit": 101}, {"starting_after": "cus_nobody"}])
    def test_a_limit_or_cursor_that_is_none_is_refused(self, client: stripe.StripeClient, bad: dict[str, Any]) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.customers.list(cast(Any, bad))
        assert refused.value.param == next(iter(bad))

    def test_events_are_listed_by_type_time_and_place(self, sandbox: Running, client: stripe.StripeClient) -> None:
        session = client.v1.checkout.sessions.create(SESSION)
        sandbox.act(session.id, "complete")
        every = client.v1.events.list().data
        assert [event.type for event in every] == [
            "checkout.session.completed",
            "payment_intent.succeeded",
            "charge.succeeded",
            "payment_intent.created",
        ]
        assert [e.type for e in client.v1.events.list({"type": "charge.*"}).data] == ["charge.succeeded"]
        two: Any = {"types": ["charge.succeeded", "payment_intent.succeeded"]}
        assert len(client.v1.events.list(two).data) == 2
        assert len(client.v1.events.list({"created": {"gte": every[0].created}}).data) >= 1
        assert client.v1.events.list({"created": {"gt": every[0].created}}).data == []
        assert [e.id for e in client.v1.events.list({"ending_before": every[1].id}).data] == [every[0].id]
        assert [e.id for e in client.v1.events.list({"starting_after": every[2].id}).data] == [every[3].id]
        assert client.v1.events.retrieve(every[0].id).type == "checkout.session.completed"

    def test_sessions_are_found_by_their_intent_and_status(self, sandbox: Running, client: stripe.StripeClient) -> None:
        paid, other = (client.v1.checkout.sessions.create(SESSION) for _ in range(2))
        sandbox.act(paid.id, "complete")
        intent = client.v1.payment_intents.list().data[0]
        assert [s.id for s in client.v1.checkout.sessions.list({"payment_intent": intent.id}).data] == [paid.id]
        assert [s.id for s in client.v1.checkout.sessions.list({"status": "open"}).data] == [other.id]

    def test_ids_are_expanded_along_a_path(self, sandbox: Running, client: stripe.StripeClient) -> None:
        session = client.v1.checkout.sessions.create(SESSION)
        sandbox.act(session.id, "complete")
        expand: Any = {"expand": ["payment_intent.latest_charge.balance_transaction", "line_items"]}
        found = client.v1.checkout.sessions.retrieve(session.id, expand)
        assert isinstance(found.payment_intent, stripe.PaymentIntent)
        assert isinstance(found.payment_intent.latest_charge, stripe.Charge)
        assert isinstance(found.payment_intent.latest_charge.balance_transaction, stripe.BalanceTransaction)
        assert found.line_items
        assert found.line_items.data[0].amount_total == 8050
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.retrieve(session.id, {"expand": ["colour"]})


class TestMoney:
    def test_a_refund_gives_back_part_and_then_the_rest_but_never_more_s6(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        session = client.v1.checkout.sessions.create(SESSION)
        sandbox.act(session.id, "complete")
        intent = client.v1.payment_intents.list().data[0].id
        client.v1.refunds.create({"payment_intent": intent, "amount": 50})
        assert client.v1.charges.list().data[0].amount_refunded == 50
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create({"payment_intent": intent, "amount": 8001})
        rest = client.v1.refunds.create({"payment_intent": intent, "reason": "requested_by_customer"})
        assert (rest.amount, client.v1.charges.list().data[0].refunded) == (8000, True)
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create({"payment_intent": intent})
        assert refused.value.code == "charge_already_refunded"
        assert sum(entry.net for entry in client.v1.balance_transactions.list().data) == 0

    def test_a_saved_card_pays_asks_or_declines(self, client: stripe.StripeClient) -> None:
        def intent(method: str) -> stripe.PaymentIntent:
            wanted: Any = {
                "amount": 500,
                "currency": "usd",
                "confirm": True,
                "off_session": True,
                "payment_method": method,
            }
            return client.v1.payment_intents.create(wanted)

        assert intent("pm_card_visa").status == "succeeded"
        assert intent("pm_card_authenticationRequired").status == "requires_action"
        with pytest.raises(stripe.CardError) as declined:
            intent("pm_card_chargeDeclinedInsufficientFunds")
        assert declined.value.error
        assert declined.value.error.decline_code == "insufficient_funds"
        with pytest.raises(stripe.InvalidRequestError):
            intent("pm_nobody")

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


def test_faults_are_shown_checked_and_cleared(sandbox: Running, client: stripe.StripeClient) -> None:
    sandbox.faults(fail_requests={"count": 2, "status": 429})
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            client.v1.customers.list()
    assert client.v1.customers.list().data == []
    assert sandbox.http.get("/sandbox/stripe/faults").json()["fail_requests"] == {"count": 0, "status": 429}
    assert sandbox.http.delete("/sandbox/stripe/faults").json()["fail_requests"] is None
    assert sandbox.http.post("/sandbox/stripe/faults", json={"repeat_webhook": 1}).status_code == 422
    assert sandbox.http.get("/sandbox/paypal/faults").status_code == 404
