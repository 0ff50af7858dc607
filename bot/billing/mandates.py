"""Mandates: a customer's consent to take a plan's instalments from a saved card (K11).

A mandate waits for a card (`pending`), is `active` with it, waits for another when it will not do (`suspended`), and
ends for good (`withdrawn`). One is in force for a customer at a time.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.gateway import SavedCard
from bot.db import lock
from bot.errors import Conflict, NotFound
from bot.models import Customer, Mandate, MandateStatus, Payment, PaymentStatus, Plan, PlanStatus

IN_FORCE = (PlanStatus.AGREED, PlanStatus.ACTIVE)


def consent(
    session: Session,
    customer: Customer,
    plan: Plan,
    *,
    conversation_id: uuid.UUID | None,
    locale: str,
    actor: str = "customer",
) -> Mandate:
    """Keep the consent of `customer` to the words of `policies/autopay.yml` in the language of `locale`, to the letter.

    The mandate waits for the card of the next payment. The same consent again is the same mandate, however far it has
    come; one for a plan that has ended gives way. Raises `Conflict` when `plan` is not theirs or not in force.
    """
    lock(session, Customer, customer.id)
    if lock(session, Plan, plan.id) is None or plan.customer_id != customer.id or plan.status not in IN_FORCE:
        raise Conflict("Automatic payments go with a plan that is in force.", about=plan)
    existing = current(session, customer)
    if existing is not None and existing.plan_id == plan.id:
        return existing
    if existing is not None:
        _end(session, existing, "system")
    words = policies.in_language(policies.autopay().wording, locale)
    mandate = Mandate(
        customer_id=customer.id,
        conversation_id=conversation_id,
        plan_id=plan.id,
        wording=words.format(brand=policies.brand_name()).strip(),
        locale=locale,
        consented_by=actor,
    )
    session.add(mandate)
    session.flush()
    return mandate


def current(session: Session, customer: Customer) -> Mandate | None:
    """The mandate of `customer` that is in force: pending, active or suspended."""
    return session.scalars(
        sa.select(Mandate)
        .where(Mandate.customer_id == customer.id, Mandate.status != MandateStatus.WITHDRAWN)
        .execution_options(populate_existing=True)
    ).first()


def waiting_for_card(session: Session, customer: Customer) -> Mandate | None:
    """The mandate of `customer` for which the next payment's card is to be saved: it has none, or one that will not do
    or whose end the customer was told of, or they asked to use another."""
    mandate = current(session, customer)
    if mandate is None or mandate.status != MandateStatus.ACTIVE:
        return mandate
    return mandate if mandate.expiry_told_at or mandate.another_card_at else None


def expect_another_card(session: Session, customer: Customer) -> Mandate | None:
    """Let the card of the next payment by a link take the place of the one that is kept, which is charged until then.
    The mandate in force; None when there is none."""
    lock(session, Customer, customer.id)
    mandate = current(session, customer)
    if mandate is not None:
        mandate.another_card_at = mandate.another_card_at or clock.now()
        session.flush()
    return mandate


def locked(session: Session, mandate_id: uuid.UUID) -> Mandate:
    """The mandate with this id, afresh and locked together with its customer, who comes first. Raises `NotFound`."""
    customer_id = session.scalar(sa.select(Mandate.customer_id).where(Mandate.id == mandate_id))
    if customer_id is not None:
        lock(session, Customer, customer_id)
    mandate = lock(session, Mandate, mandate_id)
    if mandate is None:
        raise NotFound("There is no such consent.", about=mandate_id)
    return mandate


def withdraw(session: Session, customer: Customer, *, by: str = "customer") -> Mandate | None:
    """End the mandate of `customer` at once: nothing is charged under it that is not on its way already (see
    `payments.on_its_way`). `by` is `customer`, `system` or `agent:<id>`. The mandate that ended; None when there was
    none. The card is given up at Stripe afterwards (`to_forget`).
    """
    lock(session, Customer, customer.id)
    mandate = current(session, customer)
    if mandate is not None:
        _end(session, mandate, by)
    return mandate


def end(session: Session, plan: Plan) -> None:
    """End the mandate that goes with `plan`, which is completed, broken or cancelled. The caller holds the customer."""
    for mandate in session.scalars(_of_plan(plan)):
        _end(session, mandate, "system")


def carry(session: Session, old_plan: Plan, new_plan: Plan) -> Mandate | None:
    """Let the mandate that goes with `old_plan` go with `new_plan`, which replaces it. The caller holds the customer,
    and carries before the old plan ends."""
    mandate = session.scalars(_of_plan(old_plan)).first()
    if mandate is not None:
        mandate.plan_id = new_plan.id
        mandate.next_at = clock.now()
        session.flush()
    return mandate


def look_again(session: Session, plan: Plan) -> None:
    """The dates or amounts of `plan` have changed: autopay works out anew what is due when."""
    session.execute(
        sa.update(Mandate)
        .where(Mandate.plan_id == plan.id, Mandate.status == MandateStatus.ACTIVE)
        .values(next_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def activate(session: Session, mandate_id: uuid.UUID, card: SavedCard) -> Mandate:
    """Take `card`, which a payment under this consent has saved. The mandate that holds the card then.

    A pending mandate becomes active. Another card for one that has a card already is a new mandate with the same words;
    the former ends. A card saved under a consent that was withdrawn meanwhile is kept only to be given up. The same
    card again changes nothing. Raises `NotFound`.
    """
    mandate = locked(session, mandate_id)
    known = session.scalars(
        sa.select(Mandate).where(
            Mandate.customer_id == mandate.customer_id, Mandate.payment_method == card.payment_method
        )
    ).first()
    if known is not None:
        return known
    withdrawn = mandate.status == MandateStatus.WITHDRAWN
    if mandate.payment_method is not None:
        if not withdrawn:
            _end(session, mandate, "system")
        mandate = _successor(mandate, withdrawn=withdrawn)
        session.add(mandate)
    mandate.payment_method, mandate.stripe_customer = card.payment_method, card.customer
    mandate.card_brand, mandate.card_last4 = card.brand, card.last4
    mandate.card_exp_month, mandate.card_exp_year = card.exp_month, card.exp_year
    if not withdrawn:
        mandate.status = MandateStatus.ACTIVE
        mandate.activated_at = mandate.next_at = clock.now()
    session.flush()
    return mandate


def suspend(session: Session, mandate: Mandate, reason: str) -> None:
    """Charge nothing more until another card is saved. `reason` is Stripe's code or ours. The caller holds the customer
    and the mandate."""
    if mandate.status == MandateStatus.ACTIVE:
        mandate.status = MandateStatus.SUSPENDED
        mandate.suspended_at, mandate.suspended_for = clock.now(), reason[:64]
        session.flush()


def card_ends_on(mandate: Mandate) -> dt.date | None:
    """The last day on which the card of `mandate` may be charged; None without a card."""
    if mandate.card_exp_year is None or mandate.card_exp_month is None:
        return None
    years, month = divmod(mandate.card_exp_month, 12)
    return dt.date(mandate.card_exp_year + years, month + 1, 1) - dt.timedelta(days=1)


def to_forget(session: Session, limit: int = 100) -> Sequence[Mandate]:
    """Ended mandates whose card is still saved at Stripe, without those of which a charge is still being answered.

    Give each up there, then say so by `forgotten`.
    """
    being_answered = sa.exists().where(Payment.mandate_id == Mandate.id, Payment.status == PaymentStatus.PROCESSING)
    return session.scalars(
        sa.select(Mandate)
        .where(
            Mandate.status == MandateStatus.WITHDRAWN,
            Mandate.payment_method.is_not(None),
            Mandate.forgotten_at.is_(None),
            ~being_answered,
        )
        .order_by(Mandate.withdrawn_at)
        .limit(limit)
    ).all()


def forgotten(session: Session, mandate_id: uuid.UUID) -> None:
    """Stripe has given up the card of this mandate. Raises `NotFound`."""
    locked(session, mandate_id).forgotten_at = clock.now()
    session.flush()


def _end(session: Session, mandate: Mandate, by: str) -> None:
    mandate.status = MandateStatus.WITHDRAWN
    mandate.withdrawn_at, mandate.withdrawn_by = clock.now(), by
    session.flush()


def _of_plan(plan: Plan) -> sa.Select[Mandate]:
    return sa.select(Mandate).where(Mandate.plan_id == plan.id, Mandate.status != MandateStatus.WITHDRAWN)


def _successor(mandate: Mandate, *, withdrawn: bool) -> Mandate:
    return Mandate(
        customer_id=mandate.customer_id,
        conversation_id=mandate.conversation_id,
        plan_id=mandate.plan_id,
        status=MandateStatus.WITHDRAWN if withdrawn else MandateStatus.ACTIVE,
        wording=mandate.wording,
        locale=mandate.locale,
        consented_by=mandate.consented_by,
        withdrawn_at=mandate.withdrawn_at if withdrawn else None,
        withdrawn_by=mandate.withdrawn_by if withdrawn else None,
    )
