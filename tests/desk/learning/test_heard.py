"""Which turns are in question, and that each sentence is there once."""

from __future__ import annotations

import pytest

from bot.db import Database
from bot.desk.learning import heard
from bot.desk.learning.heard import Heard, Why
from tests import factories
from tests.conftest import SetClock
from tests.desk.learning.turns import says


def found(db: Database) -> list[Heard]:
    """The list."""
    with db.reading() as session:
        return heard.heard(session)


@pytest.mark.parametrize(
    ("intent", "confidence", "why"),
    [
        ("nlu_fallback", 0.2, {Why.NOT_UNDERSTOOD}),
        ("out_of_scope", 0.9, {Why.OUT_OF_SCOPE}),
        ("check_balance", 0.49, {Why.UNSURE}),
        ("check_balance", 0.5, None),
        ("check_balance", None, None),
        (None, None, None),
    ],
)
def test_a_turn_is_in_question_by_what_it_was_heard_as(
    db: Database, clock: SetClock, intent: str | None, confidence: float | None, why: set[Why] | None
) -> None:
    with db.transaction() as session:
        says(session, "my boat sank", intent, confidence=confidence)
    assert [each.why for each in found(db)] == ([] if why is None else [why])


@pytest.mark.parametrize(
    ("then", "heard_as", "minutes", "why"),
    [
        ("you never listen", "express_frustration", 2, {Why.FRUSTRATED}),
        ("a person please", "request_human", 2, {Why.PERSON}),
        ("what?", "repeat", 2, {Why.REPEATED}),
        ("Where is my receipt?!", "request_receipt", 2, {Why.REPEATED}),
        ("where is the receipt", "check_balance", 2, None),
        ("and how much is left", "check_balance", 2, None),
        ("you never listen", "express_frustration", 61, None),
    ],
)
def test_a_turn_is_in_question_by_what_the_customer_said_next(
    db: Database, clock: SetClock, then: str, heard_as: str, minutes: int, why: set[Why] | None
) -> None:
    with db.transaction() as session:
        here = factories.conversation(session)
        says(session, "where is my receipt", "request_receipt", to=here)
        clock.advance(minutes=minutes)
        says(session, then, heard_as, to=here)
    assert [each.why for each in found(db) if each.text == "where is my receipt" or why] == ([why] if why else [])


def test_what_somebody_else_said_next_is_no_answer_to_it(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        says(session, "where is my receipt", "request_receipt")
        says(session, "you never listen", "express_frustration")
    assert found(db) == []


def test_each_sentence_is_there_once_newest_first_and_counted(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        says(session, "My boat SANK!")
        clock.advance(minutes=1)
        says(session, "do you sell fish", "out_of_scope")
        clock.advance(minutes=1)
        newest = says(session, "my boat  sank", "out_of_scope").id
    listed = found(db)
    assert [(each.text, each.count) for each in listed] == [("my boat  sank", 2), ("do you sell fish", 1)]
    assert listed[0].message_id == newest
    assert listed[0].why == {Why.NOT_UNDERSTOOD, Why.OUT_OF_SCOPE}


def test_what_was_pressed_or_is_old_or_empty_is_not_in_question(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        says(session, "A button", payload="/nlu_fallback")
        says(session, "")
        says(session, "my boat sank")
    assert [each.text for each in found(db)] == ["my boat sank"]
    clock.advance(days=heard.DAYS + 1)
    assert found(db) == []


def test_a_key_tells_nothing_of_the_words_and_is_the_same_however_they_are_typed(sqlite_db: Database) -> None:
    assert heard.key_of("My boat sank!") == heard.key_of("my  boat, sank")
    assert heard.key_of("my boat sank") != heard.key_of("my boat swam")
    assert "boat" not in heard.key_of("my boat sank")
