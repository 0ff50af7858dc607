"""Addresses of our e-mail: where an answer comes, where one that cannot be delivered comes back to, its id."""

from __future__ import annotations

import re
import uuid

from bot.channels.email import tokens
from bot.settings import settings

_BOUNCE = "b"
_ANSWER = "r"
# What one server hands to the next, without a name around it.
_PLAIN = re.compile(r"[^\s@<>,;:\"\\()\[\]\x00-\x20\x7f]{1,64}@[^\s@<>,;:\"\\()\[\]\x00-\x20\x7f]{1,190}")


def answer_to(conversation_id: uuid.UUID, address: str) -> str:
    """Where an answer from `address` leads to the conversation, and shows that our e-mail has arrived there."""
    return _with(_ANSWER, tokens.of(tokens.ANSWER, conversation_id, address))


def comes_back_to(delivery_id: uuid.UUID) -> str:
    """The sender that servers are told (RFC 5321): what they cannot deliver comes back there."""
    return _with(_BOUNCE, tokens.of(tokens.BOUNCE, delivery_id))


def answered(to: str, sender: str) -> uuid.UUID | None:
    """The conversation to whose e-mail `sender` answers by writing to `to`; None for every other address."""
    return tokens.read(tokens.ANSWER, _token(to, _ANSWER), sender)


def came_back(to: str) -> uuid.UUID | None:
    """The delivery that came back to `to`; None for every other address."""
    return tokens.read(tokens.BOUNCE, _token(to, _BOUNCE))


def message_id(delivery_id: str) -> str:
    """The Message-ID of a delivery: the same each time, so that one sent twice is one."""
    return f"<{delivery_id}@{_domain()}>"


def delivery_of(message_id: str) -> uuid.UUID | None:
    """The delivery that a Message-ID of ours names; None for another's."""
    name, _, domain = message_id.strip().strip("<>").partition("@")
    try:
        return uuid.UUID(name) if domain.lower() == _domain() else None
    except ValueError:
        return None


def thread_id(conversation_id: uuid.UUID) -> str:
    """What all e-mails of a conversation refer to, so that mailboxes show them together."""
    return f"<talk.{conversation_id}@{_domain()}>"


def normal(address: str) -> str | None:
    """An address as we keep it, in lower case; None for what is none, or longer than RFC 5321 lets it be."""
    plain = address.strip().lower()
    return plain if _PLAIN.fullmatch(plain) and len(plain) <= 254 else None


def _with(kind: str, token: str) -> str:
    name, _, domain = settings().smtp_reply_to.partition("@")
    return f"{name}+{kind}{token}@{domain}"


def _token(to: str, kind: str) -> str:
    name, _, domain = settings().smtp_reply_to.partition("@")
    local, _, there = to.strip().lower().rpartition("@")
    prefix = f"{name}+{kind}"
    return local[len(prefix) :] if there == domain and local.startswith(prefix) else ""


def _domain() -> str:
    return settings().smtp_from.partition("@")[2]
