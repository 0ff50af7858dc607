"""What of a plan is due to be taken from the saved card at this moment, and when to look again (K11, S3)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import invoices, ledger, mandates
from bot.billing.holds import is_stopped
from bot.billing.payments.payment_states import PAID
from bot.billing.plans.coverage import in_steps
from bot.billing.plans.progress import left_of, progress
from bot.billing.stripe.stripe_amounts import check_amount
from bot.errors import InvalidInput
from bot.models import (
    Customer,
    Instalment,
    Mandate,
    Payment,
    PaymentOrigin,
    PaymentStatus,
    Plan,
    Posting,
)
from bot.money import Money
from bot.policies import Stop

# Why a try ended without the card having been charged: such a try does not count against the card.
NOT_CHARGED = frozenset(("withdrawn", "not_due", "unanswered", "refused"))
A_LITTLE_LATER = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Due:
    """Try `try_number` for instalment `number`: `amount`, over `shares` of it (invoice, minor units) in their order."""

    number: int
    try_number: int
    amount: Money
    shares: tuple[tuple[uuid.UUID, int], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What is `due` now, if anything is; otherwise when to look again, None when nothing is ahead."""

    due: Due | None = None
    next_at: dt.datetime | None = None


def look(session: Session, mandate: Mandate, plan: Plan, customer: Customer, besides: Payment | None = None) -> Look:
    """What of `plan` is to be charged now: the earliest instalment whose day has come in the customer's zone and of
    which something is missing, as far as the invoices behind it are not in dispute (C9).

    What Stripe would not charge for being too little waits and is added to the next instalment (S4). What was paid and
    went back is not taken again unasked, and of one instalment never more than its amount (S5). Nothing is due before
    the day's hour, while a hold stops it (C8) or while a payment of the customer is under way (`besides` left aside).
    The caller holds the customer.
    """
    today, zone = clock.today(customer.time_zone), customer.time_zone
    open_, ahead = _by_day(session, plan, today)
    later = _earliest(charge_at(ahead.due_on, zone) if ahead else None, _notice_at(mandate, ahead, zone))
    if not open_:
        return Look(next_at=later)
    if clock.now() < charge_at(today, zone):
        return Look(next_at=charge_at(today, zone))
    if wait := _stopped_until(session, customer, besides):
        return Look(next_at=wait)
    left = _undisputed(session, plan, customer)
    most = sum(part for _, part in left)
    carried = 0
    for instalment, missing in open_:
        tries = tries_of(session, plan, instalment.number, besides)
        carried += max(min(missing, instalment.amount - _taken(tries)), 0)
        amount = in_steps(Money(min(carried, most), plan.currency))
        if not _can_be_charged(amount):
            continue
        day = retry_on(tries, mandate, zone)
        if day is not None and day > today:
            return Look(next_at=charge_at(day, zone))
        number = max((each.try_number or 0 for each in tries), default=0) + 1
        return Look(due=Due(instalment.number, number, amount, _shares(left, amount)))
    return Look(next_at=_earliest(later, tomorrow(customer)) if most < carried else later)


def is_ending(session: Session, mandate: Mandate, plan: Plan, customer: Customer) -> bool:
    """Whether the customer should hear now that the card ends before the next instalment is due. What is due already is
    taken first."""
    today = clock.today(customer.time_zone)
    open_, ahead = _by_day(session, plan, today)
    notice_on = _notice_on(mandate, ahead)
    return not open_ and notice_on is not None and notice_on <= today


def tries_of(session: Session, plan: Plan, number: int, besides: Payment | None = None) -> list[Payment]:
    """The tries for instalment `number` of `plan`, in their order."""
    tries = session.scalars(
        sa.select(Payment)
        .where(
            Payment.plan_id == plan.id,
            Payment.instalment_number == number,
            Payment.origin == PaymentOrigin.AUTOPAY,
        )
        .order_by(Payment.try_number)
    )
    return [each for each in tries if besides is None or each.id != besides.id]


def retry_on(tries: Sequence[Payment], mandate: Mandate, zone: str) -> dt.date | None:
    """The day of the next try after `tries` of one instalment; None when the card of `mandate` was not declined in any,
    or when the policy's tries are used up."""
    declined = [
        each
        for each in tries
        if each.mandate_id == mandate.id
        and each.status == PaymentStatus.FAILED
        and each.failure_code not in NOT_CHARGED
    ]
    days = policies.autopay().retry_after_days
    if not declined or len(declined) > len(days):
        return None
    last = declined[-1].created_at.astimezone(ZoneInfo(zone)).date()
    return last + dt.timedelta(days=days[len(declined) - 1])


def charge_at(day: dt.date, zone: str) -> dt.datetime:
    """From when on `day` a card may be charged in `zone`."""
    return dt.datetime.combine(day, dt.time(policies.autopay().charge_hour), ZoneInfo(zone)).astimezone(dt.UTC)


def tomorrow(customer: Customer) -> dt.datetime:
    """The same of the next day of `customer`."""
    return charge_at(clock.today(customer.time_zone) + dt.timedelta(days=1), customer.time_zone)


def _by_day(session: Session, plan: Plan, today: dt.date) -> tuple[list[tuple[Instalment, int]], Instalment | None]:
    """The instalments not covered whose day has come, each with what is missing of it; and the next one after today."""
    covered = _covered(session, plan)
    open_, reached = list[tuple[Instalment, int]](), 0
    for instalment in plan.instalments:
        reached += instalment.amount
        if reached > covered and instalment.due_on > today:
            return open_, instalment
        if reached > covered:
            open_.append((instalment, min(reached - covered, instalment.amount)))
    return open_, None


def _covered(session: Session, plan: Plan) -> int:
    """What of `plan` autopay leaves alone, in minor units: what is paid and what was paid and went back, whoever paid
    it; never less than what autopay took."""
    ours = sa.select(Payment).where(Payment.plan_id == plan.id, Payment.origin == PaymentOrigin.AUTOPAY)
    taken = _taken(session.scalars(ours).all())
    return max(progress(session, plan).paid.minor + _went_back(session, plan), taken)


def _went_back(session: Session, plan: Plan) -> int:
    """What was paid on the invoices of `plan` since it was made, by money or by credit, and went back."""
    accounts = [ledger.invoice_account(part.invoice_id) for part in plan.invoices]
    paid = session.scalars(
        sa.select(Posting).where(
            Posting.source.in_(accounts),
            Posting.destination.in_((ledger.STRIPE, ledger.credit_account(plan.customer_id))),
            Posting.reverses.is_(None),
            Posting.created_at >= plan.created_at,
        )
    ).all()
    return sum(posting.amount for posting in paid) - sum(ledger.reversibles(session, paid).values())


def _taken(tries: Sequence[Payment]) -> int:
    """What came by `tries`, whatever went back of it since."""
    return sum(each.amount for each in tries if each.status in PAID)


def _notice_at(mandate: Mandate, ahead: Instalment | None, zone: str) -> dt.datetime | None:
    day = _notice_on(mandate, ahead)
    return max(charge_at(day, zone), clock.now() + A_LITTLE_LATER) if day else None


def _notice_on(mandate: Mandate, ahead: Instalment | None) -> dt.date | None:
    ends = mandates.card_ends_on(mandate)
    if ends is None or ahead is None or mandate.expiry_told_at is not None or ends >= ahead.due_on:
        return None
    return ends - dt.timedelta(days=policies.autopay().expiry_notice_days)


def _stopped_until(session: Session, customer: Customer, besides: Payment | None) -> dt.datetime | None:
    """Until when nothing may be charged; None when nothing stops it."""
    if is_stopped(session, customer.id, Stop.AUTOPAY):
        return tomorrow(customer)
    under_way = session.scalars(
        sa.select(Payment).where(
            Payment.customer_id == customer.id,
            sa.or_(
                Payment.status == PaymentStatus.PROCESSING,
                # On a page that is open somebody may be paying at this moment.
                sa.and_(Payment.status == PaymentStatus.OPEN, Payment.checkout_expires_at > clock.now()),
            ),
        )
    )
    waits = [_ends_at(each) or tomorrow(customer) for each in under_way if besides is None or each.id != besides.id]
    return max(waits, default=None)


def _ends_at(payment: Payment) -> dt.datetime | None:
    return payment.checkout_expires_at if payment.status == PaymentStatus.OPEN else None


def _undisputed(session: Session, plan: Plan, customer: Customer) -> list[tuple[uuid.UUID, int]]:
    disputed = {item.invoice.id for item in invoices.standing(session, customer).items if item.disputed}
    return [
        (part.invoice_id, left)
        for part, left in left_of(session, plan)
        if left and (part.named or part.invoice_id not in disputed)
    ]


def _can_be_charged(amount: Money) -> bool:
    try:
        check_amount(amount)
    except InvalidInput:
        return False
    return True


def _shares(left: list[tuple[uuid.UUID, int]], amount: Money) -> tuple[tuple[uuid.UUID, int], ...]:
    rest, shares = amount.minor, list[tuple[uuid.UUID, int]]()
    for invoice_id, most in left:
        part = min(rest, most)
        if part:
            shares.append((invoice_id, part))
            rest -= part
    return tuple(shares)


def _earliest(*instants: dt.datetime | None) -> dt.datetime | None:
    return min((each for each in instants if each is not None), default=None)
