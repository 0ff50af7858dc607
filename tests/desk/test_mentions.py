"""Mentions: a colleague who is asked in a note may read that conversation and answer, and nothing more."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from bot.conversations import handoff
from bot.models import AuditEntry, Mention, Message
from tests import factories
from tests.desk.desks import Desk, Visit


@pytest.fixture
def anas(desk: Desk) -> str:
    """Where a conversation of Ana's is."""
    conversation_id = desk.waiting()
    with desk.db.transaction() as session:
        handoff.claim(session, conversation_id, desk.ana)
    return f"conversations/{conversation_id}"


def asks(visit: Visit, where: str, text: str = "@Ben, did they call you?") -> int:
    """A note."""
    return visit.post(f"{where}/notes", {"text": text}).status_code


def of(visit: Visit) -> list[dict[str, Any]]:
    """What one is asked."""
    listed: list[dict[str, Any]] = visit.get("mentions").json()["mentions"]
    return listed


def test_who_is_asked_is_told_reads_answers_by_a_note_and_has_done(
    desk: Desk, ana: Visit, ben: Visit, anas: str
) -> None:
    assert ben.get(anas).status_code == 403
    assert asks(ana, anas) == 200
    (mention,) = of(ben)
    assert (mention["by"], mention["unread"], anas.endswith(mention["conversation_id"])) == ("Ana", True, True)
    whole = ben.get(anas).json()
    assert whole["asked"]["by"] == "Ana"
    assert whole["may"] == dict.fromkeys(("claim", "take_over", "write", "transfer"), False)
    assert whole["messages"][-1]["text"] == "@Ben, did they call you?"
    assert ben.post(f"mentions/read/{anas[-36:]}").json()["mentions"][0]["unread"] is False
    answer = ben.post(f"{anas}/notes", {"text": "Yes, on Monday."})
    assert (answer.status_code, answer.json()["conversation"]["asked"]) == (200, None)
    assert of(ben) == []
    assert (ben.get(anas).status_code, asks(ben, anas)) == (403, 403)
    assert ana.get(anas).json()["messages"][-1]["agent"] == "Ben"
    with desk.db.reading() as session:
        acts = sa.select(AuditEntry.action).where(AuditEntry.agent_id == desk.ben.id).order_by(AuditEntry.id)
        assert list(session.scalars(acts)) == [
            "sign_in",
            "conversation.read",
            "mention.read",
            "mention.answered",
            "conversation.note",
        ]


def test_a_note_whose_answer_got_lost_is_written_once_with_its_mentions(
    desk: Desk, ana: Visit, ben: Visit, anas: str
) -> None:
    for visit, text in ((ana, "@Ben, did they call you?"), (ben, "Yes, on Monday.")):
        body = {"client_id": str(uuid.uuid4()), "text": text}
        first, again = (visit.post(f"{anas}/notes", body) for _ in range(2))
        assert (first.status_code, again.status_code) == (200, 200), text
        assert first.json()["message"] == again.json()["message"]
    with desk.db.reading() as session:
        assert session.scalars(sa.select(sa.func.count()).select_from(Mention)).one() == 1
        assert len(session.scalars(sa.select(Message).where(Message.hidden.is_(True))).all()) == 2
    body = {"client_id": str(uuid.uuid4()), "text": "For colleagues"}
    assert ana.post(f"{anas}/notes", body).status_code == 200
    for path, status in (("messages", 409), ("notes", 200)):
        assert ana.post(f"{anas}/{path}", body).status_code == status, "a note is never taken for a reply"
    assert ben.post(f"{anas}/notes", body).status_code == 403


def test_to_be_asked_lets_nobody_speak_leave_or_see_other_conversations(
    desk: Desk, ana: Visit, ben: Visit, anas: str
) -> None:
    asks(ana, anas)
    assert ben.say(uuid.UUID(anas[-36:]), "Hello").status_code == 409
    for act in ("claim", "return", "close"):
        assert ben.post(f"{anas}/{act}").status_code == 409
    assert ben.post(f"{anas}/transfer").status_code == 403
    assert ben.post(f"{anas}/check", {"text": "Hello"}).status_code == 403
    assert ben.get(f"{anas}/earlier").status_code == 403
    other = desk.waiting()
    with desk.db.transaction() as session:
        handoff.claim(session, other, desk.ana)
    assert ben.get(f"conversations/{other}").status_code == 403


def test_the_door_closes_with_the_hand_over(desk: Desk, ana: Visit, ben: Visit, anas: str) -> None:
    asks(ana, anas)
    ana.post(f"{anas}/return")
    assert (of(ben), ben.get(anas).status_code) == ([], 403)
    with desk.db.transaction() as session:
        conversation_id = uuid.UUID(anas[-36:])
        handoff.request(session, conversation_id, reason="request_human", skill="general", summary={})
        handoff.claim(session, conversation_id, desk.ana)
    assert (of(ben), ben.get(anas).status_code) == ([], 403), "asked in another hand-over"


def test_a_mention_can_be_done_with_without_a_note_and_only_by_whom_it_asks(
    desk: Desk, ana: Visit, ben: Visit, sol: Visit, anas: str
) -> None:
    asks(ana, anas)
    (mention,) = of(ben)
    assert sol.post(f"mentions/{mention['id']}/done").status_code == 404
    for _ in range(2):
        assert ben.post(f"mentions/{mention['id']}/done").json() == {"mentions": []}
    assert ben.get(anas).status_code == 403


def test_names_are_heard_as_they_are_written(desk: Desk, ana: Visit, anas: str) -> None:
    with desk.db.transaction() as session:
        for name, more in (
            ("Zoë Núñez", {}),
            ("Lee Ann", {}),
            ("Lee Wong", {}),
            ("Away", {"disabled_at": sa.func.now()}),
        ):
            factories.agent(session, name=name, **more)
    for text, expected in (
        ("@sol please, and @BEN. @Ben again", ["Ben", "Sol"]),
        ("ask (@Zoë) about it", ["Zoë Núñez"]),
        ("@zoë núñez: yes?", ["Zoë Núñez"]),
        ("@Lee Wong and @Lee Ann", ["Lee Ann", "Lee Wong"]),
        ("write to ana@ben.example, @Benny, @Away, @Ana", []),
    ):
        note_id = uuid.UUID(ana.post(f"{anas}/notes", {"text": text}).json()["message"]["id"])
        with desk.db.reading() as session:
            ids = session.scalars(sa.select(Mention.agent_id).where(Mention.message_id == note_id)).all()
            names = sorted(session.get_one(type(desk.ana), one).name for one in ids)
        assert names == expected, text
    shared = ana.post(f"{anas}/notes", {"text": "@Lee can you?"})
    assert (shared.status_code, "More than one colleague is called Lee" in shared.text) == (422, True)
    assert "@Lee can you?" not in ana.get(anas).text
