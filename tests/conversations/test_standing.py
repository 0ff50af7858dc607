"""What stands is named when a person hands a customer back to the assistant."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from bot import clock as bot_clock
from bot.billing import plans
from bot.conversations import handoff, transcript
from bot.db import Database
from bot.models import Conversation, HoldKind, Promise
from tests import factories
from tests.conftest import SetClock

PROOF = dt.timedelta(minutes=30)


def returned(session: Session, **given: Any) -> list[str]:
    """What Maya is told by the return of her conversation from Ana."""
    conversation, agent = factories.conversation(session, **given), factories.agent(session)
    handoff.request(session, conversation.id, reason="request_human", skill="general", summary={})
    handoff.claim(session, conversation.id, agent)
    before = session.get_one(Conversation, conversation.id).last_seq
    handoff.give_back(session, conversation.id, agent)
    session.flush()
    return [message.text for message in transcript.after(session, conversation.id, before)]


def test_the_plan_the_promise_and_what_waits_are_named_with_the_way_to_change_them_k3(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        proof = {"customer_id": maya.id, "verified_until": bot_clock.now() + PROOF}
        (back,) = returned(session, **proof)
        assert "Everything you agreed with Ana stands." in back
        plans.agree(session, plans.quote(session, maya, conversation_id=None)[0].id, maya)
        session.add(Promise(customer_id=maya.id, amount=6_000, currency="USD", due_on=dt.date(2026, 3, 12)))
        factories.hold_customer(session, maya, HoldKind.HARDSHIP)
        session.flush()
        _, stands = returned(session, **proof)
    lines = stands.split("\n")
    assert lines[0] == "This is what stands:"
    assert lines[1].startswith("• Your plan, with $")
    assert lines[2] == "• The $60.00 that you named for March 12, 2026; until then you hear nothing about it"
    assert lines[3] == "• We go slowly while times are hard for you"
    assert lines[4] == "If anything changes for you, tell me, and we change it."


def test_nothing_is_named_to_who_has_not_proven_who_they_are_p1(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        session.add(Promise(customer_id=maya.id, amount=6_000, currency="USD", due_on=dt.date(2026, 3, 12)))
        assert len(returned(session, customer_id=maya.id, verified_until=bot_clock.now() - PROOF)) == 1


def test_it_is_said_in_their_language(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        session.add(Promise(customer_id=maya.id, amount=6_000, currency="USD", due_on=dt.date(2026, 3, 12)))
        for locale, says in (("es-MX", "12 de marzo de 2026"), ("pt-BR", "12 de março de 2026")):
            proof = {"customer_id": maya.id, "verified_until": bot_clock.now() + PROOF, "locale": locale}
            assert says in returned(session, **proof)[1]
