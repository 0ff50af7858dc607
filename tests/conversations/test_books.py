"""The comparison of books: what Stripe took is in our ledger, or is repaired, or is a row for a person (S5, S6)."""

from __future__ import annotations

import dataclasses
import threading
import uuid

import pytest

from bot.billing import reconciliation
from bot.billing.gateway import Intent
from bot.billing.stripe.stripe_amounts import from_stripe
from bot.conversations import books, missed_events, stripe_events, stripe_sweep
from bot.conversations.books import Outcome
from bot.db import Database
from bot.errors import OutsideService
from bot.models import ExternalEvent, MismatchKind, MismatchStatus, PaymentStatus, Source
from bot.money import Money
from tests.conftest import SetClock
from tests.conversations.paid import Shop


@pytest.fixture
def shop(db: Database, clock: SetClock) -> Shop:
    """On both databases."""
    return Shop(db)


def compared(shop: Shop) -> Outcome:
    found = books.compare(shop.db, shop.gateway)
    assert found is not None
    return found


def open_(shop: Shop) -> list[tuple[MismatchKind, str]]:
    with shop.db.reading() as session:
        return [(row.kind, row.subject) for row in reconciliation.listing(session)]


def settled(shop: Shop) -> tuple[str, uuid.UUID]:
    """A payment about which everybody agrees: its intent, and its id."""
    paid = shop.paid()
    stripe_events.follow_up(shop.db, shop.gateway, paid.checkout)
    return shop.intent(paid), paid.id


def test_books_that_agree_leave_no_row(shop: Shop, clock: SetClock) -> None:
    settled(shop)
    clock.advance(hours=1)
    assert compared(shop) == Outcome(looked_at=1)
    with shop.db.reading() as session:
        assert reconciliation.listing(session, open_only=False) == []


def test_s1_a_payment_of_which_we_heard_nothing_is_settled_told_and_kept_as_repaired(
    shop: Shop, clock: SetClock
) -> None:
    paid = shop.paid()
    clock.advance(hours=1)
    outcome = compared(shop)
    assert (outcome.told, outcome.repaired) == ([paid.conversation_id], {shop.intent(paid)})
    assert (shop.payment(paid).status, shop.received(), shop.receipts(paid)) == (PaymentStatus.SUCCEEDED, 8_050, 1)
    with shop.db.reading() as session:
        [row] = reconciliation.listing(session, open_only=False)
    assert (row.kind, row.status, row.payment_id) == (MismatchKind.NOT_POSTED, MismatchStatus.REPAIRED, paid.id)
    assert compared(shop).repaired == set()


def test_what_is_younger_than_a_webhook_may_take_is_left_to_it_and_compared_later(shop: Shop, clock: SetClock) -> None:
    paid = shop.paid()
    assert compared(shop).looked_at == 0
    clock.advance(minutes=15)
    assert compared(shop).told == [paid.conversation_id]


def test_weeks_that_nobody_compared_are_compared(shop: Shop, clock: SetClock) -> None:
    compared(shop)
    paid = []
    for _ in range(4):
        clock.advance(days=5)
        paid.append(shop.paid())
    clock.advance(days=5)
    assert sorted(compared(shop).told) == sorted(each.conversation_id for each in paid)


def test_the_other_sales_of_the_business_are_none_of_ours(shop: Shop, clock: SetClock) -> None:
    shop.paid()
    for id_, intent in list(shop.gateway._intents.items()):
        shop.gateway._intents[id_] = dataclasses.replace(intent, payment_id="order-17")
    clock.advance(hours=1)
    assert compared(shop) == Outcome()
    assert (open_(shop), shop.received()) == ([], 0)


def test_a_payment_of_which_stripes_word_cannot_be_read_keeps_nobody_from_the_next(shop: Shop, clock: SetClock) -> None:
    strange, _ = settled(shop)
    paid = shop.paid()
    fetch = shop.gateway.fetch_intent

    def fetched(id: str) -> Intent:
        return dataclasses.replace(fetch(id), amount=from_stripe(1_050, "RSD")) if id == strange else fetch(id)

    shop.gateway.fetch_intent = fetched  # type: ignore[method-assign]
    clock.advance(hours=1)
    assert compared(shop).told == [paid.conversation_id]


def test_money_for_a_payment_that_we_do_not_have_is_reported(shop: Shop, clock: SetClock) -> None:
    paid = shop.paid()
    intent = shop.gateway._intents[shop.intent(paid)]
    shop.gateway._intents[intent.id] = dataclasses.replace(intent, payment_id=str(uuid.uuid4()))
    clock.advance(hours=1)
    assert compared(shop).repaired == set()
    assert open_(shop) == [(MismatchKind.UNKNOWN_PAYMENT, intent.id)]


def test_money_that_was_asked_for_and_did_not_come_is_no_mismatch(shop: Shop, clock: SetClock) -> None:
    shop.gateway.delay(shop.opened().checkout)
    shop.opened()
    clock.advance(hours=1)
    compared(shop)
    assert open_(shop) == []


@pytest.mark.parametrize(
    ("theirs", "kind"),
    [(Money(9_000, "USD"), MismatchKind.AMOUNT), (Money(8_050, "CAD"), MismatchKind.CURRENCY)],
)
def test_an_amount_that_differs_is_reported_until_it_does_not_differ(
    shop: Shop, clock: SetClock, theirs: Money, kind: MismatchKind
) -> None:
    intent_id, _ = settled(shop)
    intent = shop.gateway._intents[intent_id]
    shop.gateway._intents[intent_id] = dataclasses.replace(intent, amount=theirs)
    clock.advance(hours=1)
    compared(shop)
    assert open_(shop) == [(kind, intent_id)]
    clock.advance(days=3)
    compared(shop)
    assert open_(shop) == [(kind, intent_id)]
    shop.gateway._intents[intent_id] = intent
    assert compared(shop).repaired == {intent_id}
    assert open_(shop) == []


def test_money_in_another_currency_than_asked_for_is_reported_and_not_posted(shop: Shop, clock: SetClock) -> None:
    paid = shop.paid()
    intent = shop.gateway._intents[shop.intent(paid)]
    shop.gateway._intents[intent.id] = dataclasses.replace(intent, amount=Money(8_050, "CAD"))
    clock.advance(hours=1)
    compared(shop)
    assert (open_(shop), shop.received()) == ([(MismatchKind.CURRENCY, intent.id)], 0)


def test_a_settled_payment_that_stripe_does_not_know_is_reported(shop: Shop, clock: SetClock) -> None:
    intent_id, _ = settled(shop)
    del shop.gateway._intents[intent_id]
    clock.advance(hours=1)
    compared(shop)
    assert open_(shop) == [(MismatchKind.NOT_AT_STRIPE, intent_id)]


def test_postings_for_money_that_stripe_never_took_are_reported(shop: Shop, clock: SetClock) -> None:
    paid = shop.paid()
    intent = shop.gateway._intents[shop.intent(paid)]
    stripe_events.follow_up(shop.db, shop.gateway, paid.checkout)
    shop.gateway._intents[intent.id] = dataclasses.replace(intent, status="requires_payment_method")
    clock.advance(hours=1)
    compared(shop)
    assert open_(shop) == [(MismatchKind.AMOUNT, intent.id)]


def test_s6_a_refund_of_which_we_heard_nothing_is_posted(shop: Shop, clock: SetClock) -> None:
    intent_id, _ = settled(shop)
    back = shop.gateway.give_back(intent_id, Money(50, "USD"))
    clock.advance(hours=1)
    assert compared(shop).repaired == {back.id}
    assert (open_(shop), shop.received()) == ([], 8_000)


def test_s6_of_a_payment_paid_twice_what_went_back_is_compared_with_the_money_that_it_is_of(
    shop: Shop, clock: SetClock
) -> None:
    first = shop.paid()
    again = shop.gateway.create_checkout(shop.gateway._requests[first.checkout], "another window")
    shop.gateway.pay(again.id)
    shop.gateway.give_back(again.id, Money(4_000, "USD"))
    for page in (first.checkout, again.id):
        stripe_events.follow_up(shop.db, shop.gateway, page)
    clock.advance(hours=1)
    assert compared(shop) == Outcome(looked_at=2)
    assert (open_(shop), shop.received()) == ([], 2 * 8_050 - 4_000)


def test_s6_money_that_our_books_say_went_back_and_stripes_do_not_is_reported(shop: Shop, clock: SetClock) -> None:
    intent_id, _ = settled(shop)
    back = shop.gateway.give_back(intent_id)
    stripe_events.follow_up(shop.db, shop.gateway, intent_id)
    del shop.gateway._returns[back.id]
    clock.advance(hours=1)
    compared(shop)
    assert open_(shop) == [(MismatchKind.RETURNED, back.id)]


def test_a_stripe_that_does_not_answer_moves_no_cursor(shop: Shop, clock: SetClock) -> None:
    paid = shop.paid()
    clock.advance(hours=1)
    shop.gateway.failure = OutsideService("down", service="stripe", retryable=True)
    with pytest.raises(OutsideService):
        compared(shop)
    assert compared(shop).told == [paid.conversation_id]


def test_s5_workers_that_compare_at_once_repair_once(shop: Shop, clock: SetClock) -> None:
    paid = [shop.paid() for _ in range(3)]
    clock.advance(hours=1)
    threads = [threading.Thread(target=books.compare, args=(shop.db, shop.gateway)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [shop.receipts(each) for each in paid] == [1, 1, 1]
    assert shop.received() == 3 * 8_050


def test_an_event_whose_attempts_are_used_up_is_reported_and_tried_once_more_each_time(
    shop: Shop, clock: SetClock
) -> None:
    paid = shop.paid()
    missed_events.catch_up(shop.db, shop.gateway)
    with shop.db.transaction() as session:
        session.add(
            ExternalEvent(
                source=Source.STRIPE,
                external_id="evt_hard",
                kind="checkout.session.completed",
                object_id=paid.checkout,
                body=b"{}",
                attempts=stripe_events.ATTEMPTS,
            )
        )
    kept, shop.gateway.sessions = shop.gateway.sessions, {}
    fetch = shop.gateway.fetch_checkout
    shop.gateway.fetch_checkout = _fails  # type: ignore[method-assign]
    compared(shop)
    assert open_(shop) == [(MismatchKind.EVENT_FAILED, "evt_hard")]
    shop.gateway.fetch_checkout = fetch  # type: ignore[method-assign]
    shop.gateway.sessions = kept
    assert compared(shop).repaired == {"evt_hard"}
    assert open_(shop) == []
    assert shop.receipts(paid) == 1


@pytest.mark.parametrize("retryable", [True, False])
def test_s6_a_dispute_heard_of_under_a_wrong_key_is_posted_once_the_key_is_right(
    shop: Shop, clock: SetClock, retryable: bool
) -> None:
    intent_id, _ = settled(shop)
    missed_events.catch_up(shop.db, shop.gateway)
    clock.advance(days=10)
    compared(shop)  # nothing reads that far back again, so the event alone tells of it
    shop.gateway.dispute(intent_id)
    [listed] = [each for each in shop.gateway.log.known() if each.event.type == "charge.dispute.created"]
    with shop.db.transaction() as session:
        row = stripe_events.take_in(session, listed.event, listed.raw)
    assert row is not None
    wrong = OutsideService("no", service="stripe", retryable=retryable, about={"code": None, "status": 401})
    shop.gateway.failure = wrong
    assert stripe_events.process(shop.db, shop.gateway, row) is None
    assert shop.received() == 8_050
    clock.advance(minutes=1)
    stripe_sweep.sweep(shop.db, shop.gateway)
    compared(shop)
    assert (shop.received(), open_(shop)) == (0, [])


def test_an_event_that_cannot_be_acted_on_is_reported_until_a_person_has_done_with_it(
    shop: Shop, clock: SetClock
) -> None:
    paid = shop.paid()
    settled(shop)
    missed_events.catch_up(shop.db, shop.gateway)
    listed = shop.gateway.log.known()[-1]
    with shop.db.transaction() as session:
        again = dataclasses.replace(listed.event, id="evt_of_what_is_gone")
        row = stripe_events.take_in(session, again, listed.raw)
    assert row is not None
    shop.gateway.sessions.clear()
    shop.gateway._intents.clear()
    stripe_events.process(shop.db, shop.gateway, row)
    compared(shop)
    [(kind, subject)] = [each for each in open_(shop) if each[0] == MismatchKind.EVENT_FAILED]
    assert subject == "evt_of_what_is_gone"
    with shop.db.transaction() as session:
        [mismatch] = [each for each in reconciliation.listing(session) if each.subject == subject]
        reconciliation.resolve(session, mismatch.id, "ops", "deleted at Stripe")
    clock.advance(hours=1)
    compared(shop)
    assert kind not in {each for each, _ in open_(shop)}
    assert shop.receipts(paid) == 1


def _fails(id: str) -> None:
    raise OutsideService("down", service="stripe", retryable=True)
