"""Providers that fail, lose answers and report in disorder: nothing is lost, nothing sent twice, the order is kept."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress

import pytest

from bot.channels import delivery_news, outbox
from bot.channels.base import Sender, SendFailed
from bot.channels.delivery_news import DeliveryNews
from bot.channels.meta import MetaWhatsApp
from bot.channels.outbox import attempt, queue
from bot.channels.outbox.queue import Line
from bot.channels.stored_contents import StoredContents
from bot.channels.twilio import TwilioSms
from bot.channels.twilio_whatsapp import TwilioWhatsApp
from bot.db import Database
from bot.models import Channel, DeliveryStatus, Provider
from tests.channels.phones import Phone
from tests.channels.provider import ACCOUNT, META_TOKEN, PHONE_ID, TOKEN, Fate, provider
from tests.channels.provider import Provider as Stub
from tests.conftest import SetClock

S = DeliveryStatus
DOORS = (
    (Channel.SMS, Provider.TWILIO),
    (Channel.WHATSAPP, Provider.TWILIO),
    (Channel.WHATSAPP, Provider.META),
)
BUTTONS = [{"title": "My account", "payload": "/a"}, {"title": "Talk to a person", "payload": "/b"}]


class Run:
    """Conversations on every door, a provider that fails by chance, and reports that come as they like."""

    def __init__(self, db: Database, clock: SetClock, stub: Stub, seed: int, senders: dict[object, Sender]) -> None:
        self.db, self.clock, self.stub, self.chance = db, clock, stub, random.Random(seed)
        self.senders = senders
        self.phones = [
            Phone(db, channel=channel, provider=carrier, number=f"+1212555{place:02d}{number:02d}")
            for place, (channel, carrier) in enumerate(DOORS)
            for number in range(3)
        ]
        self.said: dict[str, list[str]] = {phone.number: [] for phone in self.phones}
        self.reported = 0
        self.news: list[DeliveryNews] = []
        for phone in self.phones:
            phone.says("hello")

    def fate(self) -> Fate:
        """10 % errors of each kind that takes nothing, 5 % of each that takes it and does not say so."""
        return self.chance.choices(list(Fate), weights=[70, 6, 3, 2, 2, 2])[0]

    def say(self, phone: Phone) -> None:
        """One more message of ours, some with buttons; now and then the same words again."""
        text = self.chance.choice(["Thank you.", f"Number {len(self.said[phone.number])} of many."])
        phone.hears(text, buttons=BUTTONS if self.chance.random() < 0.3 else None)
        self.said[phone.number].append(text)

    def send(self) -> None:
        """Everything that is due, line by line; now and then the process dies after the call."""
        for line in outbox.due(self.db):
            if self.chance.random() < 0.05:
                self.die_in(line)
            else:
                self.post(line)

    def post(self, line: Line) -> None:
        """As `outbox.post` does, with this run's senders."""
        while True:
            with self.db.transaction() as session:
                taken = queue.take_up(session, line, self.sender)
            if taken is None or (isinstance(taken, queue.Taken) and not attempt.run(self.db, taken)):
                return

    def die_in(self, line: Line) -> None:
        """Claimed, handed over perhaps, and nothing written down."""
        with self.db.transaction() as session:
            taken = queue.take_up(session, line, self.sender)
        if isinstance(taken, queue.Taken) and taken.since is None and self.chance.random() < 0.5:
            with suppress(SendFailed):
                taken.sender.send(taken.outgoing)

    def sender(self, channel: Channel, carrier: Provider) -> Sender:
        """The real one, at the provider's address."""
        return self.senders[channel, carrier]

    def report(self) -> None:
        """What the provider tells: each step of each message, shuffled, some of it twice."""
        for message in self.stub.messages[self.reported :]:
            carrier = Provider.META if message.id.startswith("wamid") else Provider.TWILIO
            steps = [S.SENT, S.DELIVERED, *([S.READ] if carrier == Provider.META else [])]
            told = [DeliveryNews(carrier, message.id, message.reference, status) for status in steps]
            self.news += told + [one for one in told if self.chance.random() < 0.2]
        self.reported = len(self.stub.messages)
        self.chance.shuffle(self.news)
        half = (len(self.news) + 1) // 2
        now, self.news = self.news[:half], self.news[half:]
        self.tell(now)

    def tell(self, news: list[DeliveryNews]) -> None:
        """Take these reports."""
        for one in news:
            with self.db.transaction() as session:
                delivery_news.take(session, one)

    def settle(self) -> None:
        """The provider is well again, and time passes until nothing waits."""
        self.stub.is_down, self.stub.fate = False, lambda: Fate.TAKEN
        for _ in range(300):
            self.clock.advance(seconds=10)
            self.send()
            self.report()
            states = {status for phone in self.phones for status in phone.statuses()}
            if not states & {S.QUEUED, S.UNCERTAIN} and not self.news:
                return
        raise AssertionError("something still waits")

    def check(self) -> None:
        """Each message once, in its order, and known to have arrived."""
        for phone in self.phones:
            arrived = [one.body for one in self.stub.messages if one.to.removeprefix("whatsapp:") == phone.number]
            assert [text.split("\n")[0] for text in arrived] == self.said[phone.number]
            furthest = S.READ if phone.conversation().provider == Provider.META else S.DELIVERED
            assert phone.statuses() == [furthest] * len(self.said[phone.number])
            ids = [row.provider_id for row in phone.deliveries()]
            assert len(set(ids)) == len(ids)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with provider() as found:
        yield found


@pytest.fixture
def senders(db: Database, stub: Stub) -> Iterator[dict[object, Sender]]:
    with ExitStack() as stack:
        contents = StoredContents(db)
        sms = stack.enter_context(closing(TwilioSms(ACCOUNT, TOKEN, "+15005550006", stub.url)))
        whatsapp = TwilioWhatsApp(ACCOUNT, TOKEN, "+15005550010", contents, stub.url, stub.url)
        meta = MetaWhatsApp(PHONE_ID, META_TOKEN, stub.url, "v23.0")
        for one in (whatsapp, meta):
            stack.callback(one.close)
        yield dict(zip(DOORS, (sms, whatsapp, meta), strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_errors_lost_answers_deaths_and_disorder_lose_nothing_and_send_nothing_twice(
    db: Database, clock: SetClock, stub: Stub, senders: dict[object, Sender], seed: int
) -> None:
    run = Run(db, clock, stub, seed, senders)
    stub.fate = run.fate
    for _ in range(25):
        for phone in run.chance.sample(run.phones, 3):
            run.say(phone)
        run.send()
        run.report()
        clock.advance(seconds=run.chance.choice([1, 5, 20]))
    run.settle()
    run.check()


def test_ten_minutes_without_any_provider(
    db: Database, clock: SetClock, stub: Stub, senders: dict[object, Sender]
) -> None:
    run = Run(db, clock, stub, 99, senders)
    for phone in run.phones:
        run.say(phone)
    run.send()
    stub.is_down = True
    for _ in range(60):
        run.say(run.chance.choice(run.phones))
        run.send()
        run.report()
        clock.advance(seconds=10)
    assert len(stub.messages) <= len(run.phones)
    run.settle()
    run.check()


def test_reports_that_come_before_our_own_answer_is_written_down(
    db: Database, clock: SetClock, stub: Stub, senders: dict[object, Sender]
) -> None:
    run = Run(db, clock, stub, 7, senders)
    for phone in run.phones:
        run.say(phone)
        (line,) = outbox.due(db)
        with db.transaction() as session:
            taken = queue.take_up(session, line, run.sender)
        assert isinstance(taken, queue.Taken)
        real = taken.sender.send

        def early(message: object, real: object = real) -> object:
            sent = real(message)  # type: ignore[operator]
            run.report()
            run.tell(run.news)
            run.news = []
            return sent

        taken.sender.send = early  # type: ignore[method-assign, assignment]
        assert attempt.run(db, taken)
        taken.sender.send = real  # type: ignore[method-assign]
    run.check()
