"""The gateway's contract about listings, kept by the real one before the sandbox and by the fake."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.billing.stripe.stripe_objects import event as read
from bot.errors import OutsideService
from tests.billing.fake_gateway import signature
from tests.billing.gateway_world import (
    LATER_PAYMENT,
    LONG_AGO,
    NOW,
    PAYMENT,
    World,
    asked,
    events,
    instalment,
    intents,
    paid,
    saved,
)
from tests.sandbox.running import SECRET

PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]
A_DAY = dt.timedelta(days=1)


def kinds(world: World, after: str | None = None) -> list[str]:
    """The types of the events that are about money, in their order."""
    beside = ("customer.", "payment_method.")
    return [each.event.type for each in events(world, after) if not each.event.type.startswith(beside)]


def test_events_are_listed_oldest_first(world: World) -> None:
    assert events(world) == []
    session = paid(world)
    assert kinds(world) == PAID
    newest = events(world)[-1].event
    assert (newest.object_id, newest.object_type) == (session.id, "checkout.session")
    assert (newest.payment_id, newest.payment_intent) == (PAYMENT, session.payment_intent)


def test_after_an_event_only_newer_ones_are_listed(world: World) -> None:
    session = paid(world)
    seen = events(world)
    assert events(world, seen[-1].event.id) == []
    assert [each.event for each in events(world, seen[0].event.id)] == [each.event for each in seen[1:]]
    world.give_back(session.id, 1000)
    assert kinds(world, seen[-1].event.id) == ["refund.created", "charge.refunded"]


@pytest.mark.parametrize("after", [None, "evt_that_nobody_knows_any_more"])
def test_without_a_known_event_the_time_decides(world: World, after: str | None) -> None:
    paid(world)
    assert len(events(world, after, LONG_AGO)) == len(PAID)
    assert events(world, after, NOW + A_DAY) == []


def test_every_kind_of_event_names_its_payment_intent_s6(world: World) -> None:
    session = paid(world, refunds_wait=True)
    given = world.gateway.refund(session.payment_intent or "", session.amount, "refund:1")
    world.fail_refund(given.id)
    world.close(world.dispute(session.payment_intent or ""), won=True)
    told = [each.event for each in events(world)]
    assert {each.payment_intent for each in told} == {session.payment_intent}
    assert {each.object_type for each in told} == {"payment_intent", "charge", "checkout.session", "refund", "dispute"}
    assert {each.payment_id for each in told if each.object_type not in ("refund", "dispute")} == {PAYMENT}
    assert kinds(world)[len(PAID) :] == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


def test_a_charge_without_the_customer_tells_of_itself(world: World) -> None:
    card = saved(world)
    before = events(world)[-1].event.id
    world.decline(card.payment_method, "insufficient_funds")
    world.gateway.charge(instalment(card), "instalment:1:attempt:1")
    world.decline(card.payment_method, None)
    world.gateway.charge(instalment(card), "instalment:1:attempt:2")
    assert kinds(world, before) == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        *PAID[:3],
    ]
    assert {each.event.payment_id for each in events(world, before)} == {LATER_PAYMENT}


def test_a_bank_that_answers_late_tells_of_it(world: World) -> None:
    session = world.gateway.create_checkout(asked(), "payment:1")
    world.delay(session.id)
    world.answer(session.id, succeeds=False)
    assert kinds(world) == [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "checkout.session.completed",
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]


def test_the_body_of_a_listed_event_is_read_as_its_webhook_would_be(world: World) -> None:
    paid(world)
    for each in events(world):
        assert read(each.raw) == each.event
        signed = signature(each.raw, secret=SECRET)
        assert world.gateway.read_event(each.raw, signed, secret=SECRET) == each.event


def test_intents_are_listed_by_the_time_at_which_they_were_made(world: World) -> None:
    session = paid(world)
    charged = world.gateway.charge(instalment(saved(world)), "instalment:1:attempt:1")
    found = {each.id: each for each in intents(world)}
    assert len(found) == 3
    assert (found[charged.id].payment_id, found[charged.id].paid) == (LATER_PAYMENT, True)
    assert found[session.payment_intent or ""].payment_id == PAYMENT
    newest = max(each.created_at for each in found.values())
    one_later = newest + dt.timedelta(seconds=1)
    assert {each.id for each in world.gateway.intents(LONG_AGO, one_later)} == set(found)
    assert charged.id not in {each.id for each in world.gateway.intents(LONG_AGO, charged.created_at)}
    assert charged.id in {each.id for each in world.gateway.intents(charged.created_at, one_later)}
    assert list(world.gateway.intents(one_later, one_later + A_DAY)) == []


def test_a_listing_of_a_service_that_is_down_is_worth_another_try(world: World) -> None:
    world.fail_once()
    with pytest.raises(OutsideService) as failed:
        next(world.gateway.events(None, LONG_AGO))
    assert failed.value.retryable
    world.fail_once()
    with pytest.raises(OutsideService) as failed:
        next(world.gateway.intents(LONG_AGO, NOW))
    assert failed.value.retryable
