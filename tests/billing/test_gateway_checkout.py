"""The gateway's contract about Checkout pages, kept by the real one before the sandbox and by the fake."""

from __future__ import annotations

import pytest

from bot.errors import InvalidInput, OutsideService
from bot.money import Money
from tests.billing.gateway_world import CONSENT, World, asked, paid


def test_a_new_session_is_open_unpaid_and_carries_our_payment(world: World) -> None:
    session = world.gateway.create_checkout(asked(), "payment:1")
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.amount == Money(8050, "USD")
    assert session.payment_id == asked().payment_id
    assert session.expires_at == asked().expires_at
    assert session.url
    assert session.url.startswith("http")


def test_the_same_key_and_request_open_one_session_s3(world: World) -> None:
    first = world.gateway.create_checkout(asked(), "payment:1")
    assert world.gateway.create_checkout(asked(), "payment:1") == first
    assert world.gateway.create_checkout(asked(), "payment:2").id != first.id


@pytest.mark.parametrize("change", [{"amount": Money(9999, "USD")}, {"consent": CONSENT}])
def test_the_same_key_with_another_request_is_refused_for_good_s3(world: World, change: dict[str, object]) -> None:
    world.gateway.create_checkout(asked(), "payment:1")
    with pytest.raises(OutsideService) as refused:
        world.gateway.create_checkout(asked(**change), "payment:1")
    assert not refused.value.retryable


def test_paid_is_what_payment_status_says_s2(world: World) -> None:
    session = paid(world)
    assert (session.status, session.payment_status, session.intent_status) == ("complete", "paid", "succeeded")
    assert session.paid
    assert session.payment_intent
    assert session.url is None
    assert session.refunded == Money(0, "USD")
    assert not session.disputed


def test_a_session_has_one_payment_intent_for_good_s5(world: World) -> None:
    session = paid(world)
    intent = world.gateway.fetch_intent(session.payment_intent or "")
    assert (intent.payment_intent, intent.paid, intent.amount) == (session.payment_intent, True, session.amount)
    assert intent.payment_id == session.payment_id
    assert (intent.decline, intent.code, intent.returns) == (None, None, ())
    assert world.gateway.fetch_checkout(session.id).payment_intent == intent.id


@pytest.mark.parametrize(
    ("good", "payment_status", "intent_status", "code"),
    [
        (True, "paid", "succeeded", None),
        (False, "unpaid", "requires_payment_method", "payment_intent_payment_attempt_failed"),
    ],
)
def test_a_delayed_method_is_processing_until_the_bank_answers_s2_s6(
    world: World, good: bool, payment_status: str, intent_status: str, code: str | None
) -> None:
    session = world.gateway.create_checkout(asked(), "payment:1")
    world.delay(session.id)
    waiting = world.gateway.fetch_checkout(session.id)
    assert (waiting.status, waiting.payment_status, waiting.intent_status) == ("complete", "unpaid", "processing")
    assert not waiting.paid
    world.answer(session.id, succeeds=good)
    answered = world.gateway.fetch_checkout(session.id)
    assert (answered.status, answered.payment_status) == ("complete", payment_status)
    assert (answered.intent_status, answered.payment_intent) == (intent_status, waiting.payment_intent)
    intent = world.gateway.fetch_intent(answered.payment_intent or "")
    assert (intent.paid, intent.code, intent.decline) == (good, code, None)


def test_with_consent_the_card_used_is_saved_and_its_number_is_not_p3(world: World) -> None:
    card = paid(world, consent=CONSENT).saved_card
    assert card is not None
    assert card.payment_method.startswith("pm_")
    assert card.customer.startswith("cus_")
    assert (card.brand, card.last4, card.exp_month, card.exp_year) == ("visa", "4242", 12, 2034)


def test_without_consent_no_card_is_saved(world: World) -> None:
    assert paid(world).saved_card is None


def test_a_delayed_method_saves_no_card(world: World) -> None:
    session = world.gateway.create_checkout(asked(consent=CONSENT), "payment:1")
    world.delay(session.id)
    assert world.gateway.fetch_checkout(session.id).saved_card is None
    world.answer(session.id, succeeds=True)
    assert world.gateway.fetch_checkout(session.id).saved_card is None


def test_a_consent_is_shown_whole_or_not_at_all(world: World) -> None:
    world.gateway.create_checkout(asked(consent="w" * 1200), "payment:1")
    with pytest.raises(InvalidInput, match="1200"):
        world.gateway.create_checkout(asked(consent="w" * 1201), "payment:2")


def test_an_open_session_can_be_expired_once(world: World) -> None:
    session = world.gateway.create_checkout(asked(), "payment:1")
    expired = world.gateway.expire_checkout(session.id)
    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
    with pytest.raises(OutsideService) as refused:
        world.gateway.expire_checkout(session.id)
    assert not refused.value.retryable


def test_a_paid_session_is_not_expired(world: World) -> None:
    session = paid(world)
    with pytest.raises(OutsideService) as refused:
        world.gateway.expire_checkout(session.id)
    assert not refused.value.retryable
    assert world.gateway.fetch_checkout(session.id).paid


def test_an_unknown_session_is_refused_for_good(world: World) -> None:
    with pytest.raises(OutsideService) as refused:
        world.gateway.fetch_checkout("cs_test_unknown")
    assert not refused.value.retryable


def test_an_amount_that_stripe_would_not_charge_never_reaches_it_s4(world: World) -> None:
    with pytest.raises(InvalidInput, match=r"smallest payment is 0\.50 USD"):
        world.gateway.create_checkout(asked(amount=Money(49, "USD")), "payment:1")


@pytest.mark.parametrize("amount", [Money(500, "JPY"), Money(5120, "KWD"), Money(500, "ISK")])
def test_a_currency_of_other_digits_comes_back_the_same_s4(world: World, amount: Money) -> None:
    session = paid(world, amount=amount)
    assert session.amount == amount
    assert world.gateway.fetch_intent(session.payment_intent or "").amount == amount


def test_a_key_is_at_most_255_characters_s3(world: World) -> None:
    world.gateway.create_checkout(asked(), "k" * 255)
    with pytest.raises(InvalidInput):
        world.gateway.create_checkout(asked(), "k" * 256)
