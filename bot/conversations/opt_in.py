"""START after a refusal in words: it gives back this medium, and leaves what said more to the desk (C4, C5)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import preferences
from bot.conversations.refused_media import Medium as RefusedMedium
from bot.conversations.refused_media import refused
from bot.models import (
    Case,
    CaseStatus,
    Conversation,
    Hold,
    HoldEvent,
    HoldEventKind,
    HoldKind,
    HoldStatus,
    Medium,
    PreferenceKind,
)
from bot.phone_numbers import alike

CEASE_CASE = "cease"
TEXTS = (RefusedMedium.SMS, RefusedMedium.WHATSAPP)  # what START gives back
ALLOWED_AGAIN = "Sent START: allows messages on this number again. A refusal in words is in force."
# For agents.
LIFTED_BY_START = "The customer sent START: messages are welcome again."


def welcome(session: Session, conversation: Conversation) -> None:
    """START takes back a refusal in words of this medium alone, as it does a STOP. One that says more, of calls or of
    everything, stays with the desk (design section 10, 10)."""
    here = alike(conversation.address or "")
    cases = sa.select(Case.summary).where(
        Case.conversation_id == conversation.id, Case.kind == CEASE_CASE, Case.status == CaseStatus.OPEN
    )
    said_besides = list(session.scalars(cases))
    in_force = sa.select(Hold).where(
        Hold.address.in_(here), Hold.kind == HoldKind.CEASE, Hold.status != HoldStatus.LIFTED
    )
    for hold in session.scalars(in_force):
        media = set(refused("\n".join([hold.reason, *said_besides])))
        if media and media <= set(TEXTS):
            hold.status, hold.lifted_at = HoldStatus.LIFTED, clock.now()
            event = HoldEvent(hold_id=hold.id, kind=HoldEventKind.LIFTED, actor="system", reason=LIFTED_BY_START)
            session.add(event)
    session.flush()
    medium, customer_id = Medium(conversation.channel), conversation.customer_id
    if medium in preferences.of(session, conversation.id, customer_id).refused:
        preferences.record(session, conversation, customer_id, [preferences.Wish(PreferenceKind.WELCOME, medium)])


def pass_on(session: Session, conversation: Conversation) -> None:
    """They refused contact in words before: only a person lifts that, so the desk hears that they think again."""
    if not is_held(session, conversation):
        return
    is_known = sa.select(Case.id).where(
        Case.conversation_id == conversation.id, Case.status == CaseStatus.OPEN, Case.summary == ALLOWED_AGAIN
    )
    if session.scalar(is_known.limit(1)) is None:
        session.add(
            Case(
                conversation_id=conversation.id,
                customer_id=conversation.customer_id,
                kind=CEASE_CASE,
                summary=ALLOWED_AGAIN,
            )
        )


def is_held(session: Session, conversation: Conversation) -> bool:
    """Whether a refusal in words is in force, which START does not lift."""
    here = sa.or_(Hold.conversation_id == conversation.id, Hold.address.in_(alike(conversation.address or "")))
    if conversation.customer_id is not None:
        here = sa.or_(here, Hold.customer_id == conversation.customer_id)
    held = sa.select(Hold.id).where(here, Hold.kind == HoldKind.CEASE, Hold.status != HoldStatus.LIFTED)
    return session.scalar(held.limit(1)) is not None
