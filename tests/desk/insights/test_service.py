"""People, ratings, being understood, opt-outs: what is measured, and at which boundaries."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from bot.db import Database
from bot.desk.insights.facts import Spread
from bot.desk.insights.filters import Filters
from bot.desk.insights.topics import TOPICS
from bot.models import Author, Channel, Consent, ConsentSource, Feedback, HandoffTarget, Holder, Purpose
from tests.conftest import SetClock
from tests.desk.insights.world import at, conversation, counted, filters, handoff, parts, phone, says, talk

MARCH = filters("2026-03-02", "2026-03-08")
ASKED = at("2026-03-03 10:00")


@pytest.fixture(autouse=True)
def _long_after(clock: SetClock) -> None:
    clock.set(at("2026-03-20 12:00"))


def spreads(db: Database, topic: str, *by: str, chosen: Filters = MARCH) -> dict[tuple[str, ...], Spread]:
    """Medians and 90th percentiles."""
    with db.reading() as session:
        return TOPICS[topic].facts(session, chosen).spreads(session, *by)


def answered(session: Session, seconds: int, skill: str = "general") -> None:
    """A hand-over that was claimed at once, answered after so many seconds, and closed after ten times as many."""
    here = conversation(session)
    handoff(session, here, ASKED, skill, claimed=0, closed=10 * seconds)
    says(session, here, ASKED + dt.timedelta(seconds=seconds), author=Author.AGENT)


def test_of_nothing_there_is_no_median(db: Database) -> None:
    assert spreads(db, "answers") == {}
    with db.transaction() as session:
        handoff(session, conversation(session), ASKED)
    assert spreads(db, "answers") == {}


def test_median_and_90th_percentile_are_values_that_occurred(db: Database) -> None:
    with db.transaction() as session:
        answered(session, 60, "care")
    assert spreads(db, "answers") == {(): Spread(1, 60, 60)}
    with db.transaction() as session:
        for seconds in range(2, 11):
            answered(session, seconds * 60)
    assert spreads(db, "answers") == {(): Spread(10, 300, 540)}
    assert spreads(db, "handling") == {(): Spread(10, 3_000, 5_400)}
    assert spreads(db, "answers", "kind") == {("care",): Spread(1, 60, 60), ("general",): Spread(9, 360, 600)}


def test_a_hand_over_is_measured_from_its_request_through_claim_answer_and_end(db: Database) -> None:
    with db.transaction() as session:
        here = conversation(session)
        says(session, here, ASKED - dt.timedelta(seconds=5), author=Author.AGENT)  # of an earlier hand-over
        handoff(session, here, ASKED, claimed=30, closed=930)
        says(session, here, ASKED + dt.timedelta(seconds=40), author=Author.AGENT, hidden=True)
        says(session, here, ASKED + dt.timedelta(seconds=90), author=Author.AGENT)
        says(session, here, ASKED + dt.timedelta(seconds=300), author=Author.AGENT)
    assert spreads(db, "claims") == {(): Spread(1, 30, 30)}
    assert spreads(db, "answers") == {(): Spread(1, 90, 90)}
    assert spreads(db, "handling") == {(): Spread(1, 900, 900)}


def test_what_has_not_happened_can_still_come_or_never_will(db: Database) -> None:
    with db.transaction() as session:
        handoff(session, conversation(session), ASKED)
        handoff(session, conversation(session), ASKED, claimed=60)
        left = conversation(session)
        handoff(session, left, ASKED, returned=60)  # the customer went back to the assistant
        says(session, left, ASKED + dt.timedelta(seconds=90), author=Author.AGENT)  # after its end
    assert parts(db, "claims", MARCH) == {"yes": 1, "not_yet": 1, "never": 1}
    assert parts(db, "answers", MARCH) == {"not_yet": 2, "never": 1}
    assert parts(db, "handling", MARCH) == {"not_yet": 2, "never": 1}


def test_first_answers_are_in_time_late_still_possible_or_no_longer_wanted(db: Database) -> None:
    with db.transaction() as session:
        for held, answered_s, breached_s in (
            (True, 60, None), (True, None, None), (True, 600, 300), (True, None, 300), (False, None, None),
        ):  # fmt: skip
            here = conversation(session)
            made = handoff(session, here, ASKED)
            target = HandoffTarget(handoff_id=made.id, warn_at=ASKED, target_at=ASKED + dt.timedelta(seconds=300))
            target.answered_at = ASKED + dt.timedelta(seconds=answered_s) if answered_s else None
            target.breached_at = ASKED + dt.timedelta(seconds=breached_s) if breached_s else None
            session.add(target)
            here.handoff_id, here.holder = made.id, Holder.QUEUE if held else Holder.BOT
    assert parts(db, "targets", MARCH) == {"met": 1, "missed": 2, "open": 1, "left": 1}


def test_hand_overs_are_of_the_day_on_which_they_were_asked_for(db: Database) -> None:
    with db.transaction() as session:
        for instant in ("2026-03-01 23:59", "2026-03-02 00:00", "2026-03-08 23:59", "2026-03-09 00:00"):
            handoff(session, conversation(session), at(instant), claimed=86_400)
    assert parts(db, "claims", MARCH) == {"yes": 2}


def test_ratings_count_when_they_were_given(db: Database) -> None:
    with db.transaction() as session:
        here, spanish = conversation(session), phone(session, Channel.WHATSAPP, locale="es-MX")
        for rating, given, where in (
            (5, "2026-03-02 00:00", here),
            (5, "2026-03-08 23:59", here),
            (1, "2026-03-03 12:00", spanish),
            (4, "2026-03-09 00:00", here),
            (None, "2026-03-03 12:00", here),  # words alone
        ):
            session.add(Feedback(conversation_id=where.id, rating=rating, given_at=at(given), about="payment"))
        session.add(Feedback(conversation_id=here.id, asked_at=ASKED))
    assert parts(db, "satisfaction", MARCH) == {"5": 2, "1": 1}
    assert parts(db, "satisfaction", MARCH.of(channel=Channel.WHATSAPP)) == {"1": 1}


def test_messages_are_understood_doubtful_or_not_by_what_they_were_taken_for(db: Database) -> None:
    with db.transaction() as session:
        here = conversation(session)
        for intent, confidence, author in (
            ("nlu_fallback", 0.2, Author.CUSTOMER),
            ("make_payment", 0.49, Author.CUSTOMER),
            ("make_payment", 0.5, Author.CUSTOMER),
            ("make_payment", 1.0, Author.CUSTOMER),
            (None, 0.0, Author.CUSTOMER),  # a person's conversation: the assistant read nothing
            (None, 0.0, Author.BOT),
        ):
            says(session, here, ASKED, intent, confidence=confidence, author=author)
    assert counted(db, "understanding", MARCH, "kind", "part") == {
        ("nlu_fallback", "not"): 1,
        ("make_payment", "unsure"): 1,
        ("make_payment", "well"): 2,
    }
    with db.reading() as session:
        behind, count = TOPICS["understanding"].facts(session, MARCH).only(["not"], None).page(session, 0, 10)
    assert count == 1
    assert [(fact.text, fact.conversation_id) for fact in behind] == [("message 1", here.id)]


def test_opt_outs_are_refusals_by_the_refused_channel_and_how_we_know(db: Database) -> None:
    with db.transaction() as session:
        spoken = talk(session, ASKED, locale="es-MX")
        for number, (channel, source, granted, when, where) in enumerate(
            (
                (Channel.SMS, ConsentSource.KEYWORD, False, "2026-03-02 00:00", spoken),
                (Channel.SMS, ConsentSource.PROVIDER, False, "2026-03-08 23:59", None),
                (Channel.WHATSAPP, ConsentSource.WORDS, False, "2026-03-03 12:00", None),
                (Channel.SMS, ConsentSource.KEYWORD, True, "2026-03-03 12:00", None),
                (Channel.SMS, ConsentSource.KEYWORD, False, "2026-03-09 00:00", None),
            )
        ):
            session.add(
                Consent(
                    channel=channel,
                    address=f"+1212555{number:04d}",
                    granted=granted,
                    source=source,
                    purpose=Purpose.EVERYTHING,
                    conversation_id=where.id if where else None,
                    created_at=at(when),
                )
            )
    assert counted(db, "opt-outs", MARCH, "channel", "part") == {
        ("sms", "keyword"): 1,
        ("sms", "provider"): 1,
        ("whatsapp", "words"): 1,
    }
    assert parts(db, "opt-outs", MARCH.of(channel=Channel.SMS)) == {"keyword": 1, "provider": 1}
    assert parts(db, "opt-outs", MARCH.of(language="es")) == {"keyword": 1}
