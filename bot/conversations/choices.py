"""What a customer may choose, and which choice a number, a title or a tap means (T4, T5, design section 7).

Where a channel cannot show buttons, they are numbered lines. The numbers run on over everything that was said since the
customer last wrote, so that each stands for one choice; they follow from the transcript alone, and are not stored.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import choice_words
from bot.conversations.router import BACK_TO_ASSISTANT
from bot.models import Author, Conversation, Holder, Message

NEWEST = 30  # messages that a choice may be found in, as in `transcript.offers`

# "1: not good": a title that brings its own number.
_OWN_NUMBER = re.compile(r"\s*(\d{1,2})\s*(?::|$)")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a customer reads, and what the dialogue is told when they choose it."""

    title: str
    payload: str


def offered(message: Message) -> list[Choice]:
    """The choices of `message` in their order: its buttons, then the options of its card that are not also buttons."""
    options = (message.card or {}).get("options")
    found: dict[str, Choice] = {}
    for item in [*(message.buttons or []), *(options if isinstance(options, list) else [])]:
        if not isinstance(item, dict):
            continue
        title, payload = str(item.get("title") or "").strip(), item.get("payload")
        if title and payload:
            found.setdefault(str(payload), Choice(title, str(payload)))
    return list(found.values())


def numbered(choices: Sequence[Choice], first_number: int) -> dict[int, Choice]:
    """The choices by their numbers from `first_number` on, or by their own where each title brings one."""
    own = own_numbers(choices)
    return dict(zip(own, choices, strict=True)) if own else dict(enumerate(choices, start=first_number))


def own_numbers(choices: Sequence[Choice]) -> list[int]:
    """The numbers with which the titles begin ("1: not good"), where all of them do, each with another; else none."""
    found = [int(match[1]) for choice in choices if (match := _OWN_NUMBER.match(choice.title))]
    return found if len(found) == len(choices) == len(set(found)) else []


def choice_id(message: Message, index: int) -> str:
    """The id under which a provider shows the choice at `index` of `offered(message)`, and tells us that it was taken.
    At most 40 characters."""
    return f"{message.id}:{index}"


def by_id(session: Session, conversation: Conversation, choice_id: str) -> str | None:
    """The payload of the choice that `choice_id` names, if a message of this conversation offered it.

    Whether it may still be taken is the router's to say.
    """
    name, _, index = choice_id.rpartition(":")
    try:
        message_id = uuid.UUID(name)
    except ValueError:
        return None
    message = session.get(Message, message_id)
    if message is None or message.conversation_id != conversation.id or not _is_ours(message):
        return None
    choices = offered(message)
    known = index.isascii() and index.isdigit() and len(index) <= 2 and int(index) < len(choices)
    return choices[int(index)].payload if known else None


def first_number(session: Session, message: Message) -> int:
    """The number of the first choice of `message` where choices are numbered lines. Those before it since the customer
    last wrote count on."""
    return _next(_offers(session, message.conversation_id, before=message.seq))


def chosen(session: Session, conversation: Conversation, text: str) -> str | None:
    """The payload of the open choice that `text` means as a whole: by its number or its title; None if it means none.

    Open is what was offered since the customer last wrote; of two with the same number or title, the newer one. In the
    queue the way back to the assistant stays open, since it is not offered each time; with a person nothing is, who may
    have asked "how many?". A number beyond the choices is not one: it may be an amount, a day or a code.
    """
    if conversation.holder == Holder.AGENT:
        return None
    numbers: dict[int, Choice] = {}
    for message, first in _open(session, conversation):
        numbers |= numbered(offered(message), first)
    number = choice_words.number(text, conversation.locale)
    if number is not None:
        return numbers[number].payload if number in numbers else None
    said = choice_words.whole(text, conversation.locale)
    for place, choice in reversed(numbers.items()):
        title = choice_words.plain(choice.title)
        if title and said & {title, f"{place} {title}"}:
            return choice.payload
    is_open = conversation.holder == Holder.QUEUE and any(one.payload == BACK_TO_ASSISTANT for one in numbers.values())
    return BACK_TO_ASSISTANT if is_open and choice_words.means_back(text, conversation.locale) else None


def goes_back(session: Session, conversation: Conversation, text: str) -> bool:
    """Whether `text` asks for the assistant again while the way back is open: by its words, never by a number, which
    on the website no choice has."""
    is_number = choice_words.number(text, conversation.locale) is not None
    is_waiting = conversation.holder == Holder.QUEUE
    return is_waiting and not is_number and chosen(session, conversation, text) == BACK_TO_ASSISTANT


def _open(session: Session, conversation: Conversation) -> list[tuple[Message, int]]:
    """The messages whose choices are open, oldest first, each with its first number."""
    found = _with_numbers(_offers(session, conversation.id))
    if conversation.holder != Holder.QUEUE or any(_leads_back(message) for message, _ in found):
        return found
    stays = next((message for message in _newest(session, conversation.id) if _leads_back(message)), None)
    return [(stays, first_number(session, stays)), *found] if stays else found


def _with_numbers(messages: Sequence[Message]) -> list[tuple[Message, int]]:
    return [(message, _next(messages[:place])) for place, message in enumerate(messages)]


def _next(messages: Sequence[Message]) -> int:
    """The number after those of `messages`."""
    number = 1
    for message in messages:
        number = max([number, *(taken + 1 for taken in numbered(offered(message), number))])
    return number


def _offers(session: Session, conversation_id: uuid.UUID, before: int | None = None) -> list[Message]:
    """What offers choices since the customer last wrote, oldest first; `before` is a message's number to look from."""
    of_this = [Message.conversation_id == conversation_id, Message.hidden.is_(False)]
    if before is not None:
        of_this.append(Message.seq < before)
    last = sa.select(sa.func.max(Message.seq)).where(*of_this, Message.author == Author.CUSTOMER).scalar_subquery()
    query = sa.select(Message).where(*of_this, Message.seq > sa.func.coalesce(last, 0), _HAS_CHOICES)
    return [message for message in session.scalars(query.order_by(Message.seq)) if offered(message)]


def _newest(session: Session, conversation_id: uuid.UUID) -> Sequence[Message]:
    query = sa.select(Message).where(Message.conversation_id == conversation_id, Message.hidden.is_(False))
    query = query.where(Message.author != Author.CUSTOMER, _HAS_CHOICES)
    return session.scalars(query.order_by(Message.seq.desc()).limit(NEWEST)).all()


_HAS_CHOICES = sa.or_(Message.buttons.is_not(None), Message.card.is_not(None))


def _leads_back(message: Message) -> bool:
    return any(choice.payload == BACK_TO_ASSISTANT for choice in offered(message))


def _is_ours(message: Message) -> bool:
    return message.author != Author.CUSTOMER and not message.hidden
