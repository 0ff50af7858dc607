"""The gateway's contract about saved cards, kept by the real one before the sandbox and by the fake."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.billing.gateway import Decline
from bot.errors import InvalidInput, OutsideService
from bot.money import Money
from tests.billing.gateway_world import (
    CODES,
    LATER_PAYMENT,
    LONG_AGO,
    NOW,
    PAYMENT,
    World,
    instalment,
    intents,
    paid,
    saved,
)


def test_a_saved_card_is_charged_without_the_customer(world: World) -> None:
    card = saved(world)
    intent = world.gateway.charge(instalment(card), "instalment:1:attempt:1")
    assert (intent.status, intent.paid, intent.amount) == ("succeeded", True, Money(2500, "USD"))
    assert (intent.payment_id, intent.saved_card) == (LATER_PAYMENT, card)
    assert (intent.decline, intent.code, intent.returns) == (None, None, ())
    assert world.gateway.fetch_intent(intent.id) == intent


def test_the_same_key_charges_once_s3_s5(world: World) -> None:
    card = saved(world)
    first = world.gateway.charge(instalment(card), "instalment:1:attempt:1")
    assert world.gateway.charge(instalment(card), "instalment:1:attempt:1") == first
    assert [each.id for each in intents(world) if each.payment_id == LATER_PAYMENT] == [first.id]


def test_the_same_key_with_another_amount_is_refused_for_good_s3(world: World) -> None:
    card = saved(world)
    world.gateway.charge(instalment(card), "instalment:1:attempt:1")
    with pytest.raises(OutsideService) as refused:
        world.gateway.charge(instalment(card, amount=Money(2501, "USD")), "instalment:1:attempt:1")
    assert not refused.value.retryable
    assert len(intents(world)) == 2


@pytest.mark.parametrize(("code", "decline"), CODES.items())
def test_a_card_that_is_declined_is_an_answer_and_says_of_which_kind(world: World, code: str, decline: Decline) -> None:
    card = saved(world)
    world.decline(card.payment_method, code)
    intent = world.gateway.charge(instalment(card), "instalment:1:attempt:1")
    assert (intent.paid, intent.status) == (False, "requires_payment_method")
    assert (intent.decline, intent.code) == (decline, code)
    assert (intent.payment_id, intent.amount, intent.saved_card) == (LATER_PAYMENT, Money(2500, "USD"), None)
    assert world.gateway.fetch_intent(intent.id) == intent


def test_a_decline_is_repeated_for_its_key_and_the_next_try_has_its_own_s3(world: World) -> None:
    card = saved(world)
    world.decline(card.payment_method, "insufficient_funds")
    declined = world.gateway.charge(instalment(card), "instalment:1:attempt:1")
    world.decline(card.payment_method, None)
    assert world.gateway.charge(instalment(card), "instalment:1:attempt:1") == declined
    assert world.gateway.charge(instalment(card), "instalment:1:attempt:2").paid


def test_a_card_that_was_forgotten_cannot_be_charged(world: World) -> None:
    session = paid(world, consent="I agree.")
    card = session.saved_card
    assert card is not None
    world.gateway.forget_card(card.payment_method)
    with pytest.raises(OutsideService) as refused:
        world.gateway.charge(instalment(card), "instalment:1:attempt:1")
    assert not refused.value.retryable
    assert "code" in refused.value.about
    assert world.gateway.fetch_checkout(session.id).saved_card is None
    assert [each.payment_id for each in intents(world)] == [PAYMENT]


def test_forgetting_a_card_that_is_gone_is_no_error(world: World) -> None:
    card = saved(world)
    world.gateway.forget_card(card.payment_method)
    world.gateway.forget_card(card.payment_method)
    world.gateway.forget_card("pm_unknown")


@pytest.mark.parametrize("change", [{"payment_method": "pm_unknown"}, {"customer": "cus_of_somebody_else"}])
def test_somebody_elses_card_is_refused_for_good(world: World, change: dict[str, str]) -> None:
    card = saved(world)
    with pytest.raises(OutsideService) as refused:
        world.gateway.charge(instalment(card, **change), "instalment:1:attempt:1")
    assert not refused.value.retryable
    assert refused.value.about["code"] == "resource_missing"


def test_an_amount_that_stripe_would_not_charge_never_reaches_it_s4(world: World) -> None:
    card = saved(world)
    with pytest.raises(InvalidInput, match=r"smallest payment is 0\.50 USD"):
        world.gateway.charge(instalment(card, amount=Money(49, "USD")), "instalment:1:attempt:1")
    with pytest.raises(InvalidInput, match="255"):
        world.gateway.charge(instalment(card), "k" * 256)


def test_a_charge_whose_answer_was_lost_is_found_by_our_payment_s5(world: World) -> None:
    card = saved(world)
    made = world.gateway.charge(instalment(card), "instalment:1:attempt:1")
    found = world.gateway.find_intent(LATER_PAYMENT, card.customer, LONG_AGO)
    assert found is not None
    assert (found.id, found.paid, found.amount) == (made.id, True, made.amount)
    assert world.gateway.find_intent("0190aaaa-0000-7000-8000-00000000000f", card.customer, LONG_AGO) is None
    assert world.gateway.find_intent(LATER_PAYMENT, "cus_of_somebody_else", LONG_AGO) is None
    assert world.gateway.find_intent(LATER_PAYMENT, card.customer, NOW + dt.timedelta(days=1)) is None


def test_of_several_tries_the_newest_is_found(world: World) -> None:
    card = saved(world)
    world.decline(card.payment_method, "insufficient_funds")
    declined = world.gateway.charge(instalment(card), "instalment:1:attempt:1")
    found = world.gateway.find_intent(LATER_PAYMENT, card.customer, LONG_AGO)
    assert found is not None
    assert (found.id, found.decline, found.code) == (declined.id, Decline.SOFT, "insufficient_funds")
    world.decline(card.payment_method, None)
    second = world.gateway.charge(instalment(card), "instalment:1:attempt:2")
    for number in range(3):  # more than a page of others' lie before it
        world.gateway.charge(instalment(card, payment_id=f"other-{number}"), f"instalment:{number}:other")
    found = world.gateway.find_intent(LATER_PAYMENT, card.customer, LONG_AGO)
    assert found is not None
    assert (found.id, found.paid) == (second.id, True)


def test_an_unknown_intent_is_refused_for_good(world: World) -> None:
    with pytest.raises(OutsideService) as refused:
        world.gateway.fetch_intent("pi_unknown")
    assert not refused.value.retryable
