"""What the pages of learning show: sentences with what is personal in them marked, and what was said around them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.auth import Seat
from bot.desk.learning import heard, personal, sensitive
from bot.desk.learning.heard import Heard
from bot.desk.learning.on_file import OnFile, of_conversations
from bot.desk.learning.personal import Piece
from bot.desk.learning.sentence import tidy
from bot.desk.sight import may_open
from bot.desk.thread.lines import agent_names
from bot.models import Author, Conversation, Message, Review, ReviewStatus

AROUND = 3
A_PAGE = 25
DECIDED_MOST = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence for one agent's eyes: who may not open the conversation sees of what is personal its kind alone."""

    pieces: list[Piece]
    left: str
    opens: bool


def shown(session: Session, seat: Seat, said: Sequence[tuple[uuid.UUID, str]]) -> list[Shown]:
    """The sentences (of a conversation, with a text), in their order."""
    ids = {conversation_id for conversation_id, _ in said}
    rows = {row.id: row for row in session.scalars(sa.select(Conversation).where(Conversation.id.in_(ids)))}
    files = of_conversations(session, ids)
    return [_shown(seat, rows[id], tidy(text), files[id]) for id, text in said]


def around(session: Session, seat: Seat, message: Message) -> list[Message]:
    """What was said just before and after, oldest first; nothing for who may not open the conversation."""
    conversation = session.get_one(Conversation, message.conversation_id)
    if not may_open(seat, conversation):
        return []
    near = Message.seq.between(message.seq - AROUND, message.seq + AROUND)
    query = sa.select(Message).where(Message.conversation_id == conversation.id, near, Message.hidden.is_(False))
    return list(session.scalars(query.order_by(Message.seq)))


def speaker(session: Session, message: Message) -> str:
    """Who said it, as the page names them."""
    if message.author == Author.AGENT and message.agent_id:
        return agent_names(session).get(message.agent_id, "A colleague")
    return {Author.CUSTOMER: "Customer", Author.BOT: "Assistant", Author.SYSTEM: "System"}.get(message.author, "Agent")


def beside(listed: Sequence[Heard], about: Heard) -> tuple[Heard | None, Heard | None]:
    """The sentence before and the one after in the list of those to review."""
    place = next((i for i, each in enumerate(listed) if each.key == about.key), None)
    if place is None:
        return None, listed[0] if listed else None
    return listed[place - 1] if place else None, listed[place + 1] if place + 1 < len(listed) else None


def proposals(session: Session, seat: Seat, *, waiting: bool) -> list[Review]:
    """Those that wait, oldest first; or those that were decided, newest first, a hundred at most. Without those that
    are not for this agent's eyes."""
    query = sa.select(Review)
    if waiting:
        query = query.where(Review.status == ReviewStatus.PROPOSED).order_by(Review.id)
    else:
        query = query.where(Review.status != ReviewStatus.PROPOSED).order_by(Review.decided_at.desc())
    return [each for each in session.scalars(query.limit(DECIDED_MOST)) if sensitive.sees_proposal(session, seat, each)]


def counts(session: Session, seat: Seat, sentences: Sequence[Heard]) -> dict[str, int]:
    """How many sentences to review, and how many proposals wait (as many as are listed)."""
    return {"review": len(heard.to_review(sentences)), "proposed": len(proposals(session, seat, waiting=True))}


def _shown(seat: Seat, conversation: Conversation, text: str, on_file: OnFile) -> Shown:
    opens = may_open(seat, conversation)
    pieces = personal.pieces(text, on_file)
    if not opens:
        # Of what is personal not a letter reaches the page.
        pieces = [piece if piece.kind is None else Piece("", piece.kind) for piece in pieces]
    return Shown(pieces, " ".join(personal.left(text, on_file).split()), opens)
