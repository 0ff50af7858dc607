"""What an agent proposes about a sentence, and what a supervisor decides. One proposal at a time; both are audited."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import clock
from bot.db import lock
from bot.desk import audit
from bot.desk.auth import Seat
from bot.desk.learning import heard, intents, personal, sensitive, sentence
from bot.desk.learning.heard import Heard
from bot.desk.learning.on_file import OnFile, of_conversations
from bot.desk.sight import may_open
from bot.desk.text import clean, reason
from bot.desk.thread.lines import agent_names
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import Agent, Conversation, Customer, Invoice, Message, Review, ReviewKind, ReviewStatus, Unfit


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agent writes: of `intent`, `answer` and `unfit` the one that `kind` names, with the sentence to keep."""

    kind: ReviewKind
    text: str = ""
    intent: str | None = None
    answer: str = ""
    unfit: Unfit | None = None


def sentence_of(session: Session, seat: Seat, message_id: uuid.UUID) -> Heard:
    """The sentence that a message in question said, or that an agent points at in a conversation that is theirs to
    open. Raises `NotFound` for any other message, `NotAllowed` for one that is not for this agent's eyes."""
    found = next((each for each in heard.heard(session) if message_id in each.messages), None)
    if found is None:
        found = heard.pointed_at(session, message_id)
        if found is None or not may_open(seat, session.get_one(Conversation, found.conversation_id)):
            raise NotFound("That message is not up for review (any more).", about=message_id)
    if not sensitive.for_eyes(session, seat, [found]):
        raise NotAllowed("A specialist looks at this sentence: it tells of hard times.", about=message_id)
    return found


def propose(session: Session, seat: Seat, message_id: uuid.UUID, wish: Wish) -> Review:
    """Write it down for a supervisor. Raises `InvalidInput` for what may not be kept, `NotFound`, and `Conflict` for
    all but the first who propose something about a sentence."""
    about = sentence_of(session, seat, message_id)
    if about.review is not None:
        raise _taken(session, about.review)
    on_file = of_conversations(session, [about.conversation_id])[about.conversation_id]
    made = Review(
        key=about.key,
        message_id=about.message_id,
        heard_as=about.intent,
        proposed_by=seat.agent.id,
        **_kept(session, wish, on_file),
    )
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError as error:  # a colleague at the same moment
        raise Conflict(
            "A colleague has just proposed something for this sentence. Thank you; take the next."
        ) from error
    audit.record(session, seat.agent, "learning.proposed", _subject(made), kind=made.kind, intent=made.intent)
    return made


def accept(session: Session, seat: Seat, review_id: uuid.UUID) -> Review:
    """It is learned from now on. Raises `NotFound`, `Conflict` when it has been decided, `NotAllowed` for whoever
    proposed it, `InvalidInput` when what is on file by now says that the sentence is personal."""
    review = _waiting(session, review_id)
    if not seat.supervises or review.proposed_by == seat.agent.id:
        raise NotAllowed("A supervisor who did not propose it decides.", about=review_id)
    if review.kind != ReviewKind.UNFIT:
        _require_learnable(session, review)
    return _decided(session, seat, review, ReviewStatus.ACCEPTED)


def decline(session: Session, seat: Seat, review_id: uuid.UUID, note: str = "") -> Review:
    """The sentence is up for review again. Who proposed it takes it back; a supervisor declines it, with a word why.

    Raises `NotFound`, `Conflict`, `NotAllowed`.
    """
    review = _waiting(session, review_id)
    own = review.proposed_by == seat.agent.id
    if not own and not seat.supervises:
        raise NotAllowed("A supervisor decides, or whoever proposed it takes it back.", about=review_id)
    review.note = sentence.tidy(reason(note))[:300] or None
    return _decided(session, seat, review, ReviewStatus.WITHDRAWN if own else ReviewStatus.DECLINED)


def _kept(session: Session, wish: Wish, on_file: OnFile) -> dict[str, str | None]:
    """The columns of a proposal."""
    if wish.kind is ReviewKind.UNFIT:
        if wish.unfit is None:
            raise InvalidInput("Choose why nothing should be learned from it.")
        return {"kind": wish.kind, "unfit": wish.unfit}
    intent = intents.require(wish.intent) if wish.kind is ReviewKind.INTENT else None
    text = sentence.tidy(clean(wish.text))
    sentence.require_plain(text, intent)
    _require_nobody(session, text, on_file)
    if wish.kind is ReviewKind.INTENT:
        return {"kind": wish.kind, "text": text, "intent": intent}
    answer = sentence.tidy(clean(wish.answer))
    if not answer:
        raise InvalidInput("Write the answer that would have been better.")
    if len(answer) > sentence.ANSWER_LONGEST:
        raise InvalidInput(f"Keep the answer under {sentence.ANSWER_LONGEST:,} characters.")
    _require_nobody(session, answer, on_file, what="answer")
    return {"kind": wish.kind, "text": text, "answer": answer}


def _require_nobody(session: Session, text: str, on_file: OnFile, what: str = "sentence") -> None:
    personal.require_none(text, on_file, what=what)
    keys = personal.candidates(text)
    of_others = sa.select(sa.literal(1)).where(
        sa.or_(
            sa.exists().where(Customer.account_key.in_(keys)),
            sa.exists().where(sa.func.upper(Invoice.number).in_(text.upper().split())),
        )
    )
    if session.scalar(of_others):
        raise InvalidInput(f"The {what} still holds an account or invoice number. Say it without.")


def _require_learnable(session: Session, review: Review) -> None:
    said = session.get(Message, review.message_id) if review.message_id else None
    on_file = of_conversations(session, [said.conversation_id])[said.conversation_id] if said else OnFile()
    _require_nobody(session, review.text or "", on_file)
    _require_nobody(session, review.answer or "", on_file, what="answer")


def _waiting(session: Session, review_id: uuid.UUID) -> Review:
    review = lock(session, Review, review_id)
    if review is None:
        raise NotFound("There is no such proposal.", about=review_id)
    if review.status != ReviewStatus.PROPOSED:
        who = agent_names(session).get(review.decided_by, "A colleague") if review.decided_by else "A colleague"
        raise Conflict(f"{who} was quicker: this has been {review.status}.", about=review_id)
    return review


def _decided(session: Session, seat: Seat, review: Review, status: ReviewStatus) -> Review:
    review.status, review.decided_by, review.decided_at = status, seat.agent.id, clock.now()
    audit.record(session, seat.agent, f"learning.{status}", _subject(review), kind=review.kind, intent=review.intent)
    return review


def _taken(session: Session, review: Review) -> Conflict:
    proposer = session.get(Agent, review.proposed_by)
    who = proposer.name if proposer else "A colleague"
    return Conflict(f"{who} has already proposed something for this sentence. Thank you; take the next.", about=review)


def _subject(review: Review) -> str:
    return f"review:{review.id}"
