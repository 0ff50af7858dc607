"""Any order of days, payments, answers, refusals, holds, pauses, promises, plans and half sweeps: never two messages on
one day, never the same step twice, nothing past a cap, at night, under a hold or after a no (C1, C2, C4, C8, C9)."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections import Counter
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import settings as examples_of
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot import clock as bot_clock
from bot.billing import payments, plans
from bot.billing.invoices import standing
from bot.billing.promises import promise
from bot.conversations import consents, transcript
from bot.db import Database, lock
from bot.models import (
    Author,
    Channel,
    ConsentSource,
    Conversation,
    Customer,
    Delivery,
    Hold,
    HoldKind,
    HoldStatus,
    Message,
    OutreachPause,
    Purpose,
    Reminder,
    ReminderStatus,
)
from bot.money import Money
from bot.outreach import missed, promised, reminders
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock
from tests.database import PostgresTemplate, SqliteTemplate
from tests.outreach.reminded import SETTINGS, says_yes

ZONE = ZoneInfo("America/Chicago")
PHONE = "+13125550177"


class Died(Exception):
    """The worker is gone before it has committed."""


class Reminds(RuleBasedStateMachine):
    """One customer with invoices around today, who may be texted and written to on WhatsApp."""

    template: SqliteTemplate | PostgresTemplate

    def __init__(self) -> None:
        super().__init__()
        self.exits = ExitStack()
        self.clock = SetClock()
        bot_clock.use(self.clock.now)
        self.exits.callback(bot_clock.use, None)
        self.db = Database(self.exits.enter_context(self._fresh()))
        self.exits.callback(self.db.dispose)
        # When nothing may be begun: under a hold, after a no, while somebody has paused it.
        self.shut: list[str] = []
        self.begun_while_shut = 0
        with self.db.transaction() as session:
            customer = factories.customer(session, phone=PHONE, email=None)
            for late in (-6, 1, 20):
                factories.invoice(session, customer, "90.00", late=late)
            for channel in (Channel.SMS, Channel.WHATSAPP):
                says_yes(session, customer, channel)
        self.customer_id = customer.id

    def _fresh(self) -> Any:
        if isinstance(self.template, PostgresTemplate):
            return self.template.emptied()
        return self.template.fresh(Path(self.exits.enter_context(tempfile.TemporaryDirectory())))

    @rule(hours=st.sampled_from([1, 5, 13, 24, 24, 24, 72]))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(hours=hours)
        self.workers_sweep()

    @rule()
    def workers_sweep(self) -> None:
        before = len(self.begun())
        for sweep in (reminders.sweep, missed.sweep, promised.sweep):
            sweep(self.db)
        if self.shut:
            self.begun_while_shut += len(self.begun()) - before

    @rule()
    def a_worker_dies_before_its_end(self) -> None:
        with contextlib.suppress(Died), self.db.transaction() as session:
            reminders.remind(session, [self.customer_id])
            raise Died

    @rule(minor=st.sampled_from([500, 9_000, 30_000]))
    def they_pay(self, minor: int) -> None:
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.customer_id)
            owed = standing(session, customer).payable
            if owed.minor >= 500:
                paid = payments.open_link(session, customer, min(owed, Money(minor, "USD")), conversation_id=None)
                payments.settle(session, paid.id, factories.checkout(paid))

    @rule(channel=st.sampled_from([Channel.SMS, Channel.WHATSAPP]))
    def they_write(self, channel: Channel) -> None:
        with self.db.transaction() as session:
            known = sa.select(Conversation.id).where(Conversation.channel == channel)
            id_ = session.scalar(known) or factories.conversation(session, channel=channel, address=PHONE).id
            talk = lock(session, Conversation, id_)
            assert talk is not None
            transcript.append(session, talk, author=Author.CUSTOMER, text="ok")

    @rule(days=st.integers(1, 9))
    def they_promise(self, days: int) -> None:
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.customer_id)
            owed = standing(session, customer).payable
            if owed:
                promise(session, customer, owed, bot_clock.today(customer.time_zone) + dt.timedelta(days=days), None)

    @rule()
    def they_agree_a_plan(self) -> None:
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.customer_id)
            if standing(session, customer).payable_overdue.minor >= 9_000 and plans.current(session, customer) is None:
                offered = plans.quote(session, customer, conversation_id=None, months=[3])
                plans.agree(session, offered[0].id, customer)

    @rule(days=st.integers(-5, 8))
    def they_are_billed(self, days: int) -> None:
        with self.db.transaction() as session:
            factories.invoice(session, session.get_one(Customer, self.customer_id), "55.00", late=-days)

    @rule(kind=st.sampled_from([HoldKind.ATTORNEY, HoldKind.HARDSHIP, HoldKind.BREATHING_SPACE]))
    def a_hold_begins(self, kind: HoldKind) -> None:
        with self.db.transaction() as session:
            factories.hold_customer(session, session.get_one(Customer, self.customer_id), kind)
        self.shut.append("hold")

    @rule()
    def holds_end(self) -> None:
        with self.db.transaction() as session:
            for hold in session.scalars(sa.select(Hold)):
                hold.status, hold.lifted_at = HoldStatus.LIFTED, bot_clock.now()
        self.shut = [why for why in self.shut if why != "hold"]

    @rule()
    def somebody_pauses(self) -> None:
        with self.db.transaction() as session:
            session.add(OutreachPause(customer_id=self.customer_id, reason="asked for"))
        self.shut.append("pause")

    @rule()
    def pauses_end(self) -> None:
        with self.db.transaction() as session:
            for pause in session.scalars(sa.select(OutreachPause)):
                pause.ended_at = bot_clock.now()
        self.shut = [why for why in self.shut if why != "pause"]

    @rule(granted=st.booleans())
    def they_say_stop_or_start(self, granted: bool) -> None:
        with self.db.transaction() as session:
            for channel in (Channel.SMS, Channel.WHATSAPP):
                consents.record(
                    session, channel=channel, address=PHONE, granted=granted, source=ConsentSource.KEYWORD,
                    purpose=Purpose.EVERYTHING,
                )  # fmt: skip
        self.shut = [why for why in self.shut if why != "stop"] + ([] if granted else ["stop"])

    @invariant()
    def nothing_is_begun_under_a_hold_a_pause_or_a_no(self) -> None:
        assert self.begun_while_shut == 0

    @invariant()
    def two_are_a_day_apart_and_no_week_has_more_than_three(self) -> None:
        begun = self.begun()
        assert all(after - before >= dt.timedelta(days=1) for before, after in pairwise(begun))
        assert all(fourth - first >= dt.timedelta(days=7) for first, fourth in zip(begun, begun[3:], strict=False))

    @invariant()
    def all_within_the_hours(self) -> None:
        assert all(8 <= at.astimezone(ZONE).hour < 21 for at in self.begun())

    @invariant()
    def each_step_goes_once_and_each_message_is_of_one_step(self) -> None:
        with self.db.reading() as session:
            rows = session.scalars(sa.select(Reminder)).all()
            said = Counter(session.scalars(sa.select(Message.id).where(Message.author == Author.BOT)))
        sent = [row for row in rows if row.status == ReminderStatus.SENT]
        assert all(count == 1 for count in Counter((row.kind, row.subject_id, row.step) for row in rows).values())
        assert {row.message_id for row in sent} == set(said)
        assert all((row.settled_at is None) == (row.status == ReminderStatus.WAITING) for row in rows)

    def begun(self) -> list[dt.datetime]:
        with self.db.reading() as session:
            at = sa.select(Delivery.created_at).where(Delivery.unasked.is_(True)).order_by(Delivery.created_at)
            return list(session.scalars(at))

    def teardown(self) -> None:
        self.exits.close()


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 25), ("postgres", 4)])
def test_no_order_of_events_makes_one_message_too_many(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, kind: str, examples: int
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    template = request.getfixturevalue(f"{kind}_template")
    machine = type("Machine", (Reminds,), {"template": template})
    run_state_machine_as_test(
        machine, settings=examples_of(max_examples=examples, stateful_step_count=30, deadline=None)
    )
    settings.cache_clear()
