"""Autopay's rounds: instalments charged on their day, lost answers asked for, cards that end told of, and given up."""

from __future__ import annotations

import uuid

import structlog

from bot import failpoints
from bot.billing import autopay, mandates
from bot.billing.autopay import Ask, Charge, card_expiry
from bot.billing.gateway import Intent, PaymentGateway
from bot.conversations import autopay_news, reach
from bot.db import Database
from bot.errors import GoodTermsError, OutsideService
from bot.models import Payment

# Few at a time, so that what is claimed is charged at once; the next sweep goes on where this one stops.
BATCH = 5
ROUNDS = 200
# Stripe's word for a card or a customer that it does not know, or no more.
GONE = ("resource_missing",)

log = structlog.get_logger()


def sweep(db: Database, gateway: PaymentGateway) -> list[uuid.UUID]:
    """Do what is due by now; any number of workers may at once. The conversations that were told.

    When Stripe does not answer, the rest waits for the next sweep, and so does what was claimed, for its lease.
    """
    told = _tell_expiring(db)
    try:
        told += _ask_for_answers(db, gateway)
        told += _charge_due(db, gateway)
        _forget_cards(db, gateway)
    except OutsideService as error:
        log.warning("autopay_waits", retryable=error.retryable)
    return told


def _tell_expiring(db: Database) -> list[uuid.UUID]:
    told = []
    for mandate_id in db.in_reading(card_expiry.candidates):
        try:
            with db.transaction() as session:
                told.append(autopay_news.tell_expiring(session, mandate_id))
        except Exception as error:  # one card that cannot be spoken of keeps no instalment from being taken
            log.error("card_end_not_told", mandate=str(mandate_id), error=type(error).__name__)
    return [conversation_id for conversation_id in told if conversation_id is not None]


def _ask_for_answers(db: Database, gateway: PaymentGateway) -> list[uuid.UUID]:
    told: list[uuid.UUID] = []
    for _ in range(ROUNDS):
        claimed = db.in_transaction(lambda session: autopay.claim_unanswered(session, BATCH))
        told += _charge_all(db, gateway, claimed)
        if not claimed:
            break
    return told


def _charge_due(db: Database, gateway: PaymentGateway) -> list[uuid.UUID]:
    told: list[uuid.UUID] = []
    for _ in range(ROUNDS):
        claimed = db.in_transaction(lambda session: autopay.claim_due(session, BATCH))
        told += _charge_all(db, gateway, claimed)
        if not claimed and not db.in_reading(autopay.is_any_due):
            break
    return told


def _charge_all(db: Database, gateway: PaymentGateway, claimed: list[Payment]) -> list[uuid.UUID]:
    told = [_charge(db, gateway, payment) for payment in claimed]
    if claimed:
        failpoints.reach("autopay.told")
    return [conversation_id for conversation_id in told if conversation_id is not None]


def _charge(db: Database, gateway: PaymentGateway, payment: Payment) -> uuid.UUID | None:
    """Ask Stripe between two transactions. Raises `OutsideService` while it does not answer."""
    failpoints.reach("autopay.claimed")
    with db.transaction() as session:
        conversation = reach.newest(session, payment.customer_id)
        charge = autopay.begin(session, payment.id, conversation.id if conversation else None)
    if charge is None:
        return None
    failpoints.reach("autopay.begun")
    try:
        intent, refused = _ask(gateway, charge)
        failpoints.reach("autopay.charged")
        with db.transaction() as session:
            if intent is not None or refused in GONE:
                return autopay_news.take_over(session, payment.id, intent)
            autopay.fail(session, payment.id, "refused" if refused else "unanswered")
    except GoodTermsError as error:
        if isinstance(error, OutsideService) and (error.retryable or _is_ours(error)):
            raise
        # The payment keeps its lease and is asked about again when that has run out.
        log.error("charge_unclear", payment=str(payment.id), code=error.code)
    return None


def _ask(gateway: PaymentGateway, charge: Charge) -> tuple[Intent | None, str | None]:
    """What Stripe says of the charge; None when it made none, with its code when it refuses to make it.

    A repeated charge may be refused though the first call made it, so it is looked for in any case.
    """
    refused = None
    if charge.ask is Ask.CHARGE:
        try:
            return gateway.charge(charge.request, charge.idempotency_key), None
        except OutsideService as error:
            if error.retryable or _is_ours(error):
                raise
            refused = _code(error)
            log.error("charge_refused", payment=str(charge.payment_id), reason=refused)
    try:
        return gateway.find_intent(str(charge.payment_id), charge.request.customer, charge.since), refused
    except OutsideService as error:
        if _code(error) not in GONE:
            raise
        return None, refused or _code(error)


def _code(error: OutsideService) -> str:
    return str(error.about.get("code")) if isinstance(error.about, dict) else error.code


def _is_ours(error: OutsideService) -> bool:
    """Whether Stripe refused us, not this charge: a key of ours that is wrong says nothing about any card."""
    return isinstance(error.about, dict) and error.about.get("status") in (401, 403)


def _forget_cards(db: Database, gateway: PaymentGateway) -> None:
    for mandate in db.in_reading(mandates.to_forget):
        if mandate.payment_method is None:
            continue
        try:
            gateway.forget_card(mandate.payment_method)
        except OutsideService as error:
            if error.retryable or _is_ours(error):
                raise
            log.error("card_not_forgotten", mandate=str(mandate.id), reason=_code(error))
            continue
        with db.transaction() as session:
            mandates.forgotten(session, mandate.id)
