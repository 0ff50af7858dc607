"""Fifty agents before a thousand who wait: everybody is taken once, and nobody is lost."""

from __future__ import annotations

import threading
import uuid
from collections import Counter

import pytest
import sqlalchemy as sa

from bot.conversations import handoff
from bot.conversations.assignment import presence
from bot.db import Database
from bot.errors import Conflict
from bot.models import Agent, Channel, Conversation, Handoff, HandoffEvent, HandoffEventKind, Holder, Offer
from bot.models import OfferOutcome as Outcome
from tests import factories

AGENTS = 50
HEAD = 4  # conversations that every agent reaches for


def queue_of(db: Database, number: int) -> list[uuid.UUID]:
    """So many who wait, the first one first; made in bulk."""
    with db.transaction() as session:
        made = [Conversation(channel=Channel.WEB, address="203.0.113.1", last_seq=1) for _ in range(number)]
        session.add_all(made)
        session.flush()
        asked = [Handoff(conversation_id=each.id, reason="request_human", skill="general", summary={}) for each in made]
        session.add_all(asked)
        session.flush()
        for each, handed in zip(made, asked, strict=True):
            each.holder, each.handoff_id, each.waiting_since = Holder.QUEUE, handed.id, handed.created_at
        return [each.id for each in made]


@pytest.mark.parametrize(("kind", "number"), [("postgres_db", 1_000), ("sqlite_db", 200)])
def test_fifty_agents_claim_all_who_wait_without_one_claim_too_many_or_too_few(
    request: pytest.FixtureRequest, kind: str, number: int
) -> None:
    db: Database = request.getfixturevalue(kind)
    waiting = queue_of(db, number)
    with db.transaction() as session:
        agents = [factories.agent(session) for _ in range(AGENTS)]
        for agent in agents:
            presence.own(session, agent.id)
    together, won, failed = threading.Barrier(AGENTS), Counter[uuid.UUID](), []
    counting = threading.Lock()

    def claim(agent: Agent, wanted: list[uuid.UUID]) -> None:
        together.wait(30)
        for conversation_id in wanted:
            try:
                with db.transaction() as session:
                    handoff.claim(session, conversation_id, agent)
            except Conflict:
                continue
            except BaseException as error:
                failed.append(error)
                return
            with counting:
                won[conversation_id] += 1

    share = number // AGENTS
    work = []
    for place, agent in enumerate(agents):
        # The head of the queue, which all of them want; one's own part of it; a neighbour's.
        mine = waiting[:HEAD] + waiting[place * share : (place + 2) * share]
        work.append(threading.Thread(target=claim, args=(agent, mine)))
    for each in work:
        each.start()
    for each in work:
        each.join(120)
    assert failed == []
    assert won.keys() == set(waiting)
    first_part = HEAD + share
    assert all(won[each] == 1 for each in waiting[first_part:])
    assert max(won.values()) <= 2, "who wants the head twice may claim their own again"
    with db.reading() as session:
        rows = session.execute(sa.select(Conversation.holder, sa.func.count()).group_by(Conversation.holder)).all()
        assert [tuple(row) for row in rows] == [(Holder.AGENT, number)]
        claims = sa.select(sa.func.count()).where(HandoffEvent.kind == HandoffEventKind.CLAIMED)
        assert session.scalar(claims) == number
        assert session.scalar(sa.select(sa.func.count()).where(Offer.outcome == Outcome.OPEN)) == 0
