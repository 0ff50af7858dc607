"""The supervisor's view over all: right numbers, few queries, no customer in it."""

from __future__ import annotations

import json

from bot.conversations import handoff
from bot.models import Conversation
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit, waiting


def test_it_counts_who_waits_for_what_and_for_how_long(desk: Desk, clock: SetClock) -> None:
    with desk.db.transaction() as session:
        waiting(session, None, "One", reason="crisis", skill="care", priority=0)
        spanish = waiting(session, None, "Dos", reason="counter_offers", skill="plans")
        session.get_one(Conversation, spanish).locale = "es-MX"
    clock.advance(minutes=5)
    desk.waiting()
    clock.advance(minutes=1)
    with desk.visit("sol@example.com") as sol:
        found = sol.get("overview").json()
    assert found["waiting"] == {"count": 3, "longest_s": 360}
    assert [(each["code"], each["count"], each["longest_s"]) for each in found["by"]["tier"]] == [
        ("3", 1, 360),
        ("2", 1, 360),
        ("1", 1, 60),
    ]
    assert {each["code"]: each["count"] for each in found["by"]["skill"]} == {"care": 1, "plans": 1, "general": 1}
    assert {each["name"]: each["count"] for each in found["by"]["language"]} == {"English": 2, "Spanish": 1}


def test_it_says_who_has_how_many_and_who_is_waited_for(desk: Desk, clock: SetClock) -> None:
    first, second, third = desk.waiting(), desk.waiting(), desk.waiting()
    with desk.db.transaction() as session:
        for conversation_id, agent in ((first, desk.ana), (second, desk.ana), (third, desk.ben)):
            handoff.claim(session, conversation_id, agent)
        handoff.reply(session, second, desk.ana, "Hello, I'm Ana.", "c" * 36)
    clock.advance(minutes=10)
    with desk.visit("sol@example.com") as sol:
        found = sol.get("overview").json()
    people = {each["name"]: (each["held"], each["unanswered"], each["longest_s"]) for each in found["agents"]}
    assert (people["Ana"], people["Ben"]) == ((2, 1, 600), (1, 1, 600))
    assert (found["held"], found["unanswered"]) == (3, 2)


def test_first_answers_that_are_late_are_counted(desk: Desk, clock: SetClock) -> None:
    desk.waiting(priority=0)
    with desk.visit("sol@example.com") as sol:
        before = sol.get("overview").json()["late"]["now"]
    clock.advance(days=7)
    with desk.visit("sol@example.com") as sol:
        assert (before, sol.get("overview").json()["late"]["now"]) == (0, 1)


def test_no_customer_is_in_it_and_agents_are_not_shown_it(desk: Desk, ana: Visit, sol: Visit) -> None:
    conversation_id = desk.waiting(said="Something of mine")
    text = json.dumps(sol.get("overview").json())
    for personal in ("Robin", "Something", str(conversation_id)):
        assert personal not in text
    assert [visit.get("overview").status_code for visit in (ana, sol)] == [403, 200]
    assert [visit.http.request("GET", "/desk/overview").status_code for visit in (ana, sol)] == [403, 200]
    assert "Overview" not in ana.http.request("GET", "/desk").text
