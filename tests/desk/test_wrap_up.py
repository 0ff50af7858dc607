"""What came of a hand-over: chosen from the policy's list, kept with it, and what decides whether a rating is asked."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from bot import policies
from bot.conversations import handoff
from bot.models import AuditEntry, Feedback, WrapUp
from tests.desk.desks import Desk, Visit


def taken(desk: Desk, **given: Any) -> str:
    """Where the acts on a conversation of Ana's are."""
    conversation_id = desk.waiting(**given)
    with desk.db.transaction() as session:
        handoff.claim(session, conversation_id, desk.ana)
    return f"conversations/{conversation_id}"


def test_what_came_of_it_is_kept_with_the_hand_over_and_shown(desk: Desk, ana: Visit, sol: Visit) -> None:
    for act in ("return", "close"):
        where = taken(desk)
        assert ana.post(f"{where}/{act}", {"wrap_up": "plan_agreed", "note": "Three parts"}).status_code == 200
        now = sol.get(where).json()["handoffs"][0]
        assert (now["wrap_up"], now["events"][-1]["note"]) == ("Plan agreed", "Three parts")
        assert ana.post(f"{where}/{act}", {"wrap_up": "paid"}).status_code == 409, "twice is once"
    with desk.db.reading() as session:
        kept = session.execute(sa.select(WrapUp.code, WrapUp.agent_id)).all()
        acts = sa.select(AuditEntry.detail).where(AuditEntry.action.in_(["conversation.return", "conversation.close"]))
        assert [tuple(row) for row in kept] == [("plan_agreed", desk.ana.id)] * 2
        assert session.scalars(acts).all() == [{"wrap_up": "plan_agreed"}] * 2


def test_only_a_code_of_the_list_and_a_note_where_it_needs_one(desk: Desk, ana: Visit) -> None:
    where = taken(desk)
    for body, says in (
        ({"wrap_up": "annoyed"}, "choose what came of it"),
        ({"wrap_up": "other"}, "“Something else” needs a word"),
        ({"wrap_up": "other", "note": " \x00 "}, "“Something else” needs a word"),
    ):
        refused = ana.post(f"{where}/close", body)
        assert (refused.status_code, says in refused.json()["error"]["message"]) == (422, True), body
    assert desk.conversation(uuid.UUID(where[-36:])).closed_at is None
    assert ana.post(f"{where}/close", {"wrap_up": "other", "note": "Sent us a poem"}).status_code == 200


def test_a_rating_is_asked_where_something_was_settled_and_never_in_hard_times_k14(desk: Desk, ana: Visit) -> None:
    asked = {}
    for code, each in policies.wrap_up().root.items():
        where = taken(desk)
        ana.post(f"{where}/close", {"wrap_up": code, "note": "-" if each.note else None})
        with desk.db.reading() as session:
            here = sa.select(sa.func.count()).where(Feedback.conversation_id == uuid.UUID(where[-36:]))
            asked[code] = session.scalar(here) == 1
    assert asked == {code: each.rated for code, each in policies.wrap_up().root.items()}
    assert asked["paid"]
    assert not any(asked[code] for code in ("hardship_care", "complaint", "wrong_person", "adviser"))


def test_the_quiet_days_of_the_policy_hold_for_a_rated_close_too(desk: Desk, ana: Visit) -> None:
    where = taken(desk)
    conversation_id = uuid.UUID(where[-36:])
    ana.post(f"{where}/close", {"wrap_up": "paid"})
    with desk.db.transaction() as session:
        handoff.request(session, conversation_id, reason="request_human", skill="general", summary={})
        handoff.claim(session, conversation_id, desk.ana)
    ana.post(f"{where}/close", {"wrap_up": "paid"})
    with desk.db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Feedback)) == 1
