"""The judge of the simulated year finds what it is there to find: each list here is doctored in one way."""

from __future__ import annotations

import datetime as dt
import inspect
import uuid
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.outreach_year import judge, law, occasions, places, story, words
from benchmarks.outreach_year.places import PLACES
from benchmarks.outreach_year.story import Arrival, Bill, Doing, Person, Promised, Year

PHONE, EMAIL = "+13125550001", "p1@example.com"
CHICAGO = next(place for place in PLACES if place.zone == "America/Chicago")
NOTE = "Hi, there's a message for you. Reply here when it suits you.\n\nReply STOP to get no more messages here."
JANUARY = dt.datetime(2025, 12, 31, tzinfo=dt.UTC)
DUE = dt.date(2026, 3, 6)


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """A moment of March in Chicago, in UTC: six hours behind it until the 8th, five from then on."""
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=dt.UTC) + dt.timedelta(hours=6 if day < 8 else 5)


def somebody(**given: Any) -> Person:
    """Who has said yes to texts and owes one bill, due on 6 March and paid on the 13th."""
    bill = Bill(uuid.uuid4(), DUE, 5_000, paid_at=at(13, 7))
    values: dict[str, Any] = {
        "id": uuid.uuid4(), "number": 1, "place": CHICAGO, "name": "Quincey Harker", "phone": PHONE, "email": None,
        "language": "en-US", "since": None, "zones": [(JANUARY, CHICAGO.zone)], "bills": [bill],
        "yes": [(JANUARY, "sms", True)],
    }  # fmt: skip
    return Person(**(values | given))


def text(when: dt.datetime, said: str = NOTE, **given: Any) -> Arrival:
    """A text that came then."""
    return Arrival(**({"at": when, "medium": "sms", "to": PHONE, "text": said, "id": str(uuid.uuid4())} | given))


def good() -> list[Arrival]:
    """What the cadence makes of it: three days and a day before, on the day, after it as soon as a week has room."""
    return [text(at(day, 8, 4)) for day in (3, 5, 6)] + [text(at(10, 12, 4))]


def rules(
    person: Person, arrivals: list[Arrival], outages: list[tuple[dt.datetime, dt.datetime]] | None = None
) -> set[str]:
    """The rules that were broken."""
    swept = [at(day, hour, 4) for day in range(1, 32) for hour in (8, 12, 18)]
    return {one.rule for one in judge.violations(Year([person], swept, outages or [], arrivals))}


def test_what_keeps_every_rule_is_found_to_keep_them() -> None:
    assert rules(somebody(), good()) == set()


@pytest.mark.parametrize(
    ("rule", "doctored"),
    [
        ("C1", [replace(one, at=at(6, 22)) if index == 2 else one for index, one in enumerate(good())]),
        ("C1", [replace(one, at=at(6, 7, 59)) if index == 2 else one for index, one in enumerate(good())]),
        ("C2", [*good()[:3], text(at(6, 15)), *good()[3:]]),
        ("C2", [*good()[:3], text(at(9, 8, 4)), text(at(10, 8, 3))]),
        ("C3", [replace(one, text="Hi, there's a message for you. Reply here.") for one in good()]),
        ("K3", [replace(one, text="Hi, there's something here. STOP ends it.") for one in good()]),
        ("P1", [replace(one, text=f"Your balance is due. {NOTE}") for one in good()]),
        ("P1", [replace(one, text=f"Quincey, {NOTE}") for one in good()]),
        ("K10", [*good(), text(at(11, 9))]),
        ("K10", [*good(), text(at(14, 9))]),
        ("lost", good()[:3]),
        ("lost", good()[1:]),
        ("lost", []),
    ],
)
def test_a_message_that_breaks_a_rule_and_one_that_is_missing_are_found(rule: str, doctored: list[Arrival]) -> None:
    assert rule in rules(somebody(), doctored)


def test_a_second_too_late_after_a_stop_a_hold_or_a_word_to_the_provider_is_found() -> None:
    said = at(6, 8, 3)
    stopped = somebody(yes=[(JANUARY, "sms", True), (said, "sms", False)])
    assert "C4" in rules(stopped, good())
    assert "C4" in rules(somebody(blocked=[(said, "sms")]), good())
    assert "C4" in rules(somebody(yes=[]), good())
    assert "C8" in rules(somebody(holds=[(said, None)]), good())
    assert rules(somebody(holds=[(at(10, 12, 5), None)]), good()) == set()


def test_more_than_one_answer_to_a_stop_is_found() -> None:
    said = at(11, 12)
    person = somebody(yes=[(JANUARY, "sms", True), (said, "sms", False)], wrote=[(said, "sms", Doing.STOP)])
    confirmed = text(said, "You won't get any more messages from us. To hear from us again, send START.")
    assert rules(person, [*good(), confirmed]) == set()
    again = replace(confirmed, at=said + dt.timedelta(seconds=9), id="again")
    assert rules(person, [*good(), confirmed, again]) == {"C5"}


def test_a_message_about_what_is_paid_disputed_planned_or_promised_is_found() -> None:
    before, after = at(9, 12), at(30, 12)
    for bill in (
        Bill(uuid.uuid4(), DUE, 5_000, paid_at=before),
        Bill(uuid.uuid4(), DUE, 5_000, disputed=[(before, after)]),
        Bill(uuid.uuid4(), DUE, 5_000, planned=[(before, after)]),
    ):
        assert rules(somebody(bills=[bill]), good()) == {"K10"}
    promise = Promised(before, dt.date(2026, 3, 20), 5_000)
    assert "K10" in rules(somebody(promises=[promise]), good())


def test_both_zones_count_where_a_number_is_from_elsewhere_and_on_both_sides_of_a_change_of_the_clocks() -> None:
    moved = somebody(zones=[(JANUARY, "America/Los_Angeles")])
    assert "C1" in rules(moved, good())
    # On the 8th the clocks went forward: eight o'clock there is an hour earlier for us than it was on the 6th.
    assert "C1" in rules(somebody(), [*good()[:3], replace(good()[3], at=at(10, 7, 59))])


def test_nothing_is_lost_where_the_customer_or_the_providers_were_in_the_way() -> None:
    assert rules(somebody(holds=[(at(1, 9), None)]), []) == set()
    assert rules(somebody(yes=[]), []) == set()
    assert rules(somebody(), [], [(at(1, 0), at(31, 23))]) == set()


def test_an_email_that_comes_twice_under_one_id_is_one_and_under_two_is_two() -> None:
    person = somebody(phone=None, email=EMAIL, yes=[])
    said = "Hi, there's a message for you. Answer this e-mail.\nList-Unsubscribe: <https://juniperfinch.example/u>"
    sent = [replace(one, medium="email", to=EMAIL, text=said) for one in good()]
    assert rules(person, [*sent, replace(sent[0], at=sent[0].at + dt.timedelta(minutes=10))]) == set()
    assert "C2" in rules(person, [*sent, replace(sent[0], at=sent[0].at + dt.timedelta(minutes=10), id="other")])


def test_the_judge_asks_nothing_of_the_product() -> None:
    for module in (judge, law, occasions, places, story, words):
        assert "import bot" not in inspect.getsource(module)
        assert "from bot" not in inspect.getsource(module)
