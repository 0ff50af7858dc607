"""What providers told us of a customer, as it came, is emptied when they are forgotten (P5); that it came is kept, so
that a repeat stays one. Looked through a batch at a time: there is far more of it than of anything else."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.rights.theirs import mailboxes, reached, theirs
from bot.db import Database
from bot.models import ExternalEvent, Payment, Source

BATCH = 500
_ESCAPED = re.compile(r"\\(?:u[0-9a-fA-F]{4}|[nrtbf])")


@dataclass(frozen=True, slots=True)
class Marks:
    """By what they are told: their payments at Stripe, their numbers and their e-mail addresses. A name is none: others
    bear it, too."""

    customer_id: uuid.UUID
    digits: tuple[str, ...]
    emails: tuple[str, ...]

    @property
    def numbers(self) -> list[str]:
        """The numbers in E.164."""
        return [f"+{each}" for each in self.digits]

    def of_payments(self) -> sa.ColumnElement[bool]:
        """Events about payments towards their account."""
        mine = Payment.customer_id == self.customer_id
        return sa.or_(
            *(
                ExternalEvent.object_id.in_(sa.select(column).where(mine, column.is_not(None)))
                for column in (Payment.checkout_session_id, Payment.payment_intent_id)
            )
        )

    def needles(self) -> set[bytes]:
        """How a number or the address may stand in a body, plain or in a form."""
        emails = {form for email in self.emails for form in (email, email.lower())}
        return {form.encode() for each in (*self.digits, *emails) for form in (each, each.replace("@", "%40"))}

    def stand_in(self, body: bytes) -> bool:
        """Whether a number or the address stands in `body` as a whole, not within a longer one."""
        raw = body.decode(errors="replace")
        texts = (_ESCAPED.sub(" ", raw), unquote_plus(raw))
        whole = [rf"(?<!\d){each}(?!\d)" for each in self.digits]
        whole += [rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)" for email in self.emails]
        found = re.compile("|".join(whole), re.IGNORECASE)
        return bool(whole) and any(found.search(text) for text in texts)


def forget(db: Database, customer_id: uuid.UUID) -> None:
    """Empty every processed event about them. May be done again; they have to be known still."""
    with db.reading() as session:
        of = theirs(session, customer_id)
        digits = sorted(number.lstrip("+") for number in reached(session, of))
        marks = Marks(customer_id, tuple(digits), tuple(sorted(mailboxes(session, of))))
    last: uuid.UUID | None = None
    while True:
        with db.reading() as session:
            last, found = _look(session, marks, last)
        if found:
            with db.transaction() as session:
                _empty(session, marks, found)
        if last is None:
            return


def _look(session: Session, marks: Marks, after: uuid.UUID | None) -> tuple[uuid.UUID | None, list[uuid.UUID]]:
    """The last event of the next batch, None at the end; and which of the batch are about them."""
    find = sa.func.instr if session.get_bind().dialect.name == "sqlite" else _position
    by_id = sa.or_(marks.of_payments(), ExternalEvent.object_id.in_([*marks.numbers, *marks.emails]))
    by_body = sa.or_(sa.false(), *(find(ExternalEvent.body, needle) > 0 for needle in sorted(marks.needles())))
    batch = sa.select(ExternalEvent.id, by_id, by_body).where(ExternalEvent.processed_at.is_not(None))
    if after is not None:
        batch = batch.where(ExternalEvent.id > after)
    rows = session.execute(batch.order_by(ExternalEvent.id).limit(BATCH)).all()
    maybe = [id_ for id_, is_theirs, is_near in rows if is_near and not is_theirs]
    bodies = session.execute(sa.select(ExternalEvent.id, ExternalEvent.body).where(ExternalEvent.id.in_(maybe)))
    found = [id_ for id_, is_theirs, _ in rows if is_theirs]
    found += [id_ for id_, body in bodies if marks.stand_in(body)]
    return (rows[-1][0] if len(rows) == BATCH else None), found


def _empty(session: Session, marks: Marks, ids: list[uuid.UUID]) -> None:
    carriers = (Source.TWILIO, Source.META, Source.SMTP)
    own = ExternalEvent.object_id.in_([*marks.numbers, *marks.emails])
    subject = sa.case((sa.and_(ExternalEvent.source.in_(carriers), own), None), else_=ExternalEvent.object_id)
    session.execute(
        sa.update(ExternalEvent)
        .where(ExternalEvent.id.in_(ids))
        .values(body=b"", object_id=subject)
        .execution_options(synchronize_session=False)
    )


def _position(body: Any, needle: bytes) -> sa.ColumnElement[int]:
    return sa.func.position(sa.literal(needle, sa.LargeBinary).op("IN")(body))
