"""With a reminder goes what the law has us say, to nobody who has not shown who they are (C10, P1)."""

from __future__ import annotations

import datetime as dt

from bot.db import Database
from bot.models import Channel, Customer, ReminderStatus
from bot.outreach import reminders
from tests import factories
from tests.conftest import SetClock
from tests.outreach.reminded import reminded, rows, texts

CNPJ = "Juniper & Finch Home, 1 Example Street, 00000 Example Town. CNPJ 00.000.000/0000-00"


def beatriz(db: Database, clock: SetClock, *, proven: bool, **given: object) -> Customer:
    """Somebody in Brazil with two invoices, one of which is late."""
    with db.transaction() as session:
        kept = {"country": "BR", "language": "pt-BR", "time_zone": "America/Sao_Paulo", "phone": "+5511950100007"}
        made = reminded(session, **(kept | given))
        factories.invoice(session, made, late=3)
        if proven:
            factories.conversation(
                session, channel=Channel.SMS, address=made.phone, customer_id=made.id, locale=made.language,
                verified_until=dt.datetime(2027, 1, 1, tzinfo=dt.UTC),
            )  # fmt: skip
    return made


def test_c10_in_brazil_a_reminder_says_name_address_and_number_and_the_first_one_rights(
    sqlite_on: Database, clock: SetClock
) -> None:
    clock.advance(hours=1)
    beatriz(sqlite_on, clock, proven=True)
    reminders.sweep(sqlite_on)
    clock.advance(days=4)
    reminders.sweep(sqlite_on)
    assert [row.step for row in rows(sqlite_on, ReminderStatus.SENT)] == [3, 7]
    first, second = texts(sqlite_on)
    assert CNPJ in first
    assert "pedir uma cópia" in first
    assert CNPJ in second
    assert "pedir uma cópia" not in second


def test_p1_who_has_not_shown_who_they_are_is_told_none_of_it(sqlite_on: Database, clock: SetClock) -> None:
    clock.advance(hours=1)
    beatriz(sqlite_on, clock, proven=False)
    reminders.sweep(sqlite_on)
    (text,) = texts(sqlite_on)
    assert "CNPJ" not in text
    assert "cópia" not in text


def test_c10_in_the_united_states_on_its_own_accounts_a_business_adds_nothing(
    sqlite_on: Database, clock: SetClock
) -> None:
    clock.advance(hours=1)
    beatriz(sqlite_on, clock, proven=True, country="US", language="en-US", time_zone="America/Chicago")
    reminders.sweep(sqlite_on)
    (text,) = texts(sqlite_on)
    assert "Example Street" not in text
