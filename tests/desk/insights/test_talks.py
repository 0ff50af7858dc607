"""Talks: where one ends and the next begins, and what each came to."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.db import Database
from bot.models import (
    Author,
    Case,
    Channel,
    Conversation,
    Customer,
    Feedback,
    PaymentOrigin,
    PaymentStatus,
)
from tests import factories
from tests.conftest import SetClock
from tests.desk.insights.world import (
    at,
    conversation,
    counted,
    filters,
    handoff,
    parts,
    payment,
    phone,
    plan,
    says,
    talk,
)

MARCH = filters("2026-03-02", "2026-03-08")
BEGAN = at("2026-03-03 10:00")
MINUTES, HOURS = dt.timedelta(minutes=1), dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _long_after(clock: SetClock) -> None:
    clock.set(at("2026-03-20 12:00"))


def test_without_a_talk_there_is_nothing(db: Database) -> None:
    assert parts(db, "talks", MARCH) == {}


@pytest.mark.parametrize(("seconds", "talks"), [(12 * 3600 - 1, 1), (12 * 3600, 2)])
def test_twelve_hours_of_silence_end_a_talk(db: Database, seconds: int, talks: int) -> None:
    with db.transaction() as session:
        here = talk(session, BEGAN)
        says(session, here, BEGAN + dt.timedelta(hours=1), author=Author.BOT)
        says(session, here, BEGAN + dt.timedelta(seconds=seconds))
    assert parts(db, "talks", MARCH) == {"nothing": talks}


def test_a_talk_is_of_the_period_in_which_it_begins(db: Database) -> None:
    first, last = at("2026-03-02 00:00"), at("2026-03-08 23:59")
    with db.transaction() as session:
        early = talk(session, first - MINUTES)
        says(session, early, first + 11 * HOURS)
        talk(session, first)
        late = talk(session, last)
        says(session, late, last + 11 * HOURS)
        talk(session, last + MINUTES)
    assert parts(db, "talks", MARCH) == {"nothing": 2}
    assert parts(db, "talks", MARCH.before) == {"nothing": 1}


def test_a_talk_is_of_the_week_of_the_chosen_zone(db: Database) -> None:
    with db.transaction() as session:
        talk(session, at("2026-03-08 23:30"))  # in London it is Monday already
    assert counted(db, "talks", filters("2026-03-02", "2026-03-15"), "week") == {(0,): 1}
    london = filters("2026-03-02", "2026-03-15", zone="Europe/London")
    assert counted(db, "talks", london, "week") == {(1,): 1}


def test_what_a_talk_came_to_counts_once_it_has_ended(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        payment(session, factories.customer(session), talk(session, BEGAN), BEGAN + MINUTES)
    clock.set(BEGAN + 12 * HOURS - MINUTES)
    assert parts(db, "talks", MARCH) == {"open": 1}
    clock.advance(minutes=1)
    assert parts(db, "talks", MARCH) == {"payment": 1}


def _rating(session: Session, here: Conversation, when: dt.datetime, rating: int) -> None:
    session.add(Feedback(conversation_id=here.id, rating=rating, given_at=when, created_at=when))


def _case(session: Session, here: Conversation, when: dt.datetime) -> None:
    session.add(Case(conversation_id=here.id, kind="dispute", summary="-", created_at=when))


def _agent_says(session: Session, here: Conversation, when: dt.datetime, **given: Any) -> None:
    says(session, here, when, author=Author.AGENT, **given)


HAPPENED: dict[str, tuple[str, Any]] = {
    "nothing": ("nothing", lambda s, c, k, t: None),
    "a payment that arrived": ("payment", lambda s, c, k, t: payment(s, k, c, t)),
    "one that arrived days later": ("payment", lambda s, c, k, t: payment(s, k, c, t, settled_at=t + 50 * HOURS)),
    "one that we gave back": ("payment", lambda s, c, k, t: payment(s, k, c, t, status=PaymentStatus.REFUNDED)),
    "one that the bank took back": (
        "nothing",
        lambda s, c, k, t: payment(s, k, c, t, status=PaymentStatus.CHARGED_BACK),
    ),
    "a link that nobody paid": (
        "nothing",
        lambda s, c, k, t: payment(s, k, c, t, status=PaymentStatus.OPEN, settled_at=None),
    ),
    "a saved card that was charged": ("nothing", lambda s, c, k, t: payment(s, k, c, t, origin=PaymentOrigin.AUTOPAY)),
    "a payment elsewhere": ("nothing", lambda s, c, k, t: payment(s, k, None, t)),
    "a plan": ("plan", lambda s, c, k, t: plan(s, k, c, t)),
    "a plan that an agent agreed": ("person", lambda s, c, k, t: plan(s, k, c, t, by="agent:1")),
    "a plan and a payment": ("payment", lambda s, c, k, t: (plan(s, k, c, t), payment(s, k, c, t))),
    "a rating of 4": ("answer", lambda s, c, k, t: _rating(s, c, t, 4)),
    "a rating of 3": ("nothing", lambda s, c, k, t: _rating(s, c, t, 3)),
    "a wish for a person": ("person", lambda s, c, k, t: handoff(s, c, t)),
    "a person, and a payment": ("person", lambda s, c, k, t: (handoff(s, c, t, claimed=60), payment(s, k, c, t))),
    "an agent's words": ("person", lambda s, c, k, t: _agent_says(s, c, t)),
    "an agent's note": ("nothing", lambda s, c, k, t: _agent_says(s, c, t, hidden=True)),
    "a case for the desk": ("person", lambda s, c, k, t: _case(s, c, t)),
}  # fmt: skip


@pytest.mark.parametrize("what", HAPPENED)
def test_what_a_talk_came_to(db: Database, what: str) -> None:
    outcome, happens = HAPPENED[what]
    with db.transaction() as session:
        customer: Customer = factories.customer(session)
        happens(session, talk(session, BEGAN), customer, BEGAN + 2 * MINUTES)
    assert parts(db, "talks", MARCH) == {outcome: 1}


@pytest.mark.parametrize(
    "what", ["a payment that arrived", "a plan", "a rating of 4", "an agent's words", "a case for the desk"]
)
def test_what_happened_counts_for_the_talk_in_which_it_did(db: Database, what: str) -> None:
    outcome, happens = HAPPENED[what]
    with db.transaction() as session:
        customer: Customer = factories.customer(session)
        here = talk(session, BEGAN)
        happens(session, here, customer, BEGAN + 12 * HOURS)  # between the two talks: of neither
        says(session, here, BEGAN + 30 * HOURS)
        happens(session, here, customer, BEGAN + 30 * HOURS)
        says(session, here, BEGAN + 60 * HOURS)
        happens(session, talk(session, BEGAN), factories.customer(session), BEGAN - MINUTES)
    assert parts(db, "talks", MARCH) == {"nothing": 3, outcome: 1}


@pytest.mark.parametrize(
    ("intents", "outcome"),
    [
        (["ask_due_date", "thank"], "answer"),
        (["ask_due_date", "thank", "ask_due_date"], "nothing"),
        (["nlu_fallback", "ask_due_date", "thank"], "nothing"),
        (["ask_due_date", "goodbye"], "nothing"),
    ],
)
def test_thanks_at_the_end_confirm_an_answer_where_all_was_understood(
    db: Database, intents: list[str], outcome: str
) -> None:
    with db.transaction() as session:
        talk(session, BEGAN, *intents)
    assert parts(db, "talks", MARCH) == {outcome: 1}


def test_thanks_in_another_talk_confirm_nothing_here(db: Database) -> None:
    with db.transaction() as session:
        here = talk(session, BEGAN, "nlu_fallback")
        says(session, here, BEGAN + 20 * HOURS, "thank")
    assert parts(db, "talks", MARCH) == {"nothing": 1, "answer": 1}


def test_channels_and_languages_are_those_of_the_conversation(db: Database) -> None:
    with db.transaction() as session:
        for locale in ("en-US", "es-MX", "pt_BR", "fil-PH", "EN"):
            talk(session, BEGAN, locale=locale)
        says(session, phone(session, Channel.SMS, locale="en-GB"), BEGAN)
        conversation(session)  # nobody has written
    assert counted(db, "talks", MARCH, "channel", "language") == {
        ("web", "en"): 2,
        ("web", "es"): 1,
        ("web", "pt"): 1,
        ("web", "fil"): 1,
        ("sms", "en"): 1,
    }
    assert parts(db, "talks", MARCH.of(channel=Channel.SMS)) == {"nothing": 1}
    assert parts(db, "talks", MARCH.of(language="en")) == {"nothing": 3}
    assert parts(db, "talks", MARCH.of(language="en", channel=Channel.WHATSAPP)) == {}
