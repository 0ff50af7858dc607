"""A conversation on a phone, and its deliveries, for tests of what goes out."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.conversations import transcript
from bot.db import Database, lock, new_id
from bot.models import Author, Channel, Conversation, Delivery, DeliveryStatus, Message, Provider

NUMBER = "+12105550101"


class Phone:
    """One conversation with `number`."""

    def __init__(
        self,
        db: Database,
        *,
        channel: Channel = Channel.SMS,
        provider: Provider = Provider.TWILIO,
        number: str = NUMBER,
        **given: Any,
    ) -> None:
        self.db = db
        self.number = number
        with db.transaction() as session:
            made = Conversation(channel=channel, address=number, provider=provider, **given)
            session.add(made)
            session.flush()
            self.id = made.id

    def hears(self, text: str, *, author: Author = Author.BOT, **given: Any) -> Message:
        """Something of ours is written down for it."""
        return self._append(author, text, **given)

    def says(self, text: str) -> Message:
        """The customer writes."""
        return self._append(Author.CUSTOMER, text)

    def _append(self, author: Author, text: str, **given: Any) -> Message:
        with self.db.transaction() as session:
            conversation = lock(session, Conversation, self.id)
            assert conversation is not None
            return transcript.append(session, conversation, author=author, text=text, **given)

    def conversation(self) -> Conversation:
        """As it stands."""
        with self.db.reading() as session:
            return session.get_one(Conversation, self.id)

    def deliveries(self) -> list[Delivery]:
        """Everything that went or goes to it, in its order."""
        with self.db.reading() as session:
            query = sa.select(Delivery).where(Delivery.conversation_id == self.id)
            return list(session.scalars(query.order_by(Delivery.seq, Delivery.part)))

    def statuses(self) -> list[DeliveryStatus]:
        """How far each got."""
        return [DeliveryStatus(one.status) for one in self.deliveries()]

    def notes(self) -> list[str]:
        """What only agents see."""
        with self.db.reading() as session:
            query = sa.select(Message.text).where(Message.conversation_id == self.id, Message.hidden.is_(True))
            return list(session.scalars(query.order_by(Message.seq)))


def code(db: Database, body: str = "Your code is 123456.", **given: Any) -> Delivery:
    """A one-time code on its way."""
    values: dict[str, Any] = {"channel": Channel.SMS, "address": NUMBER, "body": body, "secret": True}
    with db.transaction() as session:
        made = Delivery(id=new_id(), **(values | given))
        session.add(made)
        return made


def reread(db: Database, delivery: Delivery) -> Delivery:
    """As it stands."""
    with db.reading() as session:
        return session.get_one(Delivery, delivery.id)
