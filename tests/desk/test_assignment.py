"""Presence, offers, hand-overs to colleagues and teams, and follow-ups by the desk's calls."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bot.conversations import handoff
from bot.conversations.assignment import follow_ups, offering, presence
from bot.models import Ability, AuditEntry, Availability, Conversation, FollowUp, Holder, Presence, Role
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit


@pytest.fixture
def at_work(desk: Desk, clock: SetClock) -> Iterator[tuple[Visit, Visit]]:
    """Ana and Ben on a Monday morning, signed in by the clock that the test holds."""
    with desk.visit("ana@example.com") as ana, desk.visit("ben@example.com") as ben:
        yield ana, ben


def choose(visit: Visit, availability: str = "available") -> dict[str, object]:
    """What the agent's bar shows after the choice."""
    answer = visit.post("presence", {"availability": availability})
    assert answer.status_code == 200
    shown: dict[str, object] = answer.json()
    return shown


def done(desk: Desk, action: str) -> int:
    """How often the audit log names `action`."""
    with desk.db.reading() as session:
        return len(session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)).all())


def test_who_is_available_is_offered_at_once_and_accepting_is_claiming_once(
    desk: Desk, at_work: tuple[Visit, Visit]
) -> None:
    ana, ben = at_work
    assert ana.get("presence").json()["presence"]["now"] == "offline"
    conversation_id = desk.waiting(reason="counter_offers", skill="plans")
    offer = choose(ana)["offer"]
    assert isinstance(offer, dict)
    assert (offer["conversation_id"], offer["reason"], offer["skill"]) == (
        str(conversation_id),
        "counter_offers",
        "plans",
    )
    assert "Robin" not in str(offer), "who it is, is on record once it is looked at"
    assert choose(ben)["offer"] is None
    assert ben.post(f"offers/{offer['id']}/accept").status_code == 404
    for _ in range(2):  # clicked twice
        assert ana.post(f"offers/{offer['id']}/accept").json()["conversation"]["may"]["write"] is True
    assert desk.conversation(conversation_id).agent_id == desk.ana.id
    assert ana.post(f"offers/{offer['id']}/decline").status_code == 409
    assert ana.get("presence").json()["presence"]["held"] == 1
    assert done(desk, "presence.chosen") == 2


def test_not_now_passes_it_on_and_a_claim_by_hand_takes_the_offer_away(
    desk: Desk, at_work: tuple[Visit, Visit]
) -> None:
    ana, ben = at_work
    conversation_id = desk.waiting()
    offer = choose(ana)["offer"]
    assert isinstance(offer, dict)
    choose(ben)
    for _ in range(2):
        assert ana.post(f"offers/{offer['id']}/decline").json()["offer"] is None
    passed_on = ben.get("presence").json()["offer"]
    assert passed_on["conversation_id"] == str(conversation_id)
    assert ana.post(f"conversations/{conversation_id}/claim").status_code == 200
    assert ben.get("presence").json()["offer"] is None
    refused = ben.post(f"offers/{passed_on['id']}/accept")
    assert (refused.status_code, refused.json()["error"]["message"]) == (409, "Ana has this conversation.")
    assert done(desk, "offer.declined") == 2


def test_an_offer_over_its_time_is_still_good_while_nobody_has_taken_it(
    desk: Desk, at_work: tuple[Visit, Visit], clock: SetClock
) -> None:
    ana, _ = at_work
    conversation_id = desk.waiting()
    offer = choose(ana)["offer"]
    assert isinstance(offer, dict)
    clock.advance(minutes=2)
    offering.round_of(desk.db)
    assert ana.post(f"offers/{offer['id']}/accept").status_code == 200
    assert desk.conversation(conversation_id).agent_id == desk.ana.id


def test_only_the_three_choices_there_are_can_be_made(desk: Desk, at_work: tuple[Visit, Visit]) -> None:
    ana, _ = at_work
    for wrong in ("busy", "", None, 1):
        assert ana.post("presence", {"availability": wrong}).status_code == 422
    assert choose(ana, "offline")["presence"] == {"chosen": "offline", "now": "offline", "held": 0, "capacity": 5}


def test_colleagues_are_named_with_what_they_have_and_one_who_is_full_is_given_more_only_anyway(
    desk: Desk, at_work: tuple[Visit, Visit]
) -> None:
    ana, ben = at_work
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    with desk.db.transaction() as session:
        session.add(Ability(agent_id=desk.ben.id, capacity=0))
    choose(ben)
    listed = {each["name"]: each for each in ana.get("agents").json()["agents"]}
    assert (listed["Ben"]["availability"], listed["Ben"]["held"], listed["Ben"]["capacity"]) == ("available", 0, 0)
    assert listed["Ana"]["held"] == 1
    where, to = f"conversations/{conversation_id}/transfer", {"to": str(desk.ben.id), "note": "Speaks Spanish"}
    refused = ana.post(where, to)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "over_capacity")
    assert desk.conversation(conversation_id).agent_id == desk.ana.id
    assert ana.post(where, to | {"anyway": True}).status_code == 200
    [notice] = ben.get("presence").json()["notices"]
    assert (notice["kind"], notice["by"], notice["conversation_id"]) == ("handed_over", "Ana", str(conversation_id))
    assert ben.post("notices/seen").json()["notices"] == []


def test_a_conversation_is_handed_to_a_team_that_exists(desk: Desk, at_work: tuple[Visit, Visit]) -> None:
    ana, _ = at_work
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    assert ana.post(f"conversations/{conversation_id}/transfer", {"skill": "magic"}).status_code == 422
    assert ana.post(f"conversations/{conversation_id}/transfer", {"skill": "care"}).status_code == 200
    with desk.db.reading() as session:
        [waiting] = factories.in_line(session)
        assert waiting.skill == "care"


def test_the_last_sign_out_puts_what_one_had_back_into_the_queue(desk: Desk, at_work: tuple[Visit, Visit]) -> None:
    ana, _ = at_work
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    with desk.visit("ana@example.com") as elsewhere:
        assert ana.sign_out().status_code == 204
        assert desk.conversation(conversation_id).holder == Holder.AGENT, "still signed in on another device"
        assert elsewhere.sign_out().status_code == 204
    assert desk.conversation(conversation_id).holder == Holder.QUEUE
    with desk.db.reading() as session:
        assert presence.availability(session.get_one(Presence, desk.ana.id)) == Availability.OFFLINE


def test_a_supervisor_sets_what_others_take_on_and_no_wrong_thing_is_kept(desk: Desk, clock: SetClock) -> None:
    where = f"agents/{desk.ana.id}/ability"
    with desk.visit("sol@example.com") as sol:
        for wrong in (
            {"skills": ["magic"]},
            {"skills": []},
            {"languages": ["English"]},
            {"capacity": -1},
            {"capacity": 101},
        ):
            assert sol.post(where, wrong).status_code == 422, wrong
        assert sol.post(f"agents/{uuid.uuid4()}/ability", {}).status_code == 404
        for _ in range(2):
            set_ = sol.post(where, {"skills": ["plans", "care"], "languages": ["ES"], "capacity": 2})
            assert set_.status_code == 204
        page = sol.http.request("GET", "/desk/team").text
    assert "0 of 2 conversations · care, plans · es" in page
    with desk.db.transaction() as session:
        session.get_one(type(desk.ana), desk.ana.id).role = Role.ADMINISTRATOR
    with desk.visit("sol@example.com") as sol:
        assert sol.post(where, {}).status_code == 403
    assert done(desk, "agent.ability_set") == 2


def test_the_team_page_names_first_answers_that_are_late(desk: Desk, clock: SetClock) -> None:
    conversation_id = desk.waiting(reason="vulnerability", skill="care", priority=1)
    with desk.visit("sol@example.com") as sol:
        assert "Nobody waits for a first answer" in sol.http.request("GET", "/desk/team").text
        clock.advance(minutes=6)
        assert f"/desk/conversations/{conversation_id}" in sol.http.request("GET", "/desk/team").text
        assert sol.get("presence").json()["late"] == 1
    with desk.visit("ana@example.com") as ana:
        assert ana.get("presence").json()["late"] is None


def test_a_follow_up_is_for_who_had_the_conversation_outlives_it_and_is_planned_once(
    desk: Desk, at_work: tuple[Visit, Visit], clock: SetClock
) -> None:
    ana, ben = at_work
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    where = f"conversations/{conversation_id}/follow-up"
    due_at = clock.now() + dt.timedelta(days=3)
    said = {"due_at": due_at.isoformat(), "note": "Card 4242 4242 4242 4242\x00"}
    assert ben.post(where, said).status_code == 403
    planned = [ana.post(where, said).json()["follow_up"] for _ in range(2)]
    assert planned[0]["id"] == planned[1]["id"]
    assert "4242" not in planned[0]["note"]
    assert "\x00" not in planned[0]["note"]
    assert (ana.get(where).json()["may"], ben.get(where).json()["may"]) == (True, False)
    ana.post(f"conversations/{conversation_id}/close")
    assert ana.get("presence").json()["due"] == 0
    clock.set(due_at)
    assert desk.conversation(conversation_id).holder == Holder.BOT
    with desk.visit("ana@example.com") as back:
        assert back.get("presence").json()["due"] == 1
        page = back.http.request("GET", "/desk/follow-ups").text
        assert "Robin Park" in page
        assert back.get(f"conversations/{conversation_id}").status_code == 200
        follow_up = f"follow-ups/{planned[0]['id']}"
        later = {"due_at": (due_at + dt.timedelta(days=1)).isoformat()}
        assert back.post(f"{follow_up}/postpone", later).status_code == 200
        assert back.get("presence").json()["due"] == 0
        for _ in range(2):
            assert back.post(f"{follow_up}/done").status_code == 200
        assert back.post(f"{follow_up}/postpone", later).status_code == 422
        assert back.get(where).json()["follow_up"] is None
    assert done(desk, "follow_up.planned") == 2


def test_a_follow_up_is_planned_by_who_has_the_conversation_and_opens_only_what_they_had_last(
    desk: Desk, at_work: tuple[Visit, Visit], clock: SetClock
) -> None:
    ana, ben = at_work
    said = {"due_at": (clock.now() + dt.timedelta(days=3)).isoformat()}
    late, early, returned = (f"conversations/{desk.waiting()}" for _ in range(3))
    for where in (late, early, returned):
        ana.post(f"{where}/claim")
    for where in (early, returned):
        assert ana.post(f"{where}/follow-up", said).status_code == 200
    for where in (late, early):
        ana.post(f"{where}/transfer", {"to": str(desk.ben.id)})
    ana.post(f"{returned}/return")

    assert ana.post(f"{late}/follow-up", said).status_code == 403, "planned too late"
    assert ana.get(f"{late}/follow-up").json() == {"follow_up": None, "may": False}
    refused = ana.get(early)
    assert (refused.status_code, refused.json()["error"]["message"]) == (403, "Ben has this conversation.")
    assert ana.get(f"events?conversation={early[-36:]}").status_code == 403
    assert ana.get(returned).status_code == 200, "it went back to the assistant, and Ana had it last"
    assert ana.http.request("GET", "/desk/follow-ups").text.count("Robin Park") == 1

    ben.post(f"{early}/close")
    assert ana.get(early).status_code == 403, "Ben had it last"
    with desk.db.transaction() as session:
        handoff.request(session, uuid.UUID(returned[-36:]), reason="request_human", skill="general", summary={})
    ben.post(f"{returned}/claim")
    assert ana.get(returned).status_code == 403
    ben.post(f"{returned}/return")
    assert ana.get(returned).status_code == 403


def test_follow_ups_are_ones_own_and_a_supervisors_to_see_all(
    desk: Desk, at_work: tuple[Visit, Visit], clock: SetClock
) -> None:
    ana, ben = at_work
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    with desk.db.transaction() as session:
        planned = follow_ups.plan(session, desk.ana, conversation_id, clock.now() + dt.timedelta(hours=1), "Mine")
    assert ben.post(f"follow-ups/{planned.id}/done").status_code == 404
    for path in ("", "?everybody=true"):
        assert "Mine" not in ben.http.request("GET", f"/desk/follow-ups{path}").text
    with desk.visit("sol@example.com") as sol:
        assert "Mine" not in sol.http.request("GET", "/desk/follow-ups").text
        assert "Mine" in sol.http.request("GET", "/desk/follow-ups?everybody=true").text
        assert sol.post(f"follow-ups/{planned.id}/done").status_code == 200
    with desk.db.reading() as session:
        assert session.scalars(sa.select(FollowUp.done_at)).one() == clock.now()


def test_a_day_that_has_passed_is_too_far_or_cannot_be_read_is_refused(
    desk: Desk, at_work: tuple[Visit, Visit], clock: SetClock
) -> None:
    ana, _ = at_work
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    wrong = [
        clock.now().isoformat(),
        (clock.now() + dt.timedelta(days=181)).isoformat(),
        "2026-03-04T10:00:00",
        "9999-12-31T23:59:59-14:00",
        "soon",
        None,
    ]
    for due_at in wrong:
        refused = ana.post(f"conversations/{conversation_id}/follow-up", {"due_at": due_at})
        assert refused.status_code == 422, due_at
    assert ana.post(f"conversations/{uuid.uuid4()}/follow-up", {"due_at": clock.now().isoformat()}).status_code == 404
    with desk.db.reading() as session:
        assert session.scalars(sa.select(FollowUp)).all() == []
        assert session.scalars(sa.select(Conversation)).one().agent_id == desk.ana.id
