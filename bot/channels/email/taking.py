"""Taking in one e-mail that a mail server hands over: written down once, then acted on like a phone's message."""

from __future__ import annotations

from enum import StrEnum

import structlog
from prometheus_client import Counter

from bot.channels import phone_events
from bot.channels.email import incoming
from bot.channels.email.incoming import What
from bot.db import Database
from bot.errors import InvalidInput

LARGEST = 25_000_000  # bytes

TAKEN = Counter("goodterms_mail_taken", "E-mails that came, by what became of them", ["outcome"])
log = structlog.get_logger()


class Outcome(StrEnum):
    """What became of it. `dropped`: a machine's, which is not answered; `known`: it came before."""

    TAKEN = "taken"
    KNOWN = "known"
    DROPPED = "dropped"


def take(db: Database, raw: bytes, to: str | None = None) -> Outcome:
    """Take in the e-mail `raw` (RFC 5322), which came to the address `to`, if the server says so.

    Once this returns it is kept, whatever happens next; what a crash leaves half-done the worker finishes. Raises
    `InvalidInput` for one that is too large, or is none.
    """
    if len(raw) > LARGEST:
        raise InvalidInput("This e-mail is larger than we take.")
    if not raw.strip():
        raise InvalidInput("There was no e-mail to read.")
    event = incoming.event_of(_told(raw, to))
    if event.kind == What.MACHINE:
        TAKEN.labels(Outcome.DROPPED).inc()
        return Outcome.DROPPED
    with db.transaction() as session:
        is_new = phone_events.take_in(session, [event]) > 0
    outcome = Outcome.TAKEN if is_new else Outcome.KNOWN
    TAKEN.labels(outcome).inc()
    if event.object_id is not None:
        phone_events.carry_all(db, event.object_id)
    return outcome


def _told(raw: bytes, to: str | None) -> bytes:
    """The address to which it came, above the headers, as some servers write it themselves."""
    if not to:
        return raw
    if any(letter in to for letter in "\r\n\x00") or not to.isascii():
        raise InvalidInput("The address to which it came is none.")
    return f"{incoming.TOLD_TO}: {to}\r\n".encode() + _without_mbox_line(raw)


def _without_mbox_line(raw: bytes) -> bytes:
    """A line that some servers put before the headers is none of them."""
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw
