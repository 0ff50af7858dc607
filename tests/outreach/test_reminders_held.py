"""What holds a reminder back: each rule is the reminder's own, and what can wait waits (C1, C2, C8, C9, C14)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from bot.billing import payments, plans
from bot.billing.promises import promise
from bot.channels.outbox import outcomes
from bot.db import Database
from bot.models import (
    Channel,
    Customer,
    Delivery,
    DeliveryStatus,
    HoldKind,
    OutreachPause,
    PaymentStatus,
    ReminderStatus,
)
from bot.money import Money
from bot.outreach import reminders
from tests import factories
from tests.conftest import SetClock
from tests.outreach.reminded import (
    days,
    decided,
    due,
    pay,
    reminded,
    rows,
    says_yes,
    texts,
    with_mail,
)

TODAY = dt.date(2026, 3, 2)
DAY = dt.timedelta(days=1)
SENT, WAITING, SKIPPED = ReminderStatus.SENT, ReminderStatus.WAITING, ReminderStatus.SKIPPED


def test_c2_two_accounts_at_one_number_are_one_person_to_the_caps(on: Database, clock: SetClock) -> None:
    for _ in range(2):
        due(on, 3, phone="+13125550500")
    assert len(reminders.sweep(on)) == 1
    assert reminders.sweep(on) == []
    assert sorted((row.status, row.rule) for row in rows(on)) == [(SENT, "may_go"), (WAITING, "live")]
    assert rows(on, WAITING)[0].again_at == clock.now() + DAY
    clock.advance(days=1)
    assert len(reminders.sweep(on)) == 1
    assert len(texts(on)) == 2


def test_a_payment_on_its_way_is_waited_for_however_long_it_takes(on: Database, clock: SetClock) -> None:
    maya = due(on, 0)
    with on.transaction() as session:
        paid = payments.open_link(
            session, session.get_one(Customer, maya.id), Money(10000, "USD"), conversation_id=None
        )
        paid.status = PaymentStatus.PROCESSING
    days(on, clock, 20)
    assert rows(on, SENT) == []
    assert {row.rule for row in rows(on, SKIPPED)} == {"paid"}


def test_c1_before_the_hours_it_waits_and_goes_when_they_begin(on: Database, clock: SetClock) -> None:
    clock.set(dt.datetime(2026, 3, 2, 14, 5, tzinfo=dt.UTC))  # 08:05 in Chicago, 06:05 in Los Angeles
    due(on, 3, phone="+14155550133")
    reminders.sweep(on)
    (row,) = rows(on)
    assert (row.status, row.rule) == (WAITING, "hours")
    assert row.again_at == dt.datetime(2026, 3, 2, 16, 0, tzinfo=dt.UTC)
    assert decided(on) == [("whatsapp", "no_opt_in"), ("sms", "hours")]
    clock.advance(minutes=30)
    reminders.sweep(on)
    assert len(decided(on)) == 2, "the same rule is not kept again"
    clock.set(row.again_at)
    reminders.sweep(on)
    assert [row.status for row in rows(on)] == [SENT]
    assert decided(on)[-1] == ("sms", "may_go")


def test_c14_without_a_yes_the_step_is_skipped_with_its_rule(on: Database, clock: SetClock) -> None:
    with on.transaction() as session:
        factories.invoice(session, factories.customer(session), late=3)
    reminders.sweep(on)
    assert [(row.status, row.rule) for row in rows(on)] == [(SKIPPED, "no_opt_in")]
    assert texts(on) == []


def test_c8_under_a_hold_nothing_goes(on: Database, clock: SetClock) -> None:
    maya = due(on, 3)
    with on.transaction() as session:
        factories.hold_customer(session, maya, HoldKind.ATTORNEY)
    reminders.sweep(on)
    assert [(row.status, row.rule) for row in rows(on)] == [(SKIPPED, "held")]


def test_c9_what_is_disputed_is_left_out_and_the_rest_goes_on(on: Database, clock: SetClock) -> None:
    with on.transaction() as session:
        maya = reminded(session)
        factories.invoice(session, maya, late=3, disputed=True)
        factories.invoice(session, maya, "70.00", late=7)
    reminders.sweep(on)
    assert {(row.step, row.status, row.rule) for row in rows(on)} == {(3, SKIPPED, "disputed"), (7, SENT, "may_go")}


def test_what_is_paid_is_no_reason(on: Database, clock: SetClock) -> None:
    maya = due(on, 3)
    with on.transaction() as session:
        pay(session, maya, 10000)
    clock.advance(days=3)
    reminders.sweep(on)
    assert rows(on) == []


def test_who_did_not_ask_for_a_note_hears_nothing_before_a_promises_day(
    on: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_mail(monkeypatch)  # where the law asks for no yes
    with on.transaction() as session:
        maya = factories.customer(session, phone="+13125550777")
        factories.invoice(session, maya, late=3)
        promise(session, maya, Money(5000, "USD"), TODAY + DAY, None)
    reminders.sweep(on)
    assert {(row.kind, row.rule) for row in rows(on, SKIPPED)} >= {("promise", "no_opt_in")}
    assert texts(on) == []


def test_instalments_are_reminded_of_and_invoices_in_the_plan_are_not(on: Database, clock: SetClock) -> None:
    maya = due(on, 1)
    with on.transaction() as session:
        plans.agree(session, plans.quote(session, maya, conversation_id=None, months=[3])[0].id, maya)
    days(on, clock, 9)
    assert [(row.kind, row.step) for row in rows(on, SENT)] == [
        ("instalment", -3),
        ("instalment", -1),
        ("instalment", 0),
    ]
    assert {row.rule for row in rows(on, SKIPPED)} == {"in_plan"}


def test_what_a_person_paused_waits_and_an_end_lets_it_go(on: Database, clock: SetClock) -> None:
    maya = due(on, 3)
    with on.transaction() as session:
        session.add(OutreachPause(customer_id=maya.id, reason="She is in hospital", until=clock.now() + DAY))
    reminders.sweep(on)
    assert [(row.status, row.rule) for row in rows(on)] == [(WAITING, "paused")]
    clock.advance(days=1)
    reminders.sweep(on)
    assert [row.status for row in rows(on)] == [SENT]


def test_what_has_not_gone_out_by_the_end_of_the_hours_does_not_go_at_night(on: Database, clock: SetClock) -> None:
    due(on, 3)
    reminders.sweep(on)
    with on.reading() as session:
        delivery = session.scalars(sa.select(Delivery)).one()
    assert delivery.expires_at == dt.datetime(2026, 3, 3, 3, 0, tzinfo=dt.UTC)


def test_what_no_provider_took_that_day_waits_again_and_what_was_taken_does_not(on: Database, clock: SetClock) -> None:
    due(on, 3)
    reminders.sweep(on)
    clock.advance(hours=14)
    with on.transaction() as session:
        delivery = session.scalars(sa.select(Delivery)).one()
        delivery.status, delivery.error = DeliveryStatus.FAILED, "expired"
    reminders.sweep(on)
    assert [(row.status, row.rule) for row in rows(on)] == [(WAITING, "not_taken")]
    clock.advance(hours=11)
    reminders.sweep(on)
    reminders.sweep(on)
    assert [row.status for row in rows(on)] == [SENT]
    assert len(texts(on)) == 2


def test_what_waited_past_its_last_day_is_closed(on: Database, clock: SetClock) -> None:
    maya = due(on, 3)
    with on.transaction() as session:
        factories.conversation(session, channel=Channel.SMS, address=maya.phone, holder="agent")
    reminders.sweep(on)
    assert [(row.status, row.rule) for row in rows(on)] == [(WAITING, "live")]
    clock.advance(days=4)
    reminders.sweep(on)
    assert {(row.step, row.status) for row in rows(on)} == {(3, SKIPPED), (7, WAITING)}


def test_c1_the_template_that_tells_of_a_held_reminder_does_not_go_at_night_either(
    on: Database, clock: SetClock
) -> None:
    with on.transaction() as session:
        maya = factories.customer(session, phone="+13125550411")
        says_yes(session, maya, Channel.WHATSAPP)
        factories.invoice(session, maya, late=3)
    reminders.sweep(on)
    with on.transaction() as session:
        held = session.scalars(sa.select(Delivery)).one()
        until = held.expires_at
        outcomes.hold(session, held, at=clock.now())
    with on.reading() as session:
        knock = session.scalars(sa.select(Delivery).where(Delivery.message_id.is_(None))).one()
    assert knock.expires_at == until == dt.datetime(2026, 3, 3, 3, 0, tzinfo=dt.UTC)
