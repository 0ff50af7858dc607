"""What a customer wants of us when we write or call binds at once (C7)."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bot.conversations import preferences
from bot.conversations.preferences import Standing, Wish
from bot.db import Database
from bot.models import Medium, Preference, PreferenceKind
from tests import factories

NOON = dt.datetime(2026, 3, 2, 18, 0, tzinfo=dt.UTC)  # a Monday, 12:00 in Chicago
CHICAGO = "America/Chicago"
REFUSED, WELCOME = PreferenceKind.REFUSED, PreferenceKind.WELCOME


def test_a_later_wish_takes_the_place_of_an_earlier_one() -> None:
    hours = [Wish(PreferenceKind.HOURS, None, {"start": start, "end": 1440}) for start in (540, 600)]
    assert preferences.standing(hours).hours == (600, 1440)
    refused_then_welcome = [Wish(REFUSED, Medium.SMS), Wish(WELCOME, Medium.SMS)]
    assert preferences.standing(refused_then_welcome).refused == frozenset()
    assert preferences.standing(reversed(refused_then_welcome)).refused == {Medium.SMS}


def test_no_medium_named_is_every_medium() -> None:
    assert preferences.standing([Wish(REFUSED)]).refused == set(Medium)


def test_what_binds_decides_whether_we_may_begin() -> None:
    allows = preferences.allows
    assert allows(Standing(), Medium.SMS, NOON, CHICAGO)
    assert not allows(Standing(refused=frozenset({Medium.SMS})), Medium.SMS, NOON, CHICAGO)
    assert allows(Standing(refused=frozenset({Medium.SMS})), Medium.EMAIL, NOON, CHICAGO)
    assert allows(Standing(hours=(720, 780)), Medium.SMS, NOON, CHICAGO)
    assert not allows(Standing(hours=(0, 720)), Medium.SMS, NOON, CHICAGO)
    assert not allows(Standing(days=frozenset({5, 6})), Medium.SMS, NOON, CHICAGO)
    assert not allows(Standing(quiet_until=dt.date(2026, 3, 3)), Medium.SMS, NOON, CHICAGO)
    assert allows(Standing(quiet_until=dt.date(2026, 3, 2)), Medium.SMS, NOON, CHICAGO)


@given(st.lists(st.tuples(st.sampled_from([REFUSED, WELCOME]), st.sampled_from([None, *Medium])), max_size=8))
def test_no_medium_is_refused_and_welcome_at_once(said: list[tuple[PreferenceKind, Medium | None]]) -> None:
    found = preferences.standing(Wish(kind, medium) for kind, medium in said)
    assert not found.refused & found.welcome


def test_wishes_are_added_and_read_for_the_customer_and_for_the_talk(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        here, elsewhere = factories.conversation(session), factories.conversation(session)
        until = Wish(PreferenceKind.QUIET_UNTIL, None, {"until": "2026-04-01"})
        preferences.record(session, here, customer.id, [Wish(REFUSED, Medium.CALL), until])
        preferences.record(session, elsewhere, None, [Wish(REFUSED, Medium.SMS)])
    with db.reading() as session:
        mine = preferences.of(session, None, customer.id)
        assert (mine.refused, mine.quiet_until) == ({Medium.CALL}, dt.date(2026, 4, 1))
        assert preferences.of(session, elsewhere.id, None).refused == {Medium.SMS}
        assert preferences.of(session, elsewhere.id, customer.id).refused == {Medium.SMS, Medium.CALL}
        assert preferences.of(session, None, None) == Standing()
        assert session.query(Preference).count() == 3
