"""Every process killed at every point between "payment written" and "receipt sent": still one of each (S5, S1)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from bot import clock, failpoints
from tests.end_to_end.crashing import AtDemo, Crashing, Patient
from tests.end_to_end.patience import until
from tests.end_to_end.running import demo

pytestmark = pytest.mark.slow

OUTBOX = [name for name in failpoints.NAMES if name.startswith("outbox.")]
AUTOPAY = [name for name in failpoints.NAMES if name.startswith("autopay.")]
LINK = [name for name in failpoints.NAMES if name not in OUTBOX + AUTOPAY]
# Where the worker comes by too, when no webhook brings the event and the customer does not return.
SWEPT = ("event.fetched", "event.settling")
BEFORE_STRIPES_PAGE = ("action.", "turn.", "page.")
PROOFS = (("GT-1002", "+13125550102"), ("GT-1001", "+12105550101"))


@pytest.fixture(scope="module")
def crashing() -> Iterator[Crashing]:
    """A demo of our own."""
    with demo({}) as product, closing(Crashing(product)) as made:
        yield made


def test_s5_whatever_crashes_there_is_one_charge_one_set_of_postings_and_one_receipt(crashing: Crashing) -> None:
    paid: dict[uuid.UUID, int] = {}
    for point, (account, phone) in zip(OUTBOX, PROOFS, strict=True):
        with closing(Patient(crashing.product)) as customer:
            crashing.arm(point)
            customer.prove_who(account, phone)
            crashing.died(point)
            paid |= pay(crashing, customer, 2_000)
    with closing(Patient(crashing.product)) as harold:
        harold.prove_who("GT-1008", "+19075550108")
        for cents, point in enumerate(LINK):
            paid |= pay(crashing, harold, 1_000 + cents, point)
        paid |= left_to_the_worker(crashing, harold)
    paid |= instalments(crashing)
    until(crashing.is_quiet, "not everything was acted on")
    outcomes = {payment_id: crashing.outcome(payment_id) for payment_id in paid}
    assert outcomes == {payment_id: (1, 1, minor, 1) for payment_id, minor in paid.items()}


def pay(crashing: Crashing, customer: Patient, minor: int, point: str | None = None) -> dict[uuid.UUID, int]:
    """A payment by link during which a process dies at `point`."""
    early = point is not None and point.startswith(BEFORE_STRIPES_PAGE)
    if point is not None and early:
        crashing.arm(point)
    url = customer.link_over(minor)["url"]
    session = customer.click(url)
    if point is not None and not early:
        crashing.arm(point)
    customer.pay_at(session)
    if point is not None:
        crashing.died(point)
    customer.come_back(url)
    payment_id = crashing.payment(url)
    until(partial(crashing.has_receipt, payment_id), "no receipt")
    return {payment_id: minor}


def left_to_the_worker(crashing: Crashing, customer: Patient) -> dict[uuid.UUID, int]:
    """Payments of which nothing tells us, while the worker that finds them dies at one point after the other."""
    crashing.lose_webhooks()
    paid: dict[uuid.UUID, int] = {}
    for minor, point in enumerate(SWEPT, start=1_500):
        url = customer.link_over(minor)["url"]
        session = customer.click(url)
        crashing.arm(point)
        customer.pay_at(session)
        crashing.restart_worker()
        crashing.died(point)
        crashing.advance("PT6M")  # what the dead worker held is free again
        payment_id = crashing.payment(url)
        until(partial(crashing.has_receipt, payment_id), "no receipt")
        paid[payment_id] = minor
    crashing.lose_webhooks(False)
    return paid


def instalments(crashing: Crashing) -> dict[uuid.UUID, int]:
    """Instalments that fall due together, while the worker dies at one point after the other and no webhook arrives."""
    zone = _where_it_is_noon()
    tomorrow = clock.today(zone) + dt.timedelta(days=1)
    customers = [AtDemo(crashing, zone, tomorrow) for _ in AUTOPAY]
    until(crashing.is_quiet, "not everything was acted on")
    crashing.lose_webhooks()
    crashing.arm(AUTOPAY[0])
    crashing.advance("P1D")
    crashing.restart_worker()
    for point, after in zip(AUTOPAY, [*AUTOPAY[1:], None], strict=True):
        crashing.died(point)
        if after is not None:
            crashing.arm(after)
        crashing.advance("PT6M")  # what the dead worker held is free again
    payments = [until(customer.tries, "nobody charged the card") for customer in customers]
    assert [len(tries) for tries in payments] == [1] * len(customers)
    until(lambda: all(crashing.has_receipt(tries[0].id) for tries in payments), "no receipt")
    return {tries[0].id: 5_000 for tries in payments}


def _where_it_is_noon() -> str:
    """A zone in which cards may be charged at this moment."""
    now = clock.now()
    zones = (f"Etc/GMT{offset:+d}" for offset in range(-12, 12))
    return next(zone for zone in zones if now.astimezone(ZoneInfo(zone)).hour == 12)
