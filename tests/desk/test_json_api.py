"""Whatever a program sends to the desk, it answers in a sentence: nothing fails inside, and nothing is told of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute, iter_route_contexts

from bot.conversations import handoff, transfers
from bot.db import Database
from bot.models import Conversation, Holder, Invoice, Plan, Role
from tests.anything import description, try_everything
from tests.desk.desks import Desk, Visit
from tests.desk.learning.turns import said_to
from tests.desk.test_money import Till

pytestmark = pytest.mark.slow

EACH = int(os.environ.get("GT_TEST_EXAMPLES", "20"))
# Signing out would end the rest; a stream that is let in does not end; a picture of the door asks another server.
LEFT_OUT = re.compile(r"^/api/desk/(session|events)$|/sso")
# What pages read of their address beside what their routes declare.
QUERIES = {
    "/desk/insights": ("from", "to", "channel", "language", "currency"),
    "/desk/insights/rows/{name}": ("from", "to", "channel", "language", "of", "part", "page"),
    "/desk/outreach": ("from", "to", "channel", "language", "kind", "wording", "after", "month"),
    "/desk/outreach/rows": ("from", "to", "channel", "kind", "wording", "state", "rule", "came", "page"),
    "/desk/outreach/plan": ("on", "account"),
    "/desk/learning": ("tab", "why", "page", "language"),
}


class World:
    """Sol, an administrator, speaks with Maya; an adjustment, a sentence and a plan are there to be handled."""

    def __init__(self, desk: Desk, visit: Visit) -> None:
        self.desk, self.visit, self.till = desk, visit, Till(desk)
        self.sentence = said_to(desk)
        self.other = desk.waiting()
        with desk.visit("ana@example.com") as ana:
            self.adjustment = self.till.adjust(ana, 5_000).json()["adjustment"]["id"]
            self.refund = self.till.refund(ana, 9_000).json()["refund"]["id"]

    def known(self) -> dict[str, list[str]]:
        """Ids of what there is, by the names under which calls ask for them."""
        with self.desk.db.reading() as session:
            invoices = [str(each) for each in session.scalars(sa.select(Invoice.id))]
            plans = [str(each) for each in session.scalars(sa.select(Plan.id))]
        return {
            "conversation_id": [str(self.till.conversation_id)],
            "customer_id": [str(self.till.customer_id)],
            "invoice_id": invoices,
            "payment_id": [str(self.till.payment_id)],
            "adjustment_id": [self.adjustment],
            "refund_id": [self.refund],
            "plan_id": plans,
            "message_id": [str(self.sentence)],
            "to": [str(self.desk.ben.id)],
            "name": ["talks", "self_service", "mine", "waiting"],
        }

    def back_in_place(self) -> None:
        """Sol has the conversation."""
        with self.desk.db.transaction() as session:
            talk = session.get_one(Conversation, self.till.conversation_id)
            if talk.agent_id == self.desk.sol.id:
                return
            if talk.holder != Holder.QUEUE:
                if talk.holder == Holder.AGENT:
                    transfers.transfer(session, talk.id, self.desk.sol, None, None)
                else:
                    handoff.request(session, talk.id, reason="request_human", skill="general", summary={})
            session.flush()
            handoff.claim(session, talk.id, self.desk.sol)


@pytest.fixture
def world(postgres_db: Database) -> Iterator[World]:
    """On PostgreSQL, which takes less than SQLite does."""
    desk = Desk(postgres_db)
    with desk.visit("sol@example.com", role=Role.ADMINISTRATOR) as visit:
        yield World(desk, visit)


def test_whatever_is_sent_to_the_desk_is_answered_in_a_sentence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = [
        context.route
        for context in iter_route_contexts(world.desk.app.routes)
        if isinstance(context.route, APIRoute) and f"{context.route.path}/".startswith(("/desk/", "/api/desk/"))
    ]
    tried = [route for route in ours if not LEFT_OUT.search(route.path)]
    for route in tried:
        monkeypatch.setattr(route, "include_in_schema", True)
    known = world.known()
    described = description(tried, known)
    for path, names in QUERIES.items():
        parameters: list[dict[str, Any]] = described["paths"][path]["get"].setdefault("parameters", [])
        parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]

    done: set[str] = set()

    def send(method: str, url: str, **given: Any) -> httpx.Response:
        answer = world.visit.http.request(method, url, **given)
        if answer.is_success:
            done.add(f"{method} {url}")
        return answer

    faults = try_everything(described, send, known, each=EACH, before=world.back_in_place)
    assert not faults, "\n".join(faults)
    assert {"claim", "messages", "notes", "transfer", "close", "money"} <= {each.rsplit("/", 1)[-1] for each in done}
