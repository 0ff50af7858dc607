"""Somebody comes back to what was left open: a word of welcome, then it goes on (design section 10, 11)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.phrases import Phrases
from actions.sensitive import SENSITIVE
from actions.turn import Turn
from bot import policies
from bot.errors import NotVerified
from bot.models import Author, Channel, Message

UNWELCOMED = SENSITIVE | {"cancel", "deny", "goodbye", "start_over"}


async def back(turn: Turn) -> bool:
    """Welcome somebody who was away in the middle of a form, once; whether that was said. Nothing is named before they
    have shown again who they are (P1)."""
    if turn.loop is None or turn.requested is None or not turn.is_answer or turn.intent in UNWELCOMED:
        return False

    def look(session: Session) -> tuple[bool, bool, str]:
        known = turn.customer_if_known(session) is not None
        return away(session, turn), known, turn.conversation(session).locale

    try:
        was_away, is_known, locale = await turn.write(look)
    except NotVerified:
        return False
    if not was_away:
        return False
    if is_known and turn.loop != "verification_form":
        turn.say("utter_welcome_back", what=Phrases(locale).say(f"doing_{turn.loop}"))
    else:
        turn.say("utter_welcome_back_unknown")
    return True


def was_greeted(session: Session, turn: Turn) -> bool:
    """Whether this is the first message on a phone, which is greeted before anything answers it."""
    conversation = turn.conversation(session)
    if conversation.channel == Channel.WEB:
        return False
    theirs = (Message.conversation_id == conversation.id, Message.author == Author.CUSTOMER)
    return session.scalar(sa.select(sa.func.count()).where(*theirs)) == 1


def away(session: Session, turn: Turn) -> bool:
    """Whether the message before this one is longer ago than the policy says."""
    newest = session.scalars(
        sa.select(Message.created_at)
        .where(Message.conversation_id == turn.conversation_id, Message.author == Author.CUSTOMER)
        .order_by(Message.seq.desc())
        .limit(2)
    ).all()
    return len(newest) == 2 and newest[0] - newest[1] >= dt.timedelta(hours=policies.desk().return_hours)
