"""What is the real gateway's alone: time limits, refusals and failures told apart, signatures (S1)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import stripe

from bot.billing.stripe import StripeGateway, gateway, read_event
from bot.errors import InvalidInput, OutsideService, SignatureInvalid
from bot.settings import Settings
from tests.billing.fake_gateway import FakeGateway, signature, webhook
from tests.billing.gateway_world import LONG_AGO, SandboxWorld, asked, events, instalment, intents, paid, real, saved
from tests.sandbox.running import KEY, SECRET, Receiver, Running


class TestReal:
    def test_a_service_that_is_down_is_worth_another_try(self) -> None:
        with pytest.raises(OutsideService) as failed:
            StripeGateway(KEY, "http://127.0.0.1:9", retries=0).fetch_checkout("cs_test_1")
        assert failed.value.retryable
        assert failed.value.service == "stripe"

    @pytest.mark.parametrize(("status", "retryable"), [(500, True), (503, True), (429, True), (402, False)])
    def test_refusals_and_failures_are_told_apart(self, sandbox: Running, status: int, retryable: bool) -> None:
        sandbox.faults(fail_requests={"count": 1, "status": status})
        with pytest.raises(OutsideService) as failed:
            real(sandbox).create_checkout(asked(), "payment:1")
        assert failed.value.retryable is retryable
        assert real(sandbox).create_checkout(asked(), "payment:1").status == "open"

    def test_one_failure_is_retried_without_being_noticed(self, sandbox: Running) -> None:
        sandbox.faults(fail_requests={"count": 1, "status": 500})
        assert real(sandbox, retries=1).create_checkout(asked(), "payment:1").status == "open"

    def test_an_answer_that_is_lost_is_found_again_by_its_key_s5(self, sandbox: Running) -> None:
        sandbox.faults(hang_s=2)
        with pytest.raises(OutsideService) as failed:
            real(sandbox, timeout_s=(0.3, 0.3)).create_checkout(asked(), "payment:1")
        assert failed.value.retryable
        sandbox.faults()
        found = real(sandbox).create_checkout(asked(), "payment:1")
        client = stripe.StripeClient(KEY, base_addresses={"api": sandbox.url})
        assert [session.id for session in client.v1.checkout.sessions.list().data] == [found.id]

    def test_a_charge_whose_answer_is_lost_promises_nothing_and_is_found_by_its_key_s5_c11(
        self, sandbox: Running
    ) -> None:
        world = SandboxWorld(sandbox)
        card = saved(world)
        sandbox.faults(hang_s=2)
        with pytest.raises(OutsideService) as failed:
            real(sandbox, timeout_s=(0.3, 0.3)).charge(instalment(card), "instalment:1:attempt:1")
        assert failed.value.retryable
        assert "Nothing has been charged" not in failed.value.message
        sandbox.faults()
        found = world.gateway.charge(instalment(card), "instalment:1:attempt:1")
        assert found.paid
        assert [each.id for each in intents(world) if each.payment_id == found.payment_id] == [found.id]

    @pytest.mark.parametrize(("status", "retryable"), [(500, True), (402, False)])
    def test_a_charge_without_an_intent_is_no_answer(self, sandbox: Running, status: int, retryable: bool) -> None:
        card = saved(SandboxWorld(sandbox))
        sandbox.faults(fail_requests={"count": 1, "status": status})
        with pytest.raises(OutsideService) as failed:
            real(sandbox).charge(instalment(card), "instalment:1:attempt:1")
        assert failed.value.retryable is retryable
        assert failed.value.about["status"] == status

    def test_the_page_shows_the_words_of_the_consent(self, sandbox: Running) -> None:
        session = real(sandbox).create_checkout(asked(consent="I agree to the plan."), "payment:1")
        assert session.url is not None
        assert "I agree to the plan." in sandbox.http.get(session.url).text

    def test_with_a_wrong_key_everything_waits_and_the_key_is_not_shown(self, sandbox: Running) -> None:
        with pytest.raises(OutsideService) as refused:
            StripeGateway("sk_test_of_somebody_else", sandbox.url).fetch_checkout("cs_test_1")
        assert refused.value.retryable
        assert "somebody" not in refused.value.message

    def test_metadata_and_description_tell_nothing_of_the_customer_p1_s4(self, sandbox: Running) -> None:
        session = real(sandbox).create_checkout(asked(), "payment:1")
        sandbox.act(session.id, "complete")
        client = stripe.StripeClient(KEY, base_addresses={"api": sandbox.url})
        kept = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items", "payment_intent"]})
        assert kept.line_items
        assert [line.description for line in kept.line_items.data] == ["Good Terms Shop: payment"]
        assert isinstance(kept.payment_intent, stripe.PaymentIntent)
        for metadata in (kept.metadata, kept.payment_intent.metadata):
            assert json.loads(str(metadata)) == {"payment_id": asked().payment_id}
        assert kept.customer_email is None

    def test_no_global_key_or_address_is_set(self, sandbox: Running) -> None:
        real(sandbox).create_checkout(asked(), "payment:1")
        assert stripe.api_key is None
        assert stripe.api_base == "https://api.stripe.com"

    @pytest.mark.parametrize(
        ("locale", "shown"),
        [
            ("en-US", "en"),
            ("en-GB", "en-GB"),
            ("es-MX", "es-419"),
            ("es-ES", "es"),
            ("pt_BR", "pt-BR"),
            ("fr-CA", "fr-CA"),
            ("cy-GB", "auto"),
        ],
    )
    def test_the_page_speaks_the_customers_language(self, sandbox: Running, locale: str, shown: str) -> None:
        session = real(sandbox).create_checkout(asked(locale=locale), "payment:1")
        client = stripe.StripeClient(KEY, base_addresses={"api": sandbox.url})
        assert client.v1.checkout.sessions.retrieve(session.id).locale == shown

    def test_the_gateway_is_built_from_the_settings(self, sandbox: Running) -> None:
        built = gateway(settings(STRIPE_API_KEY=KEY, STRIPE_API_BASE=sandbox.url))
        assert built.create_checkout(asked(), "payment:1").status == "open"

    def test_without_a_key_the_setting_is_named(self) -> None:
        with pytest.raises(OutsideService, match="STRIPE_API_KEY"):
            gateway(settings())


class TestEvents:
    def test_a_signed_event_names_its_object_and_our_payment_s1(self, sandbox: Running, hooks: Receiver) -> None:
        session = real(sandbox).create_checkout(asked(), "payment:1")
        sandbox.act(session.id, "complete")
        came = hooks.wait(lambda webhooks: len(webhooks) >= 4)
        events = [read_event(one.body, one.headers["Stripe-Signature"], secret=SECRET) for one in came]
        assert [event.type for event in events][-1] == "checkout.session.completed"
        assert {event.object_type for event in events} == {"payment_intent", "charge", "checkout.session"}
        assert {event.payment_id for event in events} == {asked().payment_id}
        assert len({event.payment_intent for event in events}) == 1
        assert events[-1].object_id == session.id

    def test_the_listing_tells_what_the_webhooks_told(self, sandbox: Running, hooks: Receiver) -> None:
        world = SandboxWorld(sandbox)
        paid(world)
        came = hooks.wait(lambda webhooks: len(webhooks) >= 4)
        told = [read_event(one.body, one.headers["Stripe-Signature"], secret=SECRET) for one in came]
        assert [each.event for each in events(world)] == told
        # `pending_webhooks` alone counts down.
        assert [without_pending(each.raw) for each in events(world)] == [without_pending(one.body) for one in came]

    def test_what_happens_while_the_listing_is_read_is_listed_too(self, sandbox: Running) -> None:
        world = SandboxWorld(sandbox)
        first = paid(world)
        listing = world.gateway.events(None, LONG_AGO)
        next(listing)
        second = paid(world, "payment:2")
        seen = [each.event.object_id for each in listing]
        assert seen.index(first.id) < seen.index(second.id)

    def test_an_object_without_an_id_is_an_event_all_the_same(self) -> None:
        raw = b'{"id": "evt_1", "type": "balance.available", "created": 1, "data": {"object": {"object": "balance"}}}'
        event = read_event(raw, signature(raw, secret=SECRET), secret=SECRET)
        assert (event.object_type, event.object_id, event.payment_intent) == ("balance", "", None)

    def test_the_fakes_webhooks_hold_before_the_real_check(self) -> None:
        fake = FakeGateway()
        session = fake.create_checkout(asked(), "payment:1")
        raw, header = webhook(session, "checkout.session.completed", secret=SECRET)
        assert fake.read_event(raw, header, secret=SECRET).object_id == session.id

    def test_a_changed_body_a_wrong_secret_or_no_signature_is_refused_s1(self) -> None:
        raw = b'{"id": "evt_1"}'
        good = signature(raw, secret=SECRET)
        for body, header, secret in [
            (raw + b" ", good, SECRET),
            (raw, good, "whsec_another_secret"),
            (raw, "", SECRET),
            (raw, "t=,v1=", SECRET),
            (raw, good.replace("v1=", "v0="), SECRET),
            (raw, good, ""),
            (b"\xff\xfe", good, SECRET),
        ]:
            with pytest.raises(SignatureInvalid):
                read_event(body, header, secret=secret)

    def test_a_signature_older_than_300_seconds_is_refused_s1(self) -> None:
        raw, _ = webhook(FakeGateway().create_checkout(asked(), "payment:1"), "x", secret=SECRET)
        now = int(dt.datetime.now(dt.UTC).timestamp())
        assert read_event(raw, signature(raw, secret=SECRET, at=now - 290), secret=SECRET).id == "evt_fake_1"
        with pytest.raises(SignatureInvalid):
            read_event(raw, signature(raw, secret=SECRET, at=now - 310), secret=SECRET)

    @pytest.mark.parametrize(
        "raw", [b"", b"[]", b"null", b'"x"', b"{}", b'{"id": "evt_1", "data": {"object": null}}', b"{"]
    )
    def test_a_signed_body_that_is_no_event_is_an_error_of_its_own(self, raw: bytes) -> None:
        with pytest.raises(InvalidInput):
            read_event(raw, signature(raw, secret=SECRET), secret=SECRET)

    def test_the_real_gateway_reads_events_too(self) -> None:
        raw, header = webhook(FakeGateway().create_checkout(asked(), "payment:1"), "x", secret=SECRET)
        assert StripeGateway(KEY).read_event(raw, header, secret=SECRET).payment_id == asked().payment_id


def without_pending(raw: bytes) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(raw)
    del event["pending_webhooks"]
    return event


def settings(**values: str) -> Settings:
    secrets = {"GT_SECRET_KEY": "s" * 32, "GT_RASA_TOKEN": "t" * 16, "STRIPE_API_KEY": None, "STRIPE_API_BASE": ""}
    return Settings.model_validate({**secrets, **values})
