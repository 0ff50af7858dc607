"""What a person pauses holds until they, or its day, end it (C7)."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.db import Database
from bot.errors import InvalidInput
from bot.models import Medium
from bot.outreach import pauses
from bot.outreach.gate import Rule, decide
from bot.outreach.situations import situation_of
from tests import factories
from tests.conftest import SetClock


def test_a_pause_binds_its_customer_on_every_medium_until_it_is_over(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, lena = factories.customer(session), factories.customer(session)
        row, is_new = pauses.pause(session, maya, reason="In hospital", until=clock.now() + dt.timedelta(days=2))
        assert is_new
        assert decide(situation_of(session, maya, Medium.EMAIL), clock.now()).rule is Rule.PAUSED
        assert decide(situation_of(session, lena, Medium.EMAIL), clock.now()).rule is not Rule.PAUSED
        clock.advance(days=2)
        assert pauses.binding(session, maya) == []
        assert decide(situation_of(session, maya, Medium.EMAIL), clock.now()).rule is not Rule.PAUSED
        assert row.ended_at is None


def test_pausing_twice_is_one_pause_and_resuming_twice_is_nothing(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.customer(session)
        first, _ = pauses.pause(session, maya, reason="Moving house")
        again, is_new = pauses.pause(session, maya, reason="Moving house, back in May")
        assert (again.id, is_new, again.reason) == (first.id, False, "Moving house, back in May")
        assert pauses.resume(session, maya) == 1
        assert pauses.resume(session, maya) == 0


def test_the_switch_for_everybody_binds_everybody_and_is_no_customers_own(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.customer(session)
        pauses.pause(session, None, reason="A wrong batch of invoices")
        assert situation_of(session, maya, Medium.SMS).paused
        assert pauses.resume(session, maya) == 0
        assert pauses.resume(session, None) == 1
        assert not situation_of(session, maya, Medium.SMS).paused


@pytest.mark.parametrize(("reason", "days"), [("", 1), ("  ", 1), ("Ill", 0), ("Ill", -1)])
def test_a_pause_has_a_reason_and_an_end_ahead(db: Database, clock: SetClock, reason: str, days: int) -> None:
    with db.transaction() as session, pytest.raises(InvalidInput):
        pauses.pause(session, None, reason=reason, until=clock.now() + dt.timedelta(days=days))
