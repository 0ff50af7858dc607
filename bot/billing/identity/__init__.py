"""Identity: a conversation is tied to a customer only by a proof, and only for a while (P1, P2; design section 6)."""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata
import uuid
from dataclasses import dataclass

import phonenumbers
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.identity import addresses, proofs
from bot.billing.identity import verification_locks as locks
from bot.billing.identity.forgotten import is_forgotten
from bot.billing.identity.knowledge import prove
from bot.billing.identity.proofs import Outcome
from bot.billing.identity.references import find_customer
from bot.billing.identity.tokens import sign_in
from bot.db import lock
from bot.errors import NotVerified, TooMany
from bot.keyed_hash import keyed_hash, same
from bot.models import Channel, Conversation, Customer, Delivery, VerificationChallenge
from bot.phone_numbers import alike

__all__ = [
    "Challenge",
    "Outcome",
    "begin",
    "check",
    "customer_of",
    "end",
    "end_everywhere",
    "prove",
    "sign_in",
]

PURPOSE = "one-time code"
DIGITS = 6
NOBODY = uuid.UUID(int=0)
# The idle time is written down at most so often, so that reading a balance is seldom a write.
TOUCH_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code may be on its way. It says the same for known and unknown references (P2)."""

    expires_at: dt.datetime


def begin(session: Session, conversation: Conversation, reference: str) -> Challenge:
    """Ask for a one-time code for the account that `reference` names: its number, an e-mail address or a phone number.

    When there is such an account with a phone on file, a `Delivery` with the code is written for the sender to send
    after commit; otherwise all else is done alike and nothing shows (P2), as for a phone that reaches somebody else or
    wants nothing from us (P4, C5). The code before it stops working. Raises `TooMany` when this conversation has asked
    too often or its address is locked, account or not.
    """
    policy = policies.identity()
    lock(session, Conversation, conversation.id)
    _check_rate(session, conversation)
    now = clock.now()
    expires_at = now + dt.timedelta(minutes=policy.code_minutes)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    customer = find_customer(session, reference, _regions(conversation))
    # Asked for nobody too, so that an unknown reference takes the same queries (P2).
    is_reached = addresses.may_get_code(session, (customer.phone if customer else None) or "")
    blocked = _may_get_no_code(session, customer.id if customer else NOBODY) or not is_reached
    challenge = VerificationChallenge(
        conversation_id=conversation.id,
        customer_id=customer.id if customer and not blocked else None,
        code_digest="",
        created_at=now,
        expires_at=expires_at,
    )
    session.add(challenge)
    session.flush()
    challenge.code_digest = keyed_hash(PURPOSE, f"{challenge.id}:{code}")
    text = policies.in_language(policy.message, customer.language if customer else conversation.locale)
    body = text.format(code=code, minutes=policy.code_minutes)
    if customer is not None and customer.phone and not blocked:
        session.add(
            Delivery(channel=Channel.SMS, address=customer.phone, body=body, secret=True, expires_at=expires_at)
        )
    session.flush()
    return Challenge(expires_at)


def check(session: Session, conversation: Conversation, code: str) -> Outcome:
    """Try `code` (spaces and dashes forgiven). When it is right, the conversation is its customer's from now on.

    Five wrong tries lock the account for 30 minutes and the address for longer each time, account or not (P2). How many
    are left is not said. The caller commits whatever the outcome is: a wrong try has to count.
    """
    held = lock(session, Conversation, conversation.id)
    assert held is conversation
    here = locks.address(conversation)
    if locks.locked_for(session, here):
        return Outcome.LOCKED
    challenge = _open_challenge(session, conversation)
    if challenge is None:
        return Outcome.EXPIRED
    right = same(challenge.code_digest, PURPOSE, f"{challenge.id}:{_digits(code)}")
    if not right or challenge.customer_id is None or is_forgotten(session, challenge.customer_id):
        return _wrong(session, challenge, here)
    if locks.locked_for(session, locks.account(challenge.customer_id)):
        return Outcome.LOCKED
    challenge.used_at = clock.now()
    locks.forget(session, here)
    locks.forget(session, locks.account(challenge.customer_id))
    proofs.verify(conversation, session.get_one(Customer, challenge.customer_id))
    session.flush()
    return Outcome.VERIFIED


def customer_of(session: Session, conversation: Conversation, *, touch: bool = True) -> Customer:
    """The customer that `conversation` has proven to be. `touch` begins the idle time on the web anew.

    Raises `NotVerified` when there was no proof or it has run out: then nothing of the account may be said (P1).
    """
    now = clock.now()
    if conversation.customer_id is None or conversation.verified_until is None or conversation.verified_until <= now:
        raise NotVerified("Please confirm who you are first.", about=conversation.id)
    if touch and conversation.channel == Channel.WEB:
        until = now + proofs.holds_for(conversation)
        if until - conversation.verified_until >= TOUCH_EVERY:
            conversation.verified_until = until
    return session.get_one(Customer, conversation.customer_id)


def end(session: Session, conversation: Conversation) -> None:
    """The proof ends now, and so does a code that is still out."""
    conversation.verified_until = None
    challenge = _open_challenge(session, conversation)
    if challenge is not None:
        challenge.used_at = clock.now()
    session.flush()


def end_everywhere(session: Session, phone: str) -> None:
    """No proof holds any more on `phone` (E.164), on whatever medium: it reaches somebody else (P4)."""
    session.execute(
        sa.update(Conversation)
        .where(Conversation.address.in_(alike(phone)), Conversation.channel != Channel.WEB)
        .values(verified_until=None)
        .execution_options(synchronize_session="fetch")
    )


def _check_rate(session: Session, conversation: Conversation) -> None:
    policy = policies.identity()
    if seconds := locks.locked_for(session, locks.address(conversation)):
        raise TooMany("There were too many wrong codes. Please try again later.", retry_after=seconds)
    window = dt.timedelta(minutes=policy.code_minutes)
    asked = session.scalars(
        sa.select(VerificationChallenge.created_at)
        .where(
            VerificationChallenge.conversation_id == conversation.id,
            VerificationChallenge.created_at > clock.now() - window,
        )
        .order_by(VerificationChallenge.created_at)
    ).all()
    if len(asked) >= policy.codes_per_conversation:
        wait = int((asked[-policy.codes_per_conversation] + window - clock.now()).total_seconds()) + 1
        raise TooMany("Several codes were asked for just now. Please wait a little.", retry_after=wait)


def _may_get_no_code(session: Session, customer_id: uuid.UUID) -> bool:
    """Whether the account is locked or forgotten (P5), or its phone was sent enough codes that nobody used: who comes
    in by their codes is not being pestered."""
    hour_ago = clock.now() - dt.timedelta(hours=1)
    sent = session.scalar(
        sa.select(sa.func.count())
        .select_from(VerificationChallenge)
        .where(
            VerificationChallenge.customer_id == customer_id,
            VerificationChallenge.created_at > hour_ago,
            VerificationChallenge.used_at.is_(None),
        )
    )
    is_locked = locks.locked_for(session, locks.account(customer_id)) > 0
    is_gone = is_forgotten(session, customer_id)
    return is_locked or is_gone or (sent or 0) >= policies.identity().codes_per_account_hour


def _regions(conversation: Conversation) -> list[str]:
    own = conversation.locale.replace("_", "-").split("-")[-1].upper()
    known = [own] if own in phonenumbers.SUPPORTED_REGIONS else []
    return [*known, *policies.identity().regions]


def _open_challenge(session: Session, conversation: Conversation) -> VerificationChallenge | None:
    latest = session.scalars(
        sa.select(VerificationChallenge)
        .where(VerificationChallenge.conversation_id == conversation.id)
        .order_by(VerificationChallenge.created_at.desc(), VerificationChallenge.id.desc())
        .limit(1)
    ).first()
    if latest is None or latest.used_at is not None or latest.expires_at <= clock.now():
        return None
    return latest


def _digits(code: str) -> str:
    read = [unicodedata.decimal(character, None) for character in code[:100]]
    return "".join(str(digit) for digit in read if digit is not None)


def _wrong(session: Session, challenge: VerificationChallenge, here: str) -> Outcome:
    challenge.tries += 1
    locked = locks.count_failure(session, here)
    if challenge.customer_id is not None:
        locks.count_failure(session, locks.account(challenge.customer_id))
    if locked:
        challenge.used_at = clock.now()
    session.flush()
    return Outcome.LOCKED if locked else Outcome.WRONG
