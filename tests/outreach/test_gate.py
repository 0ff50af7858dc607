"""The gate for what we begin: no way around it, every no with its rule, and a time that is true (C1 to C8, C14, T4)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.conversations.preferences import Standing
from bot.models import HoldKind, Medium
from bot.outreach.gate import Rule, Situation, decide, next_at
from bot.policies.jurisdiction import Cap

CHICAGO, LONDON, SAO_PAULO, ANCHORAGE = "America/Chicago", "Europe/London", "America/Sao_Paulo", "America/Anchorage"
COUNTRIES = {"US": CHICAGO, "GB": LONDON, "BR": SAO_PAULO, "MX": CHICAGO}
FOR_GOOD = {Rule.PAUSED, Rule.NO_ADDRESS, Rule.HELD, Rule.REFUSED, Rule.NO_OPT_IN, Rule.UNWANTED, Rule.NO_TEMPLATE}
MONDAY = dt.datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo(CHICAGO)).astimezone(dt.UTC)


def maya(**given: Any) -> Situation:
    """Somebody in Texas who may be texted, but for what is `given`."""
    free = Situation(
        medium=Medium.SMS, country="US", zone=CHICAGO, zones=frozenset({CHICAGO}), law=policies.jurisdiction("US"),
        opted_in=True,
    )  # fmt: skip
    return dataclasses.replace(free, **given)


def test_what_nothing_stops_goes_at_once() -> None:
    assert decide(maya(), MONDAY).may_go
    assert next_at(maya(), MONDAY) == MONDAY


@pytest.mark.parametrize(
    ("stops", "rule"),
    [
        ({"paused": True}, Rule.PAUSED),
        ({"has_address": False}, Rule.NO_ADDRESS),
        ({"holds": frozenset({HoldKind.ATTORNEY})}, Rule.HELD),
        ({"refused": True}, Rule.REFUSED),
        ({"opted_in": False}, Rule.NO_OPT_IN),
        ({"wishes": Standing(refused=frozenset({Medium.SMS}))}, Rule.UNWANTED),
        ({"medium": Medium.WHATSAPP}, Rule.NO_TEMPLATE),
        ({"medium": Medium.WHATSAPP, "window_until": MONDAY}, Rule.NO_TEMPLATE),
    ],
)
def test_what_waiting_does_not_change_is_said_and_never_comes(stops: dict[str, Any], rule: Rule) -> None:
    assert decide(maya(**stops), MONDAY).rule is rule
    assert next_at(maya(**stops), MONDAY) is None


def test_t4_on_whatsapp_an_open_window_or_a_template_carries_it() -> None:
    assert decide(maya(medium=Medium.WHATSAPP, window_until=MONDAY + dt.timedelta(minutes=1)), MONDAY).may_go
    assert decide(maya(medium=Medium.WHATSAPP, has_template=True), MONDAY).may_go


def test_a_person_or_a_live_conversation_comes_first() -> None:
    assert decide(maya(with_person=True), MONDAY).rule is Rule.LIVE
    assert next_at(maya(with_person=True), MONDAY) is None
    until = MONDAY + dt.timedelta(minutes=20)
    assert decide(maya(live_until=until), MONDAY).again_at == until
    assert next_at(maya(live_until=until), MONDAY) == until


def test_c7_a_wish_about_times_waits_for_its_time_there() -> None:
    evenings = maya(wishes=Standing(hours=(18 * 60, 20 * 60), days=frozenset({3})))
    assert next_at(evenings, MONDAY) == dt.datetime(2026, 3, 5, 18, tzinfo=ZoneInfo(CHICAGO))
    quiet = maya(wishes=Standing(quiet_until=dt.date(2026, 4, 1)))
    assert next_at(quiet, MONDAY) == dt.datetime(2026, 4, 1, 8, tzinfo=ZoneInfo(CHICAGO))


def test_c7_a_wish_that_the_law_never_allows_is_never_met() -> None:
    assert next_at(maya(wishes=Standing(hours=(5 * 60, 6 * 60))), MONDAY) is None


def test_c2_a_cap_is_free_again_when_its_stretch_is_over() -> None:
    begun = tuple(MONDAY - dt.timedelta(hours=hours) for hours in (30, 60, 90))
    assert decide(maya(begun=begun), MONDAY).rule is Rule.CAP
    assert next_at(maya(begun=begun), MONDAY) == dt.datetime(2026, 3, 5, 16, tzinfo=ZoneInfo(CHICAGO))
    assert decide(maya(own_caps=(Cap(messages=1, days=60),), begun=(MONDAY - dt.timedelta(days=59),)), MONDAY).again_at


def test_c1_with_conflicting_zones_only_the_hours_that_they_share_count() -> None:
    both = maya(zones=frozenset({CHICAGO, ANCHORAGE}))
    assert decide(both, MONDAY).rule is Rule.HOURS  # 10:00 in Texas is 07:00 in Alaska
    assert next_at(both, MONDAY) == dt.datetime(2026, 3, 2, 8, tzinfo=ZoneInfo(ANCHORAGE))


def test_c1_where_no_hour_is_shared_or_no_zone_known_nothing_goes() -> None:
    far = maya(zones=frozenset({"Pacific/Fiji", LONDON}), country="BR", law=policies.jurisdiction("BR"))
    assert next_at(far, MONDAY) is None
    assert decide(maya(zones=frozenset()), MONDAY).rule is Rule.HOURS


@pytest.mark.parametrize(
    ("zone", "before", "opens"),
    [
        (CHICAGO, dt.datetime(2026, 3, 8, 4, 0, tzinfo=dt.UTC), "2026-03-08T13:00+00:00"),  # forward in the night
        (CHICAGO, dt.datetime(2026, 11, 1, 4, 0, tzinfo=dt.UTC), "2026-11-01T14:00+00:00"),  # back in the night
    ],
)
def test_c1_eight_in_the_morning_is_eight_also_when_the_clocks_change(
    zone: str, before: dt.datetime, opens: str
) -> None:
    assert next_at(maya(zone=zone, zones=frozenset({zone})), before) == dt.datetime.fromisoformat(opens)


def test_public_holidays_are_kept_where_the_law_says_so() -> None:
    christmas = dt.datetime(2026, 12, 25, 12, tzinfo=ZoneInfo(LONDON))
    owen = maya(country="GB", zone=LONDON, zones=frozenset({LONDON}), law=policies.jurisdiction("GB"))
    assert decide(owen, christmas).rule is Rule.HOURS
    assert decide(maya(), christmas.replace(hour=18)).may_go


def test_a_country_that_nobody_chose_gets_the_strictest_of_each() -> None:
    law = policies.jurisdiction("MX")
    every = [policies.jurisdiction(country) for country in policies.outreach().jurisdictions]
    assert "sunday" not in law.hours
    for pack in every:
        assert all(pack.hours[day][0] <= start and end <= pack.hours[day][1] for day, (start, end) in law.hours.items())
        assert set(pack.caps) <= set(law.caps)
        assert pack.needs_opt_in <= law.needs_opt_in
        assert pack.public_holidays or not law.public_holidays


TWO_YEARS = 2 * 365 * 24 * 60
instants = st.integers(0, TWO_YEARS).map(lambda minutes: MONDAY + dt.timedelta(minutes=minutes))
wishes = st.builds(
    Standing,
    refused=st.frozensets(st.sampled_from(Medium), max_size=2),
    hours=st.none() | st.tuples(st.integers(0, 700), st.integers(701, 1440)),
    days=st.none() | st.frozensets(st.integers(0, 6), min_size=1),
    quiet_until=st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2027, 3, 1)),
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Situation, dt.datetime]:
    """Anybody, at any time."""
    at, country = draw(instants), draw(st.sampled_from(sorted(COUNTRIES)))
    others = st.frozensets(st.sampled_from([CHICAGO, LONDON, SAO_PAULO, ANCHORAGE]), max_size=2)
    gaps = draw(st.lists(st.integers(0, 45 * 24 * 60), max_size=9))
    return (
        Situation(
            medium=draw(st.sampled_from([Medium.SMS, Medium.WHATSAPP, Medium.EMAIL])),
            country=country,
            zone=COUNTRIES[country],
            zones=frozenset({COUNTRIES[country]}) | draw(others),
            law=policies.jurisdiction(country),
            own_caps=draw(st.sampled_from([(), (Cap(messages=2, days=14),)])),
            paused=draw(st.integers(0, 9)) == 0,
            holds=draw(st.sampled_from([frozenset(), frozenset(), frozenset({HoldKind.CEASE})])),
            refused=draw(st.integers(0, 5)) == 0,
            opted_in=draw(st.integers(0, 5)) > 0,
            wishes=draw(wishes),
            begun=tuple(at - dt.timedelta(minutes=gap) for gap in gaps),
            live_until=draw(st.none() | st.just(at + dt.timedelta(minutes=30))),
            window_until=draw(st.none() | st.just(at + dt.timedelta(hours=5))),
            has_template=draw(st.booleans()),
        ),
        at,
    )


def broken(situation: Situation, at: dt.datetime) -> list[str]:
    """Which rules a message at `at` would break: written from the rules, not from the gate."""
    found = []
    if situation.paused or situation.holds or situation.refused or situation.medium in situation.wishes.refused:
        found.append("C4 C7 C8")
    needs_yes = {"whatsapp"} if situation.country == "GB" else {"sms", "whatsapp"}
    if situation.medium in needs_yes and not situation.opted_in:
        found.append("C14")
    in_window = situation.window_until is not None and at < situation.window_until
    if situation.medium == "whatsapp" and not in_window and not situation.has_template:
        found.append("T4")
    last = {"GB": 21, "US": 21, "BR": 20, "MX": 20}[situation.country]
    for zone in situation.zones:
        local = at.astimezone(ZoneInfo(zone))
        if not 8 <= local.hour < last:
            found.append(f"C1 {zone}")
        if situation.country == "BR" and (local.weekday() == 6 or local.date() in holidays.BR(years=local.year)):
            found.append(f"C1 day of rest {zone}")
    for most, days in ((1, 1), (3, 7), (7, 30)):
        within = [one for one in situation.begun if at - dt.timedelta(days=days) < one <= at]
        if len(within) >= most:
            found.append(f"C2 {most} in {days}")
    own = at.astimezone(ZoneInfo(situation.zone))
    asked = situation.wishes
    if asked.days is not None and own.weekday() not in asked.days:
        found.append("C7 days")
    if asked.hours is not None and not asked.hours[0] <= own.hour * 60 + own.minute < asked.hours[1]:
        found.append("C7 hours")
    if asked.quiet_until is not None and own.date() < asked.quiet_until:
        found.append("C7 quiet")
    if situation.live_until is not None and at < situation.live_until:
        found.append("live")
    return found


@given(situations())
def test_nothing_that_breaks_a_rule_gets_through_now_or_at_the_time_that_is_named(
    given_: tuple[Situation, dt.datetime],
) -> None:
    situation, at = given_
    decision = decide(situation, at)
    assert decision.may_go == (not broken(situation, at))
    assert decision.again_at is None or decision.again_at > at
    first = next_at(situation, at)
    if first is not None:
        assert first >= at
        assert not broken(situation, first)
    if decision.rule in FOR_GOOD:
        assert first is None
    assert decide(situation, at) == decision
