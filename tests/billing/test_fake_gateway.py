"""What the fake promises beyond the contract: it bears a race, a lost answer and the passing of time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.billing.gateway import ChargeRequest
from bot.errors import OutsideService
from tests.billing.fake_gateway import FakeGateway
from tests.billing.gateway_world import (
    CONSENT,
    LATER_PAYMENT,
    LONG_AGO,
    PAYMENT,
    FakeWorld,
    asked,
    events,
    instalment,
    saved,
)
from tests.conftest import SetClock

SECRET = "whsec_only_for_tests"


@pytest.fixture
def fake() -> FakeGateway:
    return FakeGateway()


def test_fifty_threads_open_one_page_and_charge_once_s5(fake: FakeGateway) -> None:
    card = saved(FakeWorld(fake))
    with ThreadPoolExecutor(50) as threads:
        pages = set(threads.map(lambda _: fake.create_checkout(asked(), "payment:1").id, range(200)))
        charges = set(threads.map(lambda _: fake.charge(instalment(card), "instalment:1:attempt:1").id, range(200)))
    assert len(pages) == len(charges) == 1
    assert fake.charges == {PAYMENT: 1, LATER_PAYMENT: 1}


def test_a_failure_comes_once_and_nothing_is_done(fake: FakeGateway) -> None:
    fake.failure = OutsideService("down", service="stripe", retryable=True)
    with pytest.raises(OutsideService):
        fake.create_checkout(asked(), "payment:1")
    assert fake.sessions == {}
    assert fake.create_checkout(asked(), "payment:1").status == "open"


def test_an_answer_that_is_lost_leaves_the_charge_behind_s5(fake: FakeGateway) -> None:
    card = saved(FakeWorld(fake))
    fake.answer_lost = True
    with pytest.raises(OutsideService) as failed:
        fake.charge(instalment(card), "instalment:1:attempt:1")
    assert failed.value.retryable
    assert fake.charge(instalment(card), "instalment:1:attempt:1").paid
    assert fake.charges[LATER_PAYMENT] == 1


def test_a_key_is_forgotten_after_a_day_but_the_charge_is_found(fake: FakeGateway, clock: SetClock) -> None:
    card = saved_by(fake, clock)
    fake.charge(card, "instalment:1:attempt:1")
    clock.advance(hours=23)
    fake.charge(card, "instalment:1:attempt:1")
    assert fake.charges[LATER_PAYMENT] == 1
    clock.advance(hours=2)
    assert fake.find_intent(LATER_PAYMENT, card.customer, LONG_AGO.replace(year=2026, month=1))
    fake.charge(card, "instalment:1:attempt:1")
    assert fake.charges[LATER_PAYMENT] == 2


def test_a_page_closes_by_itself_and_nobody_pays_there(fake: FakeGateway, clock: SetClock) -> None:
    page = fake.create_checkout(asked(expires_at=clock.now().replace(hour=16)), "payment:1")
    clock.advance(minutes=59)
    assert fake.fetch_checkout(page.id).status == "open"
    clock.advance(minutes=1)
    assert fake.fetch_checkout(page.id).status == "expired"
    with pytest.raises(AssertionError, match="nobody can pay there"):
        fake.pay(page.id)


def test_an_event_is_forgotten_after_thirty_days(fake: FakeGateway, clock: SetClock) -> None:
    saved_by(fake, clock)
    world = FakeWorld(fake)
    long_ago = clock.now().replace(year=2020)
    assert len(events(world, since=long_ago)) == 4
    clock.advance(days=30, seconds=1)
    assert events(world, since=long_ago) == []
    assert fake.webhooks(SECRET) == []


def test_its_webhooks_hold_before_the_real_check_s1(fake: FakeGateway) -> None:
    saved(FakeWorld(fake))
    told = [fake.read_event(raw, header, secret=SECRET) for raw, header in fake.webhooks(SECRET)]
    assert told == [each.event for each in events(FakeWorld(fake))]


def saved_by(fake: FakeGateway, clock: SetClock) -> ChargeRequest:
    """A charge of a card that was saved at the test's own time."""
    page = fake.create_checkout(asked(consent=CONSENT, expires_at=clock.now().replace(hour=16)), "saving:1")
    card = fake.pay(page.id).saved_card
    assert card is not None
    return instalment(card)
