"""The ledger of consents: who lets us write to which address on which medium, as it was said (C4, C5, C7)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing.identity import refusals
from bot.models import Channel, Consent, ConsentSource, Conversation, Purpose
from bot.phone_numbers import alike


def record(
    session: Session,
    *,
    channel: Channel,
    address: str,
    granted: bool,
    source: ConsentSource,
    detail: str | None = None,
    conversation: Conversation | None = None,
    customer_id: uuid.UUID | None = None,
    agent_id: uuid.UUID | None = None,
    purpose: Purpose = Purpose.EVERYTHING,
    at: dt.datetime | None = None,
) -> Consent | None:
    """Write down a yes or a no for `address` (E.164) on `channel`; None, and nothing added, when the newest says the
    same. `detail` is a keyword or a provider's code, never a message's text (P7). `at` is when it was said, where that
    is not now: a word that comes late is kept, and does not bind against a younger one (T3); for that, the same said
    again later is kept, too."""
    before = refusals.newest(session, channel, address, purpose)
    is_later = at is not None and before is not None and at > before.created_at
    if before is not None and before.granted == granted and not is_later:
        return None
    if customer_id is None and conversation is not None:
        customer_id = conversation.customer_id
    consent = Consent(
        channel=channel,
        address=address,
        purpose=purpose,
        granted=granted,
        source=source,
        detail=detail[:64] if detail else None,
        customer_id=customer_id,
        conversation_id=conversation.id if conversation else None,
        agent_id=agent_id,
        created_at=at or clock.now(),
    )
    session.add(consent)
    session.flush()
    return consent


def is_refused(session: Session, channel: Channel, address: str, purpose: Purpose = Purpose.EVERYTHING) -> bool:
    """Whether nothing may be begun there (C5): everything is refused, or what is for `purpose`. An answer may be given
    all the same (design section 10, 10)."""
    return refusals.is_refused(session, channel, address, purpose)


def history(session: Session, addresses: Iterable[str]) -> list[Consent]:
    """All that was said about `addresses`, on every medium, the newest first: for the desk. A number that is written in
    two ways is one."""
    every = {form for address in addresses for form in alike(address)}
    return list(
        session.scalars(
            sa.select(Consent)
            # Every channel by name: the index begins with it.
            .where(Consent.channel.in_(list(Channel)), Consent.address.in_(sorted(every)))
            .order_by(Consent.created_at.desc(), Consent.id.desc())
        )
    )
