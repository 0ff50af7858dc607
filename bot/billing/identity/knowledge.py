"""Proof on a phone: the sender's number is on file, and they know the postcode or the birth date (design section 6).

A number that nobody knows takes the same steps and gets the same outcomes as one on file: it stands for an account of
which everything is wrong (P2).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing.identity import addresses, factors, proofs, refusals
from bot.billing.identity import verification_locks as locks
from bot.billing.identity.forgotten import forgotten
from bot.billing.identity.proofs import Outcome
from bot.db import lock
from bot.keyed_hash import keyed_hash
from bot.models import Channel, Conversation, Customer, CustomerFactor, FactorKind, VerificationLock

# One thing that was said, in each way in which it can be read ("4/5/1988" is two days), all in their normal form.
Said = frozenset[tuple[FactorKind, str]]
NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom the number may belong to, with the digests on file by kind."""

    customer_id: uuid.UUID
    digests: Mapping[str, str]

    def fits(self, said: tuple[Said, ...]) -> bool:
        """Whether something of `said` is right, and nothing is wrong. What is not on file cannot be either. Every way
        of reading is compared, in constant time, whatever came of the one before."""
        right = [self._is_right(one) for one in said]
        wrong = [not is_right and self._is_known(one) for is_right, one in zip(right, said, strict=True)]
        return any(right) and not any(wrong)

    def _is_right(self, said: Said) -> bool:
        found = [
            factors.is_same(self.digests.get(kind, NO_DIGEST), self.customer_id, kind, value)
            for kind, value in sorted(said)
        ]
        return any(found)

    def _is_known(self, said: Said) -> bool:
        return any(kind in self.digests for kind, _ in said)


def prove(session: Session, conversation: Conversation, *said: Said) -> Outcome:
    """Try what somebody with a phone knows: a postcode, a birth date or both, each in the ways in which it can be read,
    which count as one try. When it is right, the conversation is its customer's for 24 hours from now.

    Wrong tries lock the number, and whoever it may belong to, as those of a code do. A number that nobody has on file,
    or that reaches somebody else, is never right and shows it by nothing (P2, P4). The caller commits whatever the
    outcome is. Raises `ValueError` when nothing was said.
    """
    if not said:
        raise ValueError("nothing was said that could be right")
    held = lock(session, Conversation, conversation.id)
    assert held is conversation
    here = locks.address(conversation)
    if locks.locked_for(session, here):
        return Outcome.LOCKED
    if not proofs.answers_us(session, conversation):
        return Outcome.WRONG  # whoever wrote it: it counts for nothing, and locks nobody out
    tried = _candidates(session, conversation)
    fitting = [candidate for candidate in tried if candidate.fits(said)]
    if not fitting:
        is_locked = _count_wrong(session, conversation, tried)
        return Outcome.LOCKED if is_locked else Outcome.WRONG
    if len(fitting) > 1:
        return Outcome.SHARED
    customer = session.get_one(Customer, fitting[0].customer_id)
    locks.forget(session, here)
    locks.forget(session, locks.account(customer.id))
    proofs.verify(conversation, customer)
    session.flush()
    return Outcome.VERIFIED


def _candidates(session: Session, conversation: Conversation) -> list[Candidate]:
    """Whom the conversation's number may belong to: customers who have it on file, are not locked and were
    not to be forgotten (P5). Nobody, where
    somebody has said that it reaches the wrong person (P4). For nobody, one stand-in whom nothing fits."""
    phone = conversation.address or ""
    on_file = Customer.email if conversation.channel == Channel.EMAIL else Customer.phone
    is_marked = addresses.is_marked(session, phone)
    rows = session.execute(
        sa.select(Customer.id, CustomerFactor.kind, CustomerFactor.digest)
        .join(CustomerFactor, CustomerFactor.customer_id == Customer.id)
        .where(on_file.in_(refusals.forms(Channel(conversation.channel), phone)))
        .where(Customer.id.not_in(forgotten()))
        .order_by(Customer.id)
    ).all()
    found: dict[uuid.UUID, dict[str, str]] = {}
    for id_, kind, digest in rows:
        found.setdefault(id_, {})[kind] = digest
    nobody = _nobody(conversation)
    locked = _locked(session, [*found] or [nobody])
    known = [Candidate(id_, digests) for id_, digests in found.items() if id_ not in locked]
    return known if known and not is_marked else [Candidate(nobody, dict.fromkeys(FactorKind, NO_DIGEST))]


def _count_wrong(session: Session, conversation: Conversation, tried: list[Candidate]) -> bool:
    """Count a wrong try for the number and for all whom it was tried for; true when the number is locked now."""
    is_locked = locks.count_failure(session, locks.address(conversation))
    for candidate in sorted(tried, key=lambda one: one.customer_id):
        locks.count_failure(session, locks.account(candidate.customer_id))
    return is_locked


def _nobody(conversation: Conversation) -> uuid.UUID:
    """Who stands in where nobody is known: one for each number, so that strangers do not wait for each other."""
    return uuid.UUID(keyed_hash("nobody", conversation.address or "")[:32])


def _locked(session: Session, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    subjects = {locks.account(id_): id_ for id_ in ids}
    found = session.scalars(
        sa.select(VerificationLock.subject).where(
            VerificationLock.subject.in_(sorted(subjects)), VerificationLock.locked_until > clock.now()
        )
    )
    return {subjects[subject] for subject in found}
