"""The lists: pages, counts, filters, tiers, targets; and closed conversations, to look back at."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock as our_clock
from bot import policies
from bot.conversations import handoff, transcript
from bot.db import lock
from bot.desk.auth import open_session
from bot.desk.events import Position, Watch
from bot.desk.queue.filters import Filters
from bot.models import (
    Ability,
    AuditEntry,
    Author,
    Channel,
    Conversation,
    Handoff,
    HandoffTarget,
    Holder,
    Message,
)
from bot.policies import EscalationPolicy, PolicyInvalid
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit, waiting


def many(desk: Desk, count: int) -> None:
    """That many customers who wait, each with a long word, written at once."""
    at = our_clock.now()
    conversations = [uuid.uuid4() for _ in range(count)]
    tables: dict[Any, dict[str, Any]] = {
        Conversation: {"channel": Channel.WEB, "holder": Holder.QUEUE, "locale": "en-US", "last_seq": 1},
        Handoff: {"reason": "request_human", "skill": "general", "summary": {}},
        Message: {"seq": 1, "author": Author.CUSTOMER, "text": "x" * 300},
    }
    with desk.db.transaction() as session:
        for table, values in tables.items():
            own = "id" if table is Conversation else "conversation_id"
            session.execute(sa.insert(table), [values | {own: id_} for id_ in conversations])
        for number, id_ in enumerate(conversations):
            row = session.get_one(Conversation, id_)
            row.waiting_since = at - dt.timedelta(seconds=number)
            row.handoff_id = session.scalars(sa.select(Handoff.id).where(Handoff.conversation_id == id_)).one()


def ids(items: list[dict[str, Any]]) -> list[str]:
    """The conversations of a list."""
    return [item["id"] for item in items]


def closed(desk: Desk, visit: Visit) -> str:
    """A conversation that this agent has closed."""
    conversation_id = str(desk.waiting())
    visit.post(f"conversations/{conversation_id}/claim")
    assert visit.post(f"conversations/{conversation_id}/close").status_code == 200
    return conversation_id


def test_the_first_page_is_small_and_further_pages_go_on_where_it_ends(desk: Desk, ana: Visit) -> None:
    many(desk, 130)
    first = ana.get("queue")
    assert len(first.content) < 60_000
    assert first.json()["counts"] == {"waiting": 130, "waiting_all": 130, "mine": 0}
    seen, skip = ids(first.json()["waiting"]), 50
    assert len(seen) == 50
    while skip is not None:
        page = ana.get(f"lists/waiting?skip={skip}").json()
        seen, skip = seen + ids(page["items"]), page["next"]
    assert len(seen) == len(set(seen)) == 130
    with desk.db.reading() as session:
        in_line = [str(each.conversation_id) for each in factories.in_line(session)]
    assert seen == in_line, "the order of the criteria (K13)"


def test_a_page_of_any_length_takes_the_same_few_queries(desk: Desk, ana: Visit) -> None:
    def queries() -> int:
        made: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            made.append(statement)

        sa.event.listen(desk.db.engine, "before_cursor_execute", note)
        ana.get("queue")
        sa.event.remove(desk.db.engine, "before_cursor_execute", note)
        return len(made)

    desk.waiting()
    few = queries()
    for _ in range(6):
        desk.waiting()
    assert queries() == few


def test_filters_leave_what_was_chosen_with_its_place_in_the_whole_queue(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        care = waiting(session, None, "One", reason="crisis", skill="care", priority=0)
        plans = waiting(session, None, "Dos", reason="counter_offers", skill="plans", priority=4)
        session.get_one(Conversation, plans).locale = "es-MX"
        general = waiting(session, factories.customer(session), "Three")
        sms = waiting(session, None, "Four", reason="technical_failure")
        session.get_one(Conversation, sms).channel = Channel.SMS
    expected = {
        "skill=care": [care],
        "language=es": [plans],
        "channel=sms": [sms],
        "reason=counter_offers": [plans],
        "tier=3": [care],
        "tier=2": [plans],
        "tier=1": [general, sms],
        "skill=general&channel=web": [general],
        "skill=none": [],
        "skill=%00": [care, plans, general, sms],
    }
    for query, wanted in expected.items():
        found = ana.get(f"queue?{query}").json()
        assert ids(found["waiting"]) == [str(id_) for id_ in wanted], query
        assert (found["counts"]["waiting"], found["counts"]["waiting_all"]) == (len(wanted), 4)
    assert ana.get("queue?tier=2").json()["waiting"][0]["place"] == 2
    for bad in ("tier=9", "tier=x", "skill=" + "x" * 65, "fits=maybe"):
        assert ana.get(f"queue?{bad}").status_code == 422


def test_what_fits_an_agent_is_what_they_can_take_on(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        care = waiting(session, None, "One", skill="care")
        spanish = waiting(session, None, "Dos", skill="plans")
        session.get_one(Conversation, spanish).locale = "es"
    assert len(ana.get("queue?fits=yes").json()["waiting"]) == 2, "nothing is said of Ana: everything fits"
    with desk.db.transaction() as session:
        session.add(Ability(agent_id=desk.ana.id, skills=["care", "plans"], languages=["en"]))
    assert ids(ana.get("queue?fits=yes").json()["waiting"]) == [str(care)]


def test_filters_never_hide_ones_own(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    assert ids(ana.get("queue?skill=care").json()["mine"]) == [str(conversation_id)]


def test_a_row_says_its_tier_and_by_when_to_answer(desk: Desk, ana: Visit, clock: SetClock) -> None:
    conversation_id = desk.waiting(reason="crisis", skill="care", priority=0)
    with desk.db.transaction() as session:
        row = session.get_one(Conversation, conversation_id)
        target = session.get(HandoffTarget, row.handoff_id)
        if target is None:
            target = HandoffTarget(handoff_id=row.handoff_id, warn_at=our_clock.now())
            session.add(target)
        target.target_at = our_clock.now() + dt.timedelta(minutes=10)
    row_now = ana.get("queue").json()["waiting"][0]
    assert (row_now["tier"], row_now["tier_name"], row_now["breached"]) == (3, "Care", False)
    assert row_now["target_at"] == (our_clock.now() + dt.timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    clock.advance(minutes=11)
    assert ana.get("queue").json()["waiting"][0]["breached"] is True


def test_closed_conversations_are_for_who_closed_them_to_read_and_for_supervisors(
    desk: Desk, ana: Visit, ben: Visit, sol: Visit
) -> None:
    conversation_id = closed(desk, ana)
    where = f"conversations/{conversation_id}"
    assert ids(ana.get("lists/closed").json()["items"]) == [conversation_id]
    assert ids(sol.get("lists/closed").json()["items"]) == [conversation_id]
    assert ben.get("lists/closed").json() == {"items": [], "next": None}
    assert [visit.get(where).status_code for visit in (ana, ben, sol)] == [200, 403, 200]
    whole = ana.get(where).json()
    assert whole["may"] == {**whole["may"], "claim": False, "write": False, "transfer": False}
    for path, body in (("messages", {"client_id": str(uuid.uuid4()), "text": "Hello"}), ("notes", {"text": "Hello"})):
        assert ana.post(f"{where}/{path}", body).status_code in (403, 409), "it is there to read"
    with desk.db.transaction() as session:
        row = lock(session, Conversation, uuid.UUID(conversation_id))
        assert row is not None
        row.closed_at = None
        transcript.append(session, row, author=Author.CUSTOMER, text="Me again")
    assert ana.get(where).status_code == 403, "it goes on with the assistant"
    assert ana.get("lists/closed").json()["items"] == []


def test_only_who_closed_it_last_looks_back(desk: Desk, ana: Visit, ben: Visit) -> None:
    conversation_id = closed(desk, ana)
    with desk.db.transaction() as session:
        session.get_one(Conversation, uuid.UUID(conversation_id)).closed_at = None
        session.flush()
        handoff.request(session, uuid.UUID(conversation_id), reason="request_human", skill="general", summary={})
    ben.post(f"conversations/{conversation_id}/claim")
    assert ben.post(f"conversations/{conversation_id}/close").status_code == 200
    assert [visit.get(f"conversations/{conversation_id}").status_code for visit in (ana, ben)] == [403, 200]


def test_what_the_assistant_and_colleagues_have_is_for_supervisors(desk: Desk, ana: Visit, sol: Visit) -> None:
    with desk.db.transaction() as session:
        row = factories.conversation(session)
        transcript.append(session, row, author=Author.CUSTOMER, text="Hello")
    item = sol.get("lists/assistant").json()["items"][0]
    assert (item["id"], item["holder"], item["last"]["text"]) == (str(row.id), "bot", "Hello")
    for name in ("assistant", "others"):
        assert ana.get(f"lists/{name}").status_code == 403
    assert ana.get("lists/everything").status_code == 422


def test_looking_at_a_further_page_is_on_record(desk: Desk, ana: Visit) -> None:
    conversation_id = closed(desk, ana)
    ana.get("lists/closed")
    with desk.db.reading() as session:
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "queue.read").order_by(AuditEntry.id.desc())
        ).first()
    assert entry is not None
    assert entry.detail == {"conversations": [conversation_id], "list": "closed"}


def test_unverified_names_and_balances_show_in_no_list_p1(desk: Desk, sol: Visit, clock: SetClock) -> None:
    conversation_id = closed(desk, sol)
    unknown = desk.waiting(verified=False)
    clock.advance(minutes=31)
    [item] = sol.get("lists/closed").json()["items"]
    assert (item["id"], item["identity"], item["at_stake"]) == (conversation_id, "lapsed", None)
    [stranger] = sol.get("queue").json()["waiting"]
    assert (stranger["id"], stranger["name"], stranger["at_stake"]) == (str(unknown), None, None)


def test_tiers_are_named_for_every_criterion_and_a_wrong_one_is_said_k13(tmp_path: Any) -> None:
    criteria = policies.escalation()
    assert (criteria.tier_of("crisis"), criteria.tier_of("counter_offers"), criteria.tier_of("unheard of")) == (3, 2, 1)
    good = (policies.FOLDER / "escalation.yml").read_text()
    for before, after, says in (
        ("  3: {name: Care", "  4: {name: Care", "tiers"),
        ("tier: 2} # terms", "tier: 7} # terms", "counter_offers.tier"),
        ("express_crisis: {reason: crisis", "express_crisis: {reason: frustration", "another tier elsewhere"),
    ):
        assert good.count(before) == 1
        (tmp_path / "escalation.yml").write_text(good.replace(before, after))
        with pytest.raises(PolicyInvalid, match=says):
            policies.read(EscalationPolicy, tmp_path / "escalation.yml")


def test_the_stream_follows_the_same_filters(desk: Desk) -> None:
    care = desk.waiting(skill="care")
    desk.waiting()
    with desk.db.transaction() as session:
        _, seat = open_session(session, desk.ana)
    watch = Watch(desk.db, seat.digest, None, Position(), Filters(skill="care"))
    [news] = [event for event in watch.look() if b"event: queue" in event]
    lists = json.loads(news.split(b"data: ", 1)[1])
    assert ids(lists["waiting"]) == [str(care)]
    assert not [event for event in watch.look() if b"event: queue" in event], "nothing is new"
