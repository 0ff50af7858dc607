"""What is counted of outreach: a message once, what came of it within the days chosen, what was held back and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy.orm import Session

from bot.db import Database
from bot.desk.insights.period import Period
from bot.desk.outreach import funnel, reminded
from bot.desk.outreach.choice import Choice
from bot.desk.outreach.reminded import Came, Part, State
from bot.models import Channel, Customer, DeliveryStatus, Medium, ReminderKind, ReminderStatus
from tests import factories
from tests.conftest import SetClock
from tests.desk.insights.world import NEW_YORK, at
from tests.desk.outreach_world import agrees, answers, asked, pays, promises, reminder, sent, talk

SENT = at("2026-03-03 10:00")


def choice(first: str = "2026-03-02", last: str = "2026-03-08", **given: str) -> Choice:
    """As an address would choose."""
    return Choice.read({"from": first, "to": last, "zone": NEW_YORK} | given)


def came(db: Database, chosen: Choice) -> tuple[int, ...]:
    """Messages, and how many were delivered, answered, paid, promised."""
    with db.reading() as session:
        return funnel.Counts.of(session, chosen).all_messages()


def test_each_stage_counts_what_came_within_the_days_and_no_later(db: Database) -> None:
    happened: list[tuple[Callable[[Session, Customer, dt.datetime], None], dt.datetime]] = [
        (lambda session, customer, when: pays(session, customer, when), SENT + dt.timedelta(days=7)),
        (lambda session, customer, when: pays(session, customer, when), SENT + dt.timedelta(days=7, seconds=1)),
        (lambda session, customer, when: pays(session, customer, when), SENT - dt.timedelta(seconds=1)),
        (lambda session, customer, when: promises(session, customer, when), SENT + dt.timedelta(hours=1)),
        (lambda session, customer, when: agrees(session, customer, when), SENT + dt.timedelta(days=6)),
        (lambda session, customer, when: agrees(session, customer, when), SENT + dt.timedelta(days=8)),
    ]
    with db.transaction() as session:
        for happen, when in happened:
            customer = factories.customer(session)
            sent(session, customer, talk(session, customer), SENT)
            happen(session, customer, when)
        answering = factories.customer(session)
        here = talk(session, answering)
        sent(session, answering, here, SENT)
        answers(session, here, SENT + dt.timedelta(hours=2))
        late = factories.customer(session)
        there = talk(session, late)
        sent(session, late, there, SENT)
        answers(session, there, SENT + dt.timedelta(days=9))
    assert came(db, choice()) == (8, 8, 1, 1, 2)
    assert came(db, choice(after="1")) == (8, 8, 1, 0, 1)
    assert came(db, choice(after="14")) == (8, 8, 2, 2, 3)


def test_delivered_is_what_the_provider_says_an_email_until_it_comes_back(db: Database) -> None:
    table = [
        (Channel.SMS, DeliveryStatus.DELIVERED, 1),
        (Channel.SMS, DeliveryStatus.SENT, 0),
        (Channel.WHATSAPP, DeliveryStatus.READ, 1),
        (Channel.WHATSAPP, DeliveryStatus.FAILED, 0),
        (Channel.EMAIL, DeliveryStatus.SENT, 1),
        (Channel.EMAIL, DeliveryStatus.FAILED, 0),
        (Channel.EMAIL, DeliveryStatus.QUEUED, 0),
        (Channel.WEB, DeliveryStatus.QUEUED, 1),
    ]
    with db.transaction() as session:
        for channel, status, _ in table:
            customer = factories.customer(session)
            sent(session, customer, talk(session, customer, channel), SENT, status)
    for channel in Channel:
        wanted = [delivered for each, _, delivered in table if each == channel]
        assert came(db, choice(channel=channel))[:2] == (len(wanted), sum(wanted)), channel


def test_several_invoices_in_one_message_are_one_message(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        first = sent(session, customer, talk(session, customer), SENT)
        for _ in range(2):
            reminder(
                session, customer, SENT, status=ReminderStatus.SENT, rule="together", medium=Medium.SMS,
                message_id=first.message_id, conversation_id=first.conversation_id,
            )  # fmt: skip
    assert came(db, choice())[0] == 1
    with db.reading() as session:
        listed = {state: Part(choice(), (state,)).count(session) for state in State}
    assert listed == {State.SENT: 1, State.ALONG: 2, State.WAITING: 0, State.SKIPPED: 0}


def test_what_was_held_back_is_counted_by_its_rule_and_by_the_channel_that_was_asked(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session, language="es-MX")
        refused = reminder(session, customer, SENT, rule="refused")
        asked(session, refused, Medium.SMS, "refused")
        reminder(session, customer, SENT, rule="in_plan", kind=ReminderKind.INSTALMENT)
        reminder(
            session, customer, SENT, rule="hours", status=ReminderStatus.WAITING, settled_at=None,
            again_at=SENT + dt.timedelta(hours=20),
        )  # fmt: skip
    with db.reading() as session:
        held = funnel.Counts.of(session, choice()).held()
        by_sms = funnel.Counts.of(session, choice(channel="sms")).held()
        spanish = funnel.Counts.of(session, choice(language="es", kind="instalment")).held()
    assert {rule: dict(states) for rule, states in held.items()} == {
        "refused": {State.SKIPPED: 1},
        "in_plan": {State.SKIPPED: 1},
        "hours": {State.WAITING: 1},
    }
    assert list(by_sms) == ["refused"]
    assert list(spanish) == ["in_plan"]


def test_every_number_is_that_of_its_rows(db: Database) -> None:
    with db.transaction() as session:
        for number, channel in enumerate((Channel.SMS, Channel.EMAIL, Channel.SMS)):
            customer = factories.customer(session, language="pt-BR" if number else "en-US")
            here = talk(session, customer, channel)
            sent(session, customer, here, SENT + dt.timedelta(hours=number), variant="b" if number else "a")
            answers(session, here, SENT + dt.timedelta(days=1))
            reminder(session, customer, SENT, rule="cap")
    with db.reading() as session:
        sections = funnel.sections(session, choice())
        cells = [cell for each in sections for table in each.tables for row in table.rows for cell in row if cell.href]
        assert len(cells) > 25
        for cell in cells:
            asked_for = dict(pair.split("=") for pair in (cell.href or "").split("?")[1].split("&"))
            asked_for["zone"] = NEW_YORK
            part = Part(
                Choice.read(asked_for),
                tuple(State(each) for each in asked_for.get("state", "").split(",") if each),
                asked_for.get("rule"),
                Came(asked_for["came"]) if "came" in asked_for else None,
            )
            rows, count = part.page(session, 0, 50)
            assert len(rows) == count == len(list(part.all(session))) == cell.value, cell.href


def test_days_of_the_calendar_are_those_of_the_zone_through_a_change_of_clocks(db: Database, clock: SetClock) -> None:
    moments = ["2026-03-07 23:59", "2026-03-08 00:00", "2026-03-08 23:59", "2026-03-09 00:00"]
    with db.transaction() as session:
        for moment in moments:
            reminder(session, factories.customer(session), at(moment))
    march = choice().within(Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31), NEW_YORK))
    with db.reading() as session:
        found = reminded.days(session, march)
    assert found == {(6, "skipped"): 1, (7, "skipped"): 2, (8, "skipped"): 1}
