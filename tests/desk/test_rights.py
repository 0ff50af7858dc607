"""A customer's rights at the desk: copies and erasures for supervisors, promised calls, ratings (P5, C13, K14)."""

from __future__ import annotations

import datetime as dt
import io
import uuid
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.conversations.rights import erasure
from bot.models import Agent, AuditEntry, Callback, Case, Customer, Erasure, ErasureStatus, Feedback, Message, Role
from tests import factories
from tests.desk.desks import Desk, Visit

WHY = "They asked for it by letter"


@pytest.fixture
def sam(desk: Desk) -> Any:
    """Ben, as a second supervisor, signed in."""
    with desk.visit("ben@example.com", role=Role.SUPERVISOR) as visit:
        yield visit


def settled(desk: Desk) -> uuid.UUID:
    """A customer who owes nothing, with one talk."""
    with desk.db.transaction() as session:
        who = factories.customer(session, name="Robin Quill", account_number="GT-2001")
        talk = factories.conversation(session, customer_id=who.id)
        session.add(Message(conversation_id=talk.id, seq=1, author="customer", text="Hello from Robin"))
        return who.id


def wish(visit: Visit, customer_id: uuid.UUID, **given: Any) -> Any:
    """Ask for an erasure."""
    body = {"client_id": str(uuid.uuid4()), "scope": "everything", "reason": WHY} | given
    return visit.post(f"customers/{customer_id}/erasures", body)


def actions(desk: Desk) -> list[str]:
    """What was written down beside coming in, in order."""
    with desk.db.reading() as session:
        found = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id))
        return [action for action in found if action != "sign_in"]


def test_a_supervisor_downloads_a_copy_and_that_is_written_down(desk: Desk, sol: Visit, ana: Visit) -> None:
    customer_id = settled(desk)
    answer = sol.get(f"customers/{customer_id}/copy")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert "data-of-GT-2001-" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert b"Hello from Robin" in archive.read("index.html")
    assert actions(desk) == ["customer.exported"]
    for visit, where, status in ((ana, customer_id, 403), (sol, uuid.uuid4(), 404)):
        assert visit.get(f"customers/{where}/copy").status_code == status


def test_an_erasure_takes_two_supervisors_and_the_worker_does_it(
    desk: Desk, sol: Visit, ana: Visit, sam: Visit
) -> None:
    customer_id = settled(desk)
    assert wish(ana, customer_id).status_code == 403
    assert wish(sol, customer_id, reason="no").status_code == 422
    once = str(uuid.uuid4())
    asked = [wish(sol, customer_id, client_id=once).json()["erasure"] for _ in range(2)]
    assert (asked[0]["id"], asked[0]["status"], asked[0]["by"]) == (asked[1]["id"], "asked", "Sol")
    assert sol.get("erasures").json() == {"erasures": []}
    [waits] = sam.get("erasures").json()["erasures"]
    assert (waits["account_number"], waits["reason"]) == ("GT-2001", WHY)
    assert sol.post(f"erasures/{waits['id']}/approve").status_code == 403
    for _ in range(2):
        assert sam.post(f"erasures/{waits['id']}/approve").json()["erasure"]["status"] == "approved"
    assert sam.post(f"erasures/{waits['id']}/refuse").status_code == 409
    assert sol.post(f"erasures/{waits['id']}/approve").status_code == 403
    assert erasure.carry_on(desk.db, uuid.UUID(waits["id"]))
    with desk.db.reading() as session:
        assert session.get_one(Customer, customer_id).name == "Erased"
        assert session.scalars(sa.select(Message)).one().text == "[removed]"
        assert session.scalars(sa.select(Erasure)).one().status == ErasureStatus.APPROVED  # until the assistant forgot
    assert sam.get("erasures").json() == {"erasures": []}
    assert actions(desk) == ["erasure.asked", "erasures.read", "erasure.approved"]


def test_what_is_in_the_way_is_said_before_and_when_it_is_asked(desk: Desk, sol: Visit) -> None:
    customer_id = settled(desk)
    with desk.db.transaction() as session:
        factories.invoice(session, session.get_one(Customer, customer_id))
    shown = sol.get(f"customers/{customer_id}/rights").json()
    assert (shown["barriers"], shown["kept_years"], shown["erasure"]) == (["an open balance"], 3, None)
    assert actions(desk) == ["rights.read"]
    answer = wish(sol, customer_id)
    assert (answer.status_code, "an open balance" in answer.json()["error"]["message"]) == (409, True)
    assert wish(sol, customer_id, scope="words").json()["erasure"]["scope"] == "words"
    assert "under way" in wish(sol, customer_id).json()["error"]["message"]
    assert wish(sol, customer_id, scope="all").status_code == 422


def test_a_refused_erasure_changes_nothing(desk: Desk, sol: Visit, sam: Visit) -> None:
    customer_id = settled(desk)
    asked = wish(sol, customer_id).json()["erasure"]
    assert sam.post(f"erasures/{asked['id']}/refuse").json()["erasure"]["status"] == "refused"
    assert sam.post(f"erasures/{uuid.uuid4()}/refuse").status_code == 404
    with desk.db.reading() as session:
        assert session.get_one(Customer, customer_id).name == "Robin Quill"


def promised(desk: Desk, summary: str = "About the boiler") -> uuid.UUID:
    """A call in two hours, to somebody in Chicago."""
    with desk.db.transaction() as session:
        who = factories.customer(session, name="Robin Quill")
        talk = factories.conversation(session, customer_id=who.id)
        case = Case(conversation_id=talk.id, customer_id=who.id, kind="callback", summary=summary)
        session.add(case)
        session.flush()
        at = clock.now() + dt.timedelta(hours=2)
        call = Callback(
            case_id=case.id,
            conversation_id=talk.id,
            customer_id=who.id,
            starts_at=at,
            ends_at=at + dt.timedelta(hours=1),
        )
        session.add(call)
        session.flush()
        return call.id


def test_promised_calls_are_listed_in_both_clocks_taken_and_ended(desk: Desk, ana: Visit, sol: Visit) -> None:
    call_id = promised(desk, "<script>alert(1)</script>")
    with desk.visit("ben@example.com") as ben:
        listed = ana.http.request("GET", "/desk/callbacks")
        assert (listed.status_code, "Robin Quill" in listed.text, "there</p>" in listed.text) == (200, True, True)
        assert "<script>alert" not in listed.text
        assert ben.post(f"callbacks/{call_id}/end", {"answered": True, "note": "Spoken to"}).status_code == 403
        for _ in range(2):
            assert ana.post(f"callbacks/{call_id}/take").json()["taken"] is True
        refused = ben.post(f"callbacks/{call_id}/take")
        assert (refused.status_code, refused.json()["error"]["message"]) == (409, "Ana has this call.")
        assert "Ana has it." in ben.http.request("GET", "/desk/callbacks").text
    ended = ana.post(f"callbacks/{call_id}/end", {"answered": False, "note": "Card 4242 4242 4242 4242, no answer"})
    assert ended.json() == {"id": str(call_id), "taken": False, "ended": True}
    page = sol.http.request("GET", "/desk/callbacks").text
    assert "No answer, Ana" in page
    assert "4242" not in page
    with desk.db.reading() as session:
        [told] = session.scalars(sa.select(Message))
        assert "tried to call you" in told.text
        assert session.scalars(sa.select(Agent)).all()
    assert "callback.ended" in actions(desk)


def test_ratings_are_for_supervisors_low_ones_first(desk: Desk, ana: Visit, sol: Visit) -> None:
    with desk.db.transaction() as session:
        talk = factories.conversation(session)
        for rating, comment in ((5, "Splendid"), (1, "<b>Dreadful</b>"), (None, "Just a word")):
            session.add(Feedback(conversation_id=talk.id, rating=rating, comment=comment, given_at=clock.now()))
    text = sol.http.request("GET", "/desk/feedback").text
    assert text.index("Dreadful") < text.index("Splendid")
    assert "<b>Dreadful" not in text
    low = sol.http.request("GET", "/desk/feedback?low=1&page=x").text
    assert ("Splendid" in low, "Dreadful" in low) == (False, True)
    assert ana.http.request("GET", "/desk/feedback").status_code == 403
    assert actions(desk) == ["feedback.read", "feedback.read"]
