"""Beside the messages of a thread: what was understood, what they said elsewhere, the template, who writes or read."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import jwt
import sqlalchemy as sa

from bot import clock as bot_clock
from bot.conversations import handoff, transcript
from bot.db import lock
from bot.models import AuditEntry, Author, Channel, Conversation, Customer, Delivery, Holder, Message, Review
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit
from tests.desk.test_phone import NUMBER, texting


def anas(desk: Desk, **given: Any) -> uuid.UUID:
    """A conversation that Ana has."""
    conversation_id = desk.waiting(**given)
    with desk.db.transaction() as session:
        handoff.claim(session, conversation_id, desk.ana)
    return conversation_id


def heard(desk: Desk, conversation_id: uuid.UUID, text: str, intent: str, **given: Any) -> uuid.UUID:
    """Something that the customer said and the assistant took for `intent`."""
    with desk.db.transaction() as session:
        row = lock(session, Conversation, conversation_id)
        assert row is not None
        said = transcript.append(session, row, author=Author.CUSTOMER, text=text, **given)
        session.flush()
        transcript.answered(session, said.id, intent, 0.93)
        return said.id


def test_what_the_assistant_took_their_words_for_stands_beside_them(desk: Desk, ana: Visit) -> None:
    conversation_id = anas(desk)
    heard(desk, conversation_id, "Could I do it monthly?", "request_plan")
    heard(desk, conversation_id, "Yes", "affirm", payload="/affirm")
    first, *_, said, pressed = ana.get(f"conversations/{conversation_id}").json()["messages"]
    assert said["understood"]["intent"] == "request_plan"
    assert (said["understood"]["confidence"], bool(said["understood"]["words"])) == (0.93, True)
    assert (first["understood"], pressed["understood"]) == (None, None)


def test_what_was_understood_wrongly_and_surely_can_be_marked_by_who_may_open_it(
    desk: Desk, ana: Visit, ben: Visit
) -> None:
    conversation_id = anas(desk)
    message_id = heard(desk, conversation_id, "Could I do it monthly?", "thank")
    page = f"/desk/learning/sentences/{message_id}"
    assert [visit.http.request("GET", page).status_code for visit in (ana, ben)] == [200, 404]
    wish = {"kind": "intent", "text": "could i do it monthly?", "intent": "request_plan"}
    assert ben.post(f"learning/sentences/{message_id}", wish).status_code == 404
    assert ana.post(f"learning/sentences/{message_id}", wish).status_code == 201
    with desk.db.reading() as session:
        assert session.scalars(sa.select(Review)).one().heard_as == "thank"


def test_what_they_said_elsewhere_is_read_while_they_have_proven_who_they_are_p1(desk: Desk, ana: Visit) -> None:
    conversation_id = anas(desk)
    with desk.db.transaction() as session:
        customer = session.scalars(sa.select(Customer)).one()
        on_phone = factories.conversation(session, channel=Channel.WHATSAPP, address=NUMBER, customer_id=customer.id)
        transcript.append(session, on_phone, author=Author.CUSTOMER, text="I lost some shifts")
        silent = factories.conversation(session, customer_id=customer.id)
        stranger = factories.conversation(session, customer_id=factories.customer(session).id)
        transcript.append(session, stranger, author=Author.CUSTOMER, text="Somebody else's")
    where = f"conversations/{conversation_id}/earlier"
    (other,) = ana.get(where).json()["conversations"]
    assert (other["id"], other["channel"]) == (str(on_phone.id), "whatsapp")
    assert ana.get(f"{where}/{on_phone.id}").json()["messages"][0]["text"] == "I lost some shifts"
    assert [ana.get(f"{where}/{id}").status_code for id in (stranger.id, conversation_id, uuid.uuid4())] == [404] * 3
    assert ana.get(f"{where}/{silent.id}").json()["messages"] == []
    with desk.db.transaction() as session:
        read = sa.select(AuditEntry.detail).where(AuditEntry.subject == f"conversation:{on_phone.id}")
        assert session.scalars(read).all() == [{"beside": str(conversation_id)}]
        session.get_one(Conversation, conversation_id).verified_until = bot_clock.now()
    assert ana.get(where).json() == {"conversations": []}
    assert ana.get(f"{where}/{on_phone.id}").status_code == 404


def test_nobody_reads_elsewhere_from_a_conversation_that_is_not_theirs_or_not_yet(
    desk: Desk, ana: Visit, ben: Visit, sol: Visit
) -> None:
    assert ben.get(f"conversations/{anas(desk)}/earlier").status_code == 403
    waits = desk.waiting()
    with desk.db.transaction() as session:
        whose = session.get_one(Conversation, waits).customer_id
        bens = factories.conversation(
            session, customer_id=whose, holder=Holder.AGENT, agent_id=desk.ben.id, channel=Channel.WHATSAPP
        )
        transcript.append(session, bens, author=Author.CUSTOMER, text="I lost some shifts")
        transcript.append(session, bens, author=Author.AGENT, agent_id=desk.ben.id, text="Be gentle", hidden=True)
    where = f"conversations/{waits}/earlier"
    assert ana.get(where).json() == {"conversations": []}
    assert ana.get(f"{where}/{bens.id}").status_code == 403
    ana.post(f"conversations/{waits}/claim")
    seen = {
        visit: [line["text"] for line in visit.get(f"{where}/{bens.id}").json()["messages"]] for visit in (ana, sol)
    }
    assert seen == {ana: ["I lost some shifts"], sol: ["I lost some shifts", "Be gentle"]}


def test_whatsapps_template_is_shown_and_sent_once_for_a_closed_window_t4(
    desk: Desk, ana_at: Visit, clock: SetClock
) -> None:
    conversation_id = texting(desk, Channel.WHATSAPP)
    where = f"conversations/{conversation_id}/template"
    assert ana_at.get(where).json() == {"template": None}
    assert ana_at.post(where).status_code == 409
    clock.advance(hours=24, minutes=1)
    with desk.visit("ana@example.com") as ana, desk.visit("ben@example.com") as ben:
        offered = ana.get(where).json()["template"]
        assert offered["text"].startswith("Hello, this is Juniper & Finch Home.")
        assert offered["sent_at"] is None
        assert ben.post(where).status_code == 409
        first, again = ana.post(where).json(), ana.post(where).json()
        assert first == again
        assert first["template"]["sent_at"]
    with desk.db.reading() as session:
        (sent,) = session.scalars(sa.select(Delivery).where(Delivery.message_id.is_(None)))
        assert (sent.body, sent.address) == (offered["text"], NUMBER)
        notes = session.scalars(sa.select(Message.text).where(Message.hidden.is_(True))).all()
        assert notes == [f"Sent by WhatsApp's template: {offered['text']}"]


def signs(desk: Desk, visit: Visit, conversation_id: uuid.UUID, body: dict[str, Any]) -> int:
    """What the widget of that conversation tells of itself."""
    claims = {"sub": str(conversation_id), "aud": "widget", "exp": bot_clock.now() + dt.timedelta(days=1)}
    token = jwt.encode(claims, settings().secret_key.get_secret_value(), algorithm="HS256")
    headers = {"Authorization": f"Bearer {token}"}
    return visit.http.request("POST", "/api/chat/signs", json=body, headers=headers).status_code


def test_how_far_the_customer_has_read_only_goes_forward(desk: Desk, ana: Visit) -> None:
    conversation_id, other = anas(desk), anas(desk)
    first, second = (ana.say(conversation_id, text).json()["message"] for text in ("Hello", "Still here"))
    foreign = ana.say(other, "Hello").json()["message"]
    where = f"conversations/{conversation_id}"
    assert ana.get(where).json()["read_seq"] == 0
    for read, reached in ((first, first), (second, second), (first, second), (foreign, second)):
        assert signs(desk, ana, conversation_id, {"read": read["id"]}) == 204
        assert ana.get(where).json()["read_seq"] == reached["seq"]
    assert signs(desk, ana, conversation_id, {"read": "the last"}) == 422
    assert ana.http.request("POST", "/api/chat/signs", json={"typing": True}).status_code == 401


def test_each_side_sees_that_the_other_writes_and_nothing_is_kept_of_it(desk: Desk, ana: Visit, ben: Visit) -> None:
    conversation_id = anas(desk)
    writing = desk.app.state.signals.typing
    assert ben.post(f"conversations/{conversation_id}/typing").status_code == 403
    assert writing.of(conversation_id, Author.AGENT) == 0
    assert [ana.post(f"conversations/{conversation_id}/typing").status_code for _ in range(2)] == [204, 204]
    assert writing.of(conversation_id, Author.AGENT) == 1
    assert signs(desk, ana, conversation_id, {"typing": True}) == 204
    assert writing.of(conversation_id, Author.CUSTOMER) == 1
    writing.stop(conversation_id, Author.AGENT)
    assert writing.of(conversation_id, Author.AGENT) == 0


def test_c12_beside_a_talk_with_somebody_in_crisis_stand_help_lines_of_their_country(desk: Desk, ana: Visit) -> None:
    calm, crisis = desk.waiting(), desk.waiting(verified=False, reason="crisis", skill="care", priority=0)
    assert ana.get(f"conversations/{calm}").json()["help"] is None
    found = ana.get(f"conversations/{crisis}").json()["help"]
    assert any("988" in line for line in found["lines"])
    assert found["emergency"]
