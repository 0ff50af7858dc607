"""The gateway's contract, kept by the real class against the sandbox and by the fake; then what is the real one's."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from bot import clock
from bot.billing import stripe as ours
from bot.billing.stripe import CheckoutRequest, PaymentGateway, StripeGateway, check_amount, gateway, read_event
from bot.billing.stripe_amounts import from_stripe, to_stripe
from bot.errors import InvalidInput, OutsideService, SignatureInvalid
from bot.money import Money
from bot.settings import Settings
from tests.billing.fake_gateway import FakeGateway, signature, webhook
from tests.sandbox.parameter_classes import tree
from tests.sandbox.running import KEY, SECRET, Receiver, Running, receiver, running

NOW = clock.now().replace(microsecond=0)


@dataclass
class World:
    """A gateway and whoever sits on its other side."""

    gateway: PaymentGateway
    pay: Callable[[str], object]
    delay: Callable[[str], object]
    bank: Callable[[str, bool], object]
    refund: Callable[[str], object]


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as kept:
        yield kept


@pytest.fixture
def sandbox(tmp_path: Path, hooks: Receiver) -> Iterator[Running]:
    with running(tmp_path, hooks.url) as server:
        yield server


@pytest.fixture(params=["fake", "sandbox"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        fake = FakeGateway()
        return World(fake, fake.pay, fake.delay, lambda id, good: fake.answer(id, succeeds=good), fake.refund)
    server: Running = request.getfixturevalue("sandbox")
    return World(
        real(server),
        lambda id: server.act(id, "complete"),
        lambda id: server.act(id, "complete", method="delayed"),
        lambda id, good: server.act(id, "settle" if good else "fail"),
        lambda id: server.act(id, "refund"),
    )


def real(server: Running, **limits: Any) -> StripeGateway:
    return StripeGateway(KEY, server.url, **{"retries": 0, **limits})


def asked(**changes: Any) -> CheckoutRequest:
    request = CheckoutRequest(
        payment_id="0190aaaa-0000-7000-8000-000000000001",
        amount=Money(8050, "USD"),
        description="Good Terms Shop: payment",
        locale="es-MX",
        success_url="https://shop.example/pay/abc?returned=1",
        cancel_url="https://shop.example/pay/abc",
        expires_at=NOW + dt.timedelta(hours=1),
    )
    return replace(request, **changes)


class TestContract:
    def test_a_new_session_is_open_unpaid_and_carries_our_payment(self, world: World) -> None:
        session = world.gateway.create_checkout(asked(), "payment:1")
        assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
        assert session.amount == Money(8050, "USD")
        assert session.payment_id == asked().payment_id
        assert session.expires_at == asked().expires_at
        assert session.url
        assert session.url.startswith("http")

    def test_the_same_key_and_request_open_one_session_s3(self, world: World) -> None:
        first = world.gateway.create_checkout(asked(), "payment:1")
        assert world.gateway.create_checkout(asked(), "payment:1") == first
        assert world.gateway.create_checkout(asked(), "payment:2").id != first.id

    def test_the_same_key_with_another_amount_is_refused_for_good_s3(self, world: World) -> None:
        world.gateway.create_checkout(asked(), "payment:1")
        with pytest.raises(OutsideService) as refused:
            world.gateway.create_checkout(asked(amount=Money(9999, "USD")), "payment:1")
        assert not refused.value.retryable

    def test_paid_is_what_payment_status_says_s2(self, world: World) -> None:
        session = world.gateway.create_checkout(asked(), "payment:1")
        world.pay(session.id)
        paid = world.gateway.fetch_checkout(session.id)
        assert (paid.status, paid.payment_status, paid.intent_status) == ("complete", "paid", "succeeded")
        assert paid.payment_intent
        assert paid.url is None
        assert paid.refunded == Money(0, "USD")
        assert not paid.disputed

    @pytest.mark.parametrize(
        ("good", "payment_status", "intent_status"),
        [(True, "paid", "succeeded"), (False, "unpaid", "requires_payment_method")],
    )
    def test_a_delayed_method_is_processing_until_the_bank_answers_s2_s6(
        self, world: World, good: bool, payment_status: str, intent_status: str
    ) -> None:
        session = world.gateway.create_checkout(asked(), "payment:1")
        world.delay(session.id)
        waiting = world.gateway.fetch_checkout(session.id)
        assert (waiting.status, waiting.payment_status, waiting.intent_status) == ("complete", "unpaid", "processing")
        world.bank(session.id, good)
        answered = world.gateway.fetch_checkout(session.id)
        assert (answered.status, answered.payment_status) == ("complete", payment_status)
        assert answered.intent_status == intent_status

    def test_a_refund_is_seen_on_the_session_s6(self, world: World) -> None:
        session = world.gateway.create_checkout(asked(), "payment:1")
        world.pay(session.id)
        world.refund(session.id)
        assert world.gateway.fetch_checkout(session.id).refunded == Money(8050, "USD")

    def test_an_open_session_can_be_expired_once(self, world: World) -> None:
        session = world.gateway.create_checkout(asked(), "payment:1")
        expired = world.gateway.expire_checkout(session.id)
        assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
        with pytest.raises(OutsideService) as refused:
            world.gateway.expire_checkout(session.id)
        assert not refused.value.retryable

    def test_an_unknown_session_is_refused_for_good(self, world: World) -> None:
        with pytest.raises(OutsideService) as refused:
            world.gateway.fetch_checkout("cs_test_unknown")
        assert not refused.value.retryable

    def test_an_amount_that_stripe_would_not_charge_never_reaches_it_s4(self, world: World) -> None:
        with pytest.raises(InvalidInput, match=r"smallest payment is 0\.50 USD"):
            world.gateway.create_checkout(asked(amount=Money(49, "USD")), "payment:1")

    def test_a_key_is_at_most_255_characters_s3(self, world: World) -> None:
        world.gateway.create_checkout(asked(), "k" * 255)
        with pytest.raises(InvalidInput):
            world.gateway.create_checkout(asked(), "k" * 256)


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

    def test_a_wrong_key_is_refused_for_good_and_not_shown(self, sandbox: Running) -> None:
        with pytest.raises(OutsideService) as refused:
            StripeGateway("sk_test_of_somebody_else", sandbox.url).fetch_checkout("cs_test_1")
        assert not refused.value.retryable
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

    def test_the_languages_are_those_that_the_library_names(self) -> None:
        library = tree(stripe.params.checkout.SessionCreateParams)["fields"]["locale"]["enum"]
        assert ours._LOCALES | {"auto"} == set(library)

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


class TestAmounts:
    @pytest.mark.parametrize(
        ("amount", "units"),
        [
            (Money(8050, "USD"), 8050),
            (Money(500, "JPY"), 500),
            (Money(5, "ISK"), 500),
            (Money(5000, "UGX"), 500_000),
            (Money(5120, "KWD"), 5120),
            (Money(100_050, "HUF"), 100_050),
            (Money(80_055, "TWD"), 80_055),
            (Money(1500, "CLP"), 1500),
        ],
    )
    def test_each_currency_has_stripes_own_units_s4(self, amount: Money, units: int) -> None:
        assert to_stripe(amount) == units
        assert from_stripe(units, amount.currency) == amount

    @pytest.mark.parametrize(
        ("amount", "sentence"),
        [
            (Money(0, "USD"), "more than nothing"),
            (Money(-500, "USD"), "more than nothing"),
            (Money(29, "GBP"), "smallest payment is 0.30 GBP"),
            (Money(49, "JPY"), "smallest payment is 50 JPY"),
            (Money(5124, "KWD"), "two decimal digits"),
            (Money(100_000_000, "USD"), "largest single payment is 999,999.99 USD"),
        ],
    )
    def test_what_stripe_would_not_charge_is_said_plainly_s4(self, amount: Money, sentence: str) -> None:
        with pytest.raises(InvalidInput, match=sentence):
            check_amount(amount)

    @pytest.mark.parametrize("amount", [Money(50, "USD"), Money(30, "GBP"), Money(99_999_999, "USD"), Money(10, "KWD")])
    def test_the_limits_themselves_are_charged_s4(self, amount: Money) -> None:
        check_amount(amount)

    @given(st.integers(1, 99_999_999), st.sampled_from(["USD", "GBP", "BRL", "JPY", "ISK", "UGX", "KWD", "HUF"]))
    def test_what_goes_to_stripe_comes_back_the_same_s5(self, minor: int, currency: str) -> None:
        amount = Money(minor, currency)
        if currency == "KWD" and minor % 10:
            with pytest.raises(InvalidInput):
                to_stripe(amount)
        else:
            assert from_stripe(to_stripe(amount), currency) == amount


def settings(**values: str) -> Settings:
    secrets = {"GT_SECRET_KEY": "s" * 32, "GT_RASA_TOKEN": "t" * 16, "STRIPE_API_KEY": None, "STRIPE_API_BASE": ""}
    return Settings.model_validate({**secrets, **values})
