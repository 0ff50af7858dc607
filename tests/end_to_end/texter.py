"""A scripted customer on a phone: writes by SMS or WhatsApp, and hears what stands in the thread and went out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Author, Conversation, Delivery, DeliveryStatus, Message
from tests.end_to_end import customer
from tests.end_to_end.patience import until
from tests.end_to_end.phone import Phone
from tests.end_to_end.running import Running

Reading = Callable[[], AbstractContextManager[Session]]


class Texter:
    """One number on one medium; `heard` is everything that was said, in order, as `ScriptedCustomer.heard`."""

    def __init__(self, product: Running, reading: Reading, number: str, channel: str) -> None:
        self.product = product
        self.phone = Phone(product, number, channel)
        self.outside = httpx.Client(timeout=60, trust_env=False)
        self.heard: list[dict[str, Any]] = []
        self._reading, self._seq = reading, 0

    @property
    def conversation_id(self) -> str:
        """The thread, which is there once something was written."""
        with self._reading() as session:
            return str(session.scalars(self._here()).one())

    def close(self) -> None:
        """Put the phone down."""
        self.phone.close()
        self.outside.close()

    def say(self, text: str, *, answered: bool = True) -> list[dict[str, Any]]:
        """Write, and wait for what is answered and has gone out."""
        self.phone.send(text=text)

        def answer() -> list[dict[str, Any]] | None:
            come = self._news()
            mine = [place for place, one in enumerate(come) if one["author"] == Author.CUSTOMER]
            if not mine or come[mine[-1]]["pending"] or self._is_moving():
                return None
            said = come[mine[-1] + 1 :]
            return come if said or not answered else None

        return self._heard(until(answer, lambda: f"no answer to {text!r}: {self._news()}"))

    def choose(self, payload: str) -> list[dict[str, Any]]:
        """Type the title of what was offered."""
        for message in reversed(self.heard):
            for button in message["buttons"] or []:
                if button["payload"] == payload:
                    return self.say(button["title"])
        raise AssertionError(f"{payload} was not offered")

    def await_text(self, parts: list[str]) -> list[dict[str, Any]]:
        """Wait for messages that nobody asked for until these parts were all in them; gives these messages."""

        def told() -> list[dict[str, Any]] | None:
            come = self._news()
            return come if all(part.lower() in customer.texts(come).lower() for part in parts) else None

        return self._heard(until(told, lambda: f"nothing with {parts}, only {self._news()}"))

    def pay(self, url: str, how: str = "complete") -> None:
        """Open our pay page, go on to Stripe's, and finish there."""
        customer.pay(self.outside, self.product, url, how)

    def _heard(self, come: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.heard += come
        self._seq = max([self._seq, *(message["seq"] for message in come)])
        return [message for message in come if message["author"] != Author.CUSTOMER]

    def _news(self) -> list[dict[str, Any]]:
        with self._reading() as session:
            rows = session.scalars(
                sa.select(Message)
                .where(Message.conversation_id.in_(self._here()), Message.seq > self._seq, Message.hidden.is_(False))
                .order_by(Message.seq)
            )
            names = ("seq", "author", "text", "buttons", "card", "pending")
            return [{name: getattr(row, name) for name in names} for row in rows]

    def _is_moving(self) -> bool:
        moving = (DeliveryStatus.QUEUED, DeliveryStatus.UNCERTAIN)
        with self._reading() as session:
            return session.scalar(sa.select(Delivery.id).where(Delivery.status.in_(moving)).limit(1)) is not None

    def _here(self) -> sa.Select[tuple[uuid.UUID]]:
        return sa.select(Conversation.id).where(
            Conversation.address == self.phone.number, Conversation.channel == self.phone.channel
        )
