"""Providers within this process that behave as the sandbox's do: they take, refuse, fail, forget to answer, and report
late, twice and out of order. What they took is what people got."""

from __future__ import annotations

import datetime as dt
import threading
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.outreach_year.story import Arrival
from bot import clock
from bot.channels.base import Capabilities, FailureReason, Outgoing, Sender, SendFailed, Sent, of_whatsapp
from bot.channels.delivery_news import DeliveryNews
from bot.channels.email import writing
from bot.models import Channel, DeliveryStatus, Provider

SHOWN = {
    Channel.SMS: Capabilities(max_length=1600, gsm=True),
    Channel.WHATSAPP: of_whatsapp(1600),
    Channel.EMAIL: Capabilities(max_length=100_000),
}
BLOCKED = 21610


@dataclass(slots=True)
class Carriers:
    """All of them. `blocked` are addresses that told the provider to stop; of a hundred messages `faults` meet one."""

    seed: int
    outages: list[tuple[dt.datetime, dt.datetime]]
    faults: float = 4.0
    arrivals: list[Arrival] = field(default_factory=list)
    blocked: set[tuple[str, str]] = field(default_factory=set)
    met: Counter[str] = field(default_factory=Counter)
    reports: list[tuple[dt.datetime, DeliveryNews]] = field(default_factory=list)
    _tries: Counter[tuple[str, dt.date]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, channel: Channel, _provider: Provider) -> Sender:
        """The way out by `channel`, in the place of `bot.channels.senders.of`."""
        return _Way(self, channel)

    def luck(self, to: str) -> float:
        """From 0 to 100, the same for the same try in every run of a seed."""
        day = clock.now().date()
        self._tries[to, day] += 1
        return zlib.crc32(f"{self.seed}:{to}:{day}:{self._tries[to, day]}".encode()) % 10_000 / 100

    def take(self, channel: Channel, message: Outgoing) -> Sent:
        """Take `message`, or fail as providers do."""
        now = clock.now()
        with self._lock:
            luck = self.luck(message.to)
            if any(start <= now < end for start, end in self.outages):
                raise self._failed(FailureReason.UNAVAILABLE)
            if (channel, message.to) in self.blocked:
                raise self._failed(FailureReason.BLOCKED, BLOCKED)
            if luck < self.faults * 0.5:
                raise self._failed(FailureReason.UNAVAILABLE)
            if luck < self.faults * 0.6:
                raise self._failed(FailureReason.LIMITED)
            if luck < self.faults * 0.75:
                raise self._failed(FailureReason.UNKNOWN_OUTCOME)  # and it was not taken
            sent = self._taken(channel, message, now)
            if luck < self.faults:
                raise self._failed(FailureReason.UNKNOWN_OUTCOME)  # and it was
            self._reported(channel, message, sent, now, luck)
            return sent

    def find(self, message: Outgoing, since: dt.datetime) -> list[Sent]:
        """What was taken since then with these words for this address."""
        with self._lock:
            return [
                Sent(f"id-{index}")
                for index, one in enumerate(self.arrivals)
                if one.at >= since and one.to == message.to and message.body in one.text
            ]

    def _taken(self, channel: Channel, message: Outgoing, now: dt.datetime) -> Sent:
        text, subject = message.body, ""
        if message.mail is not None:
            written = writing.written(message, message.mail)
            plain = written.get_body(("plain",))
            subject, text = str(written["Subject"]), plain.get_content() if plain is not None else ""
            text += f"\nList-Unsubscribe: {written['List-Unsubscribe']}"
        self.arrivals.append(Arrival(now, channel, message.to, text, message.reference, subject))
        return Sent(f"id-{len(self.arrivals) - 1}")

    def _reported(self, channel: Channel, message: Outgoing, sent: Sent, now: dt.datetime, luck: float) -> None:
        """A third of all is reported on, late; some of it twice, some of it as never delivered."""
        if luck < 66 or channel == Channel.EMAIL:
            return
        status = DeliveryStatus.FAILED if luck > 98.5 else DeliveryStatus.DELIVERED
        news = DeliveryNews(
            Provider.TWILIO, sent.provider_id, message.reference, status, 30003 if luck > 98.5 else None
        )
        self.reports.append((now + dt.timedelta(hours=luck % 30), news))
        if luck > 95:
            self.reports.append((now + dt.timedelta(hours=luck % 7), news))

    def _failed(self, reason: FailureReason, code: int | None = None) -> SendFailed:
        self.met[reason] += 1
        return SendFailed("The provider did not take it.", service="twilio", reason=reason, provider_code=code)


class _Way:
    """One provider's way, as the outbox sees it."""

    def __init__(self, carriers: Carriers, channel: Channel) -> None:
        self._carriers, self._channel = carriers, channel
        self.name = str(channel)
        self.capabilities = SHOWN[channel]
        self.grace = dt.timedelta(minutes=2)

    def send(self, message: Outgoing) -> Sent:
        return self._carriers.take(self._channel, message)

    def find(self, message: Outgoing, since: dt.datetime) -> Sequence[Sent]:
        # A mail server cannot be asked.
        return [] if self._channel == Channel.EMAIL else self._carriers.find(message, since)

    def close(self) -> None:
        return
