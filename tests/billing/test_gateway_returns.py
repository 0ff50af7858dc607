"""The gateway's contract about money that went back (S6), kept by the real one before the sandbox and by the fake."""

from __future__ import annotations

import pytest

from bot.billing.gateway import CheckoutSession, Return, ReturnKind
from bot.errors import InvalidInput, OutsideService
from bot.money import Money
from tests.billing.gateway_world import World, asked, intents, paid


def returns(world: World, session: CheckoutSession) -> tuple[Return, ...]:
    return world.gateway.fetch_intent(session.payment_intent or "").returns


def refunded(world: World, session: CheckoutSession) -> int:
    now = world.gateway.fetch_checkout(session.id).refunded
    assert now is not None
    return now.minor


def test_a_part_is_given_back_and_is_seen_on_the_session_and_on_the_intent(world: World) -> None:
    session = paid(world)
    given = world.gateway.refund(session.payment_intent or "", Money(3000, "USD"), "refund:1")
    assert (given.kind, given.amount, given.withdrawn) == (ReturnKind.REFUND, Money(3000, "USD"), True)
    assert given.status == "succeeded"
    assert returns(world, session) == (given,)
    assert refunded(world, session) == 3000
    assert world.gateway.fetch_intent(session.payment_intent or "").amount == Money(8050, "USD")


def test_the_same_key_gives_back_once_s3_s5(world: World) -> None:
    session = paid(world)
    given = world.gateway.refund(session.payment_intent or "", Money(3000, "USD"), "refund:1")
    assert world.gateway.refund(session.payment_intent or "", Money(3000, "USD"), "refund:1") == given
    with pytest.raises(OutsideService) as refused:
        world.gateway.refund(session.payment_intent or "", Money(3001, "USD"), "refund:1")
    assert not refused.value.retryable
    assert refunded(world, session) == 3000


def test_no_more_is_given_back_than_is_left(world: World) -> None:
    session = paid(world)
    world.gateway.refund(session.payment_intent or "", Money(8000, "USD"), "refund:1")
    for cents in (51, 8050):
        with pytest.raises(OutsideService) as refused:
            world.gateway.refund(session.payment_intent or "", Money(cents, "USD"), f"refund:2:{cents}")
        assert not refused.value.retryable
    world.gateway.refund(session.payment_intent or "", Money(50, "USD"), "refund:3")
    with pytest.raises(OutsideService) as refused:
        world.gateway.refund(session.payment_intent or "", Money(1, "USD"), "refund:4")
    assert not refused.value.retryable
    assert refunded(world, session) == 8050


@pytest.mark.parametrize("cents", [0, -100])
def test_a_refund_is_more_than_nothing(world: World, cents: int) -> None:
    session = paid(world)
    with pytest.raises(InvalidInput):
        world.gateway.refund(session.payment_intent or "", Money(cents, "USD"), "refund:1")


def test_what_was_not_paid_is_not_given_back(world: World) -> None:
    session = world.gateway.create_checkout(asked(), "payment:1")
    world.delay(session.id)
    waiting = world.gateway.fetch_checkout(session.id)
    for payment_intent in (waiting.payment_intent or "", "pi_unknown"):
        with pytest.raises(OutsideService) as refused:
            world.gateway.refund(payment_intent, Money(100, "USD"), "refund:1")
        assert not refused.value.retryable


def test_refunds_from_the_dashboard_are_seen_too_oldest_first(world: World) -> None:
    session = paid(world)
    for cents in (1000, 2000, 500):
        world.give_back(session.id, cents)
    seen = returns(world, session)
    assert sorted(each.amount.minor for each in seen) == [500, 1000, 2000]
    assert [each.created_at for each in seen] == sorted(each.created_at for each in seen)
    assert refunded(world, session) == 3500
    world.give_back(session.id)
    assert sum(each.amount.minor for each in returns(world, session)) == 8050


def test_a_refund_is_withdrawn_while_pending_and_once_it_succeeded(world: World) -> None:
    session = paid(world, refunds_wait=True)
    given = world.gateway.refund(session.payment_intent or "", Money(3000, "USD"), "refund:1")
    assert (given.status, given.withdrawn) == ("pending", True)
    assert refunded(world, session) == 3000
    world.settle_refund(given.id)
    assert [(each.status, each.withdrawn) for each in returns(world, session)] == [("succeeded", True)]


@pytest.mark.parametrize("refunds_wait", [True, False])
def test_a_refund_that_fails_has_come_back(world: World, refunds_wait: bool) -> None:
    session = paid(world, refunds_wait=refunds_wait)
    given = world.gateway.refund(session.payment_intent or "", Money(3000, "USD"), "refund:1")
    world.fail_refund(given.id)
    assert [(each.id, each.status, each.withdrawn) for each in returns(world, session)] == [(given.id, "failed", False)]
    assert refunded(world, session) == 0


@pytest.mark.parametrize(("won", "status", "withdrawn"), [(True, "won", False), (False, "lost", True)])
def test_a_dispute_has_the_money_until_it_is_won(world: World, won: bool, status: str, withdrawn: bool) -> None:
    session = paid(world)
    dispute = world.dispute(session.payment_intent or "")
    [taken] = returns(world, session)
    assert (taken.id, taken.kind, taken.amount) == (dispute, ReturnKind.CHARGEBACK, Money(8050, "USD"))
    assert (taken.status, taken.withdrawn, taken.reason) == ("needs_response", True, "fraudulent")
    assert world.gateway.fetch_checkout(session.id).disputed
    world.close(dispute, won=won)
    assert [(each.status, each.withdrawn) for each in returns(world, session)] == [(status, withdrawn)]
    assert refunded(world, session) == 0


@pytest.mark.parametrize("won", [True, False])
def test_an_inquiry_never_has_the_money(world: World, won: bool) -> None:
    session = paid(world)
    dispute = world.dispute(session.payment_intent or "", inquiry=True)
    [asking] = returns(world, session)
    assert (asking.status, asking.withdrawn) == ("warning_needs_response", False)
    world.close(dispute, won=won)
    [closed] = returns(world, session)
    assert (closed.status, closed.withdrawn) == ("warning_closed", False)


def test_a_part_may_be_given_back_and_another_disputed(world: World) -> None:
    session = paid(world)
    world.gateway.refund(session.payment_intent or "", Money(3000, "USD"), "refund:1")
    world.dispute(session.payment_intent or "", 5000)
    assert {(each.kind, each.amount.minor, each.withdrawn) for each in returns(world, session)} == {
        (ReturnKind.REFUND, 3000, True),
        (ReturnKind.CHARGEBACK, 5000, True),
    }


def test_what_a_bank_has_taken_back_is_not_given_back_as_well(world: World) -> None:
    session = paid(world)
    world.dispute(session.payment_intent or "")
    with pytest.raises(OutsideService) as refused:
        world.gateway.refund(session.payment_intent or "", Money(100, "USD"), "refund:1")
    assert not refused.value.retryable


def test_a_listing_of_intents_tells_nothing_of_returns(world: World) -> None:
    session = paid(world)
    world.give_back(session.id)
    assert [(each.id, each.paid, each.returns) for each in intents(world)] == [(session.payment_intent, True, ())]
