"""Webhooks: signed, in order, repeated, late, shuffled, dropped, retried (S1)."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import httpx
import pytest
import stripe

from sandbox.courier import PAUSES_S, Courier, Parcel
from sandbox.events import signer
from sandbox.faults import Failure, FaultBox, Faults
from sandbox.store import Store
from tests.sandbox.requests import SESSION
from tests.sandbox.running import KEY, SECRET, Received, Receiver, Running, running


def kinds(webhooks: list[Received]) -> list[str]:
    return [json.loads(one.body)["type"] for one in webhooks]


PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


class TestWhatHappens:
    def test_a_payment_is_told_in_signed_webhooks_that_the_library_verifies_s1(
        self, sandbox: Running, client: stripe.StripeClient, hooks: Receiver
    ) -> None:
        session = client.v1.checkout.sessions.create(SESSION)
        sandbox.act(session.id, "complete")
        came = hooks.wait(lambda webhooks: len(webhooks) == 4)
        events = [stripe.Webhook.construct_event(w.body, w.headers["Stripe-Signature"], SECRET) for w in came]
        assert [event.type for event in events] == PAID
        assert {one.path for one in came} == {"/webhooks/stripe"}
        assert events[-1].data.object["id"] == session.id
        assert events[-1].data.object["payment_status"] == "paid"
        assert [event.id for event in client.v1.events.list().data] == [event.id for event in events][::-1]
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(came[0].body, came[0].headers["Stripe-Signature"], "whsec_other")

    @pytest.mark.parametrize(
        ("acts", "told"),
        [
            (
                [("decline", {})],
                ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"],
            ),
            ([("decline", {}), ("complete", {})], ["charge.failed", "payment_intent.payment_failed", *PAID[1:]]),
            ([("expire", {})], ["checkout.session.expired"]),
            ([("decline", {}), ("expire", {})], ["payment_intent.canceled", "checkout.session.expired"]),
            (
                [("complete", {"method": "delayed"})],
                ["charge.pending", "payment_intent.processing", "checkout.session.completed"],
            ),
            (
                [("complete", {"method": "delayed"}), ("settle", {})],
                ["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"],
            ),
            (
                [("complete", {"method": "delayed"}), ("fail", {})],
                ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"],
            ),
            ([("complete", {}), ("refund", {})], [*PAID, "refund.created", "charge.refunded"]),
        ],
    )
    def test_each_happening_has_its_events(
        self,
        sandbox: Running,
        client: stripe.StripeClient,
        hooks: Receiver,
        acts: list[tuple[str, dict[str, str]]],
        told: list[str],
    ) -> None:
        session = client.v1.checkout.sessions.create(SESSION)
        for act, how in acts:
            sandbox.act(session.id, act, **how)
        hooks.wait(lambda webhooks: set(told) <= set(kinds(webhooks)))
        assert [event.type for event in client.v1.events.list().data][::-1][-len(told) :] == told

    def test_an_event_shows_its_object_as_it_was_then(self, sandbox: Running, client: stripe.StripeClient) -> None:
        session = client.v1.checkout.sessions.create(SESSION)
        sandbox.act(session.id, "complete", method="delayed")
        sandbox.act(session.id, "settle")
        then = client.v1.events.list({"type": "checkout.session.completed"}).data[0]
        assert then.data.object["payment_status"] == "unpaid"
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"

    def test_an_event_names_the_request_that_caused_it(self, client: stripe.StripeClient) -> None:
        session = client.v1.checkout.sessions.create(SESSION)
        expired = client.v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "expire:1"})
        assert expired.last_response
        event = client.v1.events.list().data[0]
        assert event.request
        assert event.request.id == expired.last_response.request_id
        assert event.request.idempotency_key == "expire:1"


class TestFaults:
    def test_webhooks_are_repeated_under_the_same_event_id(
        self, sandbox: Running, client: stripe.StripeClient, hooks: Receiver
    ) -> None:
        sandbox.faults(repeat_webhooks=2)
        sandbox.act(client.v1.checkout.sessions.create(SESSION).id, "expire")
        came = hooks.wait(lambda webhooks: len(webhooks) == 3)
        assert len({one.body for one in came}) == 1

    def test_webhooks_of_one_happening_arrive_last_first_when_shuffled(
        self, sandbox: Running, client: stripe.StripeClient, hooks: Receiver
    ) -> None:
        sandbox.faults(shuffle=True)
        sandbox.act(client.v1.checkout.sessions.create(SESSION).id, "complete")
        assert kinds(hooks.wait(lambda webhooks: len(webhooks) == 4)) == PAID[::-1]

    def test_delayed_and_dropped_webhooks_stay_but_the_events_are_there(
        self, sandbox: Running, client: stripe.StripeClient, hooks: Receiver
    ) -> None:
        sandbox.faults(delay_webhooks_s=3600)
        sandbox.act(client.v1.checkout.sessions.create(SESSION).id, "expire")
        sandbox.faults(drop_webhooks=True)
        sandbox.act(client.v1.checkout.sessions.create(SESSION).id, "expire")
        sandbox.faults()
        sandbox.act(client.v1.checkout.sessions.create(SESSION).id, "expire")
        # The last one has come through, so the two before it have had their chance.
        hooks.wait(lambda webhooks: len(webhooks) == 1)
        listed = sandbox.http.get("/sandbox/stripe/webhooks").json()
        assert [one["state"] for one in listed[:2]] == ["pending", "dropped"]
        assert listed[0]["due"] > time.time() + 3500
        assert len(client.v1.events.list().data) == 3
        pending = [event.pending_webhooks for event in client.v1.events.list().data][1:]
        assert pending == [0, 1]

    def test_a_webhook_that_is_not_answered_with_2xx_comes_again(
        self, sandbox: Running, client: stripe.StripeClient, hooks: Receiver
    ) -> None:
        hooks.statuses = [503, 302]
        sandbox.act(client.v1.checkout.sessions.create(SESSION).id, "expire")
        came = hooks.wait(lambda webhooks: len(webhooks) == 3)
        assert len({one.body for one in came}) == 1

    def test_what_was_not_delivered_before_a_restart_is_delivered_after(self, tmp_path: Path, hooks: Receiver) -> None:
        with running(tmp_path) as before:
            client = stripe.StripeClient(KEY, base_addresses={"api": before.url})
            session = client.v1.checkout.sessions.create(SESSION)
            before.act(session.id, "complete")
            # Nobody listens at the first address; the second sandbox is told the right one for what comes after.
            listed = before.http.get("/sandbox/stripe/webhooks").json()
            assert {one["state"] for one in listed} == {"pending"}
        store = Store(tmp_path / "sandbox.db")
        store.run("UPDATE deliveries SET url = ?", f"{hooks.url}/webhooks/stripe")
        store.close()
        with running(tmp_path, hooks.url) as after:
            assert set(kinds(hooks.wait(lambda webhooks: len(webhooks) >= 4))) == set(PAID)
            client = stripe.StripeClient(KEY, base_addresses={"api": after.url})
            assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


class TestCourier:
    """Pauses by an injected time: nothing waits here."""

    def test_pauses_grow_each_try_is_signed_anew_and_in_the_end_it_gives_up(self) -> None:
        tries: list[httpx.Request] = []

        def refuse(request: httpx.Request) -> httpx.Response:
            tries.append(request)
            return httpx.Response(500)

        store, courier = self.courier(refuse)
        courier.send("stripe", [Parcel("evt_1", "x", "http://shop.example/hook", "{}")], Faults())

        async def run() -> None:
            for n in range(len(PAUSES_S) + 3):
                due = store.rows("SELECT due FROM deliveries")[0]["due"]
                assert await courier.deliver_due(due - 0.01) == 0
                assert await courier.deliver_due(due) == (1 if n <= len(PAUSES_S) else 0)

        asyncio.run(run())
        assert len(tries) == len(PAUSES_S) + 1
        assert list(PAUSES_S) == sorted(PAUSES_S)
        assert courier.deliveries("stripe")[0]["state"] == "given_up"
        for one in tries:
            stripe.WebhookSignature.verify_header(one.content, one.headers["Stripe-Signature"], SECRET, 300)

    def test_an_address_that_cannot_be_reached_is_tried_again_and_says_why(self) -> None:
        def nobody(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("nobody there")

        _, courier = self.courier(nobody)
        courier.send("stripe", [Parcel("evt_1", "x", "http://shop.example/hook", "{}")], Faults())
        asyncio.run(self.deliver(courier))
        listed = courier.deliveries("stripe")[0]
        assert (listed["state"], listed["attempts"], listed["note"]) == ("pending", 1, "ConnectError")
        assert courier.pending("evt_1") == 1

    def test_a_slow_happening_holds_up_no_other(self) -> None:
        came: list[str] = []

        async def run() -> None:
            second_came = asyncio.Event()

            async def answer(request: httpx.Request) -> httpx.Response:
                if request.content == b"first":
                    await asyncio.wait_for(second_came.wait(), 5)
                else:
                    second_came.set()
                came.append(request.content.decode())
                return httpx.Response(200)

            store = Store(":memory:")
            client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
            courier = Courier(store, {"stripe": signer(SECRET)}, client)
            for payload in ("first", "second"):
                courier.send("stripe", [Parcel(payload, "x", "http://shop.example/hook", payload)], Faults())
            await courier.deliver_due()

        asyncio.run(run())
        assert came == ["second", "first"]

    def courier(self, handler: object) -> tuple[Store, Courier]:
        store = Store(":memory:")
        client = httpx.AsyncClient(transport=httpx.MockTransport(handler))  # type: ignore[arg-type]
        return store, Courier(store, {"stripe": signer(SECRET)}, client)

    async def deliver(self, courier: Courier) -> None:
        await courier.deliver_due()


def test_failures_are_used_up_one_by_one() -> None:
    box = FaultBox(Store(":memory:"), "stripe")
    box.set(Faults.model_validate({"fail_requests": {"count": 2, "status": 503}}))
    assert [box.take_failure() for _ in range(3)] == [Failure(503), Failure(503), None]
