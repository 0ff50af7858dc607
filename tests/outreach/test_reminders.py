"""Reminders: each step once, by the medium that suits, under every rule, and with the rule that held it back (K10)."""

from __future__ import annotations

import datetime as dt
import uuid
from itertools import pairwise
from zoneinfo import ZoneInfoNotFoundError

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import plans
from bot.billing.plans.plan_states import change
from bot.billing.promises import promise
from bot.conversations import handoff, preferences, transcript
from bot.conversations.preferences import Wish
from bot.db import Database
from bot.models import (
    Author,
    Case,
    Channel,
    Conversation,
    Customer,
    Delivery,
    DeliveryStatus,
    Medium,
    PlanStatus,
    PreferenceKind,
    ReminderKind,
    ReminderStatus,
)
from bot.money import Money
from bot.outreach import reminders
from tests import factories
from tests.conftest import SetClock
from tests.outreach.reminded import (
    begun,
    conversation,
    days,
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


def test_k10_an_invoice_has_its_steps_before_on_and_after_the_day_each_once(on: Database, clock: SetClock) -> None:
    clock.advance(hours=1)
    maya = due(on, -5)
    assert days(on, clock, 70) == [-3, -1, 0, 3, 7, 14, 30, 60]
    assert [(after - before).days for before, after in pairwise(begun(on, maya))] == [2, 1, 4, 3, 7, 16, 30]


def test_c2_three_in_a_week_make_the_step_after_the_day_a_day_late(on: Database, clock: SetClock) -> None:
    due(on, -3)
    days(on, clock, 6)
    assert rows(on, WAITING, SKIPPED) == []
    reminders.sweep(on)
    (waits,) = rows(on, WAITING)
    assert (waits.step, waits.rule) == (3, "cap")
    clock.set(waits.again_at or clock.now())
    reminders.sweep(on)
    assert [row.step for row in rows(on, SENT)] == [-3, -1, 0, 3]


def test_p1_nobody_has_shown_who_they_are_so_nothing_implies_a_debt(on: Database, clock: SetClock) -> None:
    maya = due(on, 3)
    reminders.sweep(on)
    (text,) = texts(on)
    for word in ("Robin", "$", "100", "due", "owe", "pay", "invoice", "balance", "late"):
        assert word.lower() not in text.lower()
    there = conversation(on)
    assert (there.address, there.customer_id) == (maya.phone, None)


def test_who_has_shown_who_they_are_reads_what_it_is_about_and_a_way(on: Database, clock: SetClock) -> None:
    with on.transaction() as session:
        maya = reminded(session)
        factories.invoice(session, maya, "40.00", late=3)
        factories.invoice(session, maya, "60.00", late=-3)
        factories.conversation(
            session, channel=Channel.SMS, address=maya.phone, customer_id=maya.id,
            verified_until=clock.now() + dt.timedelta(hours=9),
        )  # fmt: skip
    reminders.sweep(on)
    (text,) = texts(on)
    assert "$100.00" in text
    assert [(row.step, row.rule) for row in rows(on, SENT)] == [(-3, "may_go"), (3, "together")]
    assert len({row.message_id for row in rows(on)}) == 1


def test_p1_by_e_mail_where_the_law_asks_for_no_yes_and_its_words_are_neutral(
    on: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_mail(monkeypatch)
    with on.transaction() as session:
        maya = factories.customer(session, email="maya@example.com", language="pt-BR")
        factories.invoice(session, maya, late=3)
    reminders.sweep(on)
    (row,) = rows(on, SENT)
    there = conversation(on, Channel.EMAIL)
    assert (row.medium, row.language, there.address, there.customer_id) == ("email", "pt-BR", "maya@example.com", None)
    (text,) = texts(on)
    assert "Tem uma mensagem para você" in text
    for word in ("Robin", "$", "100", "pag", "dívida", "fatura", "conta"):
        assert word not in text.lower()


def test_a_step_that_was_missed_is_skipped_and_not_piled_up(on: Database, clock: SetClock) -> None:
    due(on, 12)
    reminders.sweep(on)
    assert rows(on) == []
    clock.advance(days=2)
    reminders.sweep(on)
    assert [row.step for row in rows(on, SENT)] == [14]


def test_a_step_may_still_go_on_the_days_after_until_the_next(on: Database, clock: SetClock) -> None:
    due(on, 6)
    reminders.sweep(on)
    assert [row.step for row in rows(on, SENT)] == [3]


def test_cadences_pause_by_themselves_and_say_why(on: Database, clock: SetClock) -> None:
    def write(session: Session, maya: Customer) -> None:
        talk = factories.conversation(session, channel=Channel.SMS, address=maya.phone)
        transcript.append(session, talk, author=Author.CUSTOMER, text="hello")

    def wait(session: Session, maya: Customer) -> None:
        session.add(Case(kind="complaint", customer_id=maya.id, summary="The letter was rude"))

    def ask(session: Session, maya: Customer) -> None:
        talk = factories.conversation(session, channel=Channel.SMS, address=maya.phone)
        handoff.request(session, talk.id, reason="request_human", skill="general", summary={})

    causes = {
        "answered": write,
        "paid": lambda session, maya: pay(session, maya, 1000),
        "promised": lambda session, maya: promise(session, maya, Money(5000, "USD"), TODAY + 5 * DAY, None),
        "plan_talk": lambda session, maya: plans.quote(session, maya, conversation_id=None, months=[3]),
        "case": wait,
        "person": ask,
    }
    for index, cause in enumerate(causes.values()):
        with on.transaction() as session:
            maya = reminded(session, phone=f"+131255502{index:02d}")
            factories.invoice(session, maya, "300.00", late=3)
            cause(session, maya)
    reminders.sweep(on)
    found = rows(on)
    assert [row.rule for row in found] == list(causes)
    assert all(row.status != SENT for row in found)
    assert texts(on) == ["hello"]


def test_the_day_before_a_promise_is_a_kind_word_and_nothing_else(on: Database, clock: SetClock) -> None:
    maya = due(on, 3)
    with on.transaction() as session:
        promise(session, maya, Money(5000, "USD"), TODAY + 4 * DAY, None)
    assert days(on, clock, 5) == [-1]
    assert [row.kind for row in rows(on, SENT)] == [ReminderKind.PROMISE]


def test_a_plan_that_ended_is_asked_about_kindly_and_one_that_is_paid_is_celebrated_once(
    on: Database, clock: SetClock
) -> None:
    broken, paid = due(on, 40, phone="+13125550401"), due(on, 40, phone="+13125550402")
    with on.transaction() as session:
        for one in (broken, paid):
            offered = plans.quote(session, one, conversation_id=None, months=[3])
            plans.agree(session, offered[0].id, session.get_one(Customer, one.id))
    clock.advance(days=3)
    with on.transaction() as session:
        pay(session, session.get_one(Customer, paid.id), 10000)
        plan = plans.current(session, session.get_one(Customer, broken.id))
        assert plan is not None
        change(session, plan, PlanStatus.BROKEN, "system")
    days(on, clock, 6)
    assert {(row.customer_id, row.kind, row.step) for row in rows(on, SENT)} == {
        (broken.id, "plan_behind", 0),
        (paid.id, "plan_completed", 0),
    }


def test_where_the_last_one_failed_another_way_is_tried_first(on: Database, clock: SetClock) -> None:
    maya = due(on, 3)
    with on.transaction() as session:
        says_yes(session, maya, Channel.WHATSAPP)
    reminders.sweep(on)
    with on.transaction() as session:
        delivery = session.scalars(sa.select(Delivery)).one()
        delivery.status, delivery.error = DeliveryStatus.FAILED, "bad_address:30003"
        delivery.changed_at = clock.now()
    clock.advance(days=4)
    reminders.sweep(on)
    assert [row.medium for row in rows(on, SENT)] == ["whatsapp", "sms"]


def test_c7_their_wish_for_a_medium_and_then_their_habit_decide(on: Database, clock: SetClock) -> None:
    maya = due(on, 3)
    with on.transaction() as session:
        says_yes(session, maya, Channel.WHATSAPP)
        talk = factories.conversation(session, channel=Channel.SMS, address=maya.phone, customer_id=maya.id)
        talk.wrote_at = talk.last_message_at = clock.now() - 9 * DAY
        talk_id = talk.id
    reminders.sweep(on)
    clock.advance(days=5)
    with on.transaction() as session:
        preferences.record(
            session, session.get_one(Conversation, talk_id), maya.id, [Wish(PreferenceKind.WELCOME, Medium.WHATSAPP)]
        )
    reminders.sweep(on)
    assert [row.medium for row in rows(on, SENT)] == ["sms", "whatsapp"]


def test_an_anniversary_is_greeted_in_good_standing_alone(on: Database, clock: SetClock) -> None:
    with on.transaction() as session:
        reminded(session, phone="+13125550301", customer_since=TODAY.replace(year=2021))
        late = reminded(session, phone="+13125550302", customer_since=TODAY.replace(year=2021))
        factories.invoice(session, late, late=100)
        reminded(session, phone="+13125550303", customer_since=TODAY)
    reminders.sweep(on)
    assert [(row.status, row.rule) for row in rows(on)] == [(SENT, "may_go"), (SKIPPED, "nothing_due")]


def nowhere(db: Database, *customers: Customer) -> list[uuid.UUID]:
    """Their zone is one that does not exist; the ids of all customers."""
    with db.transaction() as session:
        for customer in customers:
            session.get_one(Customer, customer.id).time_zone = "America/Nowhere"
        return list(session.scalars(sa.select(Customer.id).order_by(Customer.id)))


def test_one_account_in_a_bad_way_stops_nobody_else(on: Database, clock: SetClock) -> None:
    _, bad, _ = (due(on, 3, phone=f"+131255506{number:02d}") for number in range(3))
    ids = nowhere(on, bad)
    reminders._look_into(on, ids)
    assert {row.customer_id for row in rows(on, SENT)} == set(ids) - {bad.id}


def test_what_fails_for_everybody_ends_the_sweep(on: Database, clock: SetClock) -> None:
    ids = nowhere(on, *(due(on, 3, phone=f"+131255506{number:02d}") for number in range(3)))
    with pytest.raises(ZoneInfoNotFoundError):
        reminders._look_into(on, ids)
