"""One proposal at a time, a second pair of eyes, nothing personal, everything written down."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from bot.desk import auth
from bot.desk.learning import proposals
from bot.desk.learning.proposals import Wish
from bot.errors import Conflict
from bot.models import AgentSession, AuditEntry, Conversation, Message, Review, ReviewKind, ReviewStatus, Role
from tests import factories
from tests.desk.desks import Desk, Visit
from tests.desk.learning.turns import said_to, says

MEANT = {"kind": "intent", "intent": "report_hardship", "text": "my boat sank and I have no work"}


def proposed(visit: Visit, message_id: uuid.UUID, **changed: Any) -> str:
    """The id of a proposal that was taken."""
    answer = visit.post(f"learning/sentences/{message_id}", MEANT | changed)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["review"]["id"])


def row(desk: Desk, review_id: str) -> Review:
    """As it is now."""
    with desk.db.reading() as session:
        return session.get_one(Review, uuid.UUID(review_id))


def refusal(visit: Visit, message_id: uuid.UUID, **changed: Any) -> str:
    """The sentence with which a proposal was refused."""
    answer = visit.post(f"learning/sentences/{message_id}", MEANT | changed)
    assert answer.status_code == 422, answer.text
    return str(answer.json()["error"]["message"])


def test_an_agent_proposes_and_a_supervisor_accepts_and_both_are_written_down(
    desk: Desk, ana: Visit, sol: Visit
) -> None:
    review_id = proposed(ana, said_to(desk))
    assert row(desk, review_id).heard_as == "nlu_fallback"
    assert sol.post(f"learning/reviews/{review_id}/accept").status_code == 200
    kept = row(desk, review_id)
    assert (kept.status, kept.text, kept.intent) == ("accepted", MEANT["text"], "report_hardship")
    assert (kept.proposed_by, kept.decided_by) == (desk.ana.id, desk.sol.id)
    with desk.db.reading() as session:
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.subject == f"review:{review_id}")).all()
    assert [(each.action, each.agent_id) for each in entries] == [
        ("learning.proposed", desk.ana.id),
        ("learning.accepted", desk.sol.id),
    ]
    assert "boat" not in str([each.detail for each in entries])


def test_the_second_proposal_for_a_sentence_is_told_whose_was_first(desk: Desk, ana: Visit, ben: Visit) -> None:
    message_id, same = said_to(desk), said_to(desk, "My boat sank!")
    proposed(ana, message_id)
    for each in (message_id, same):
        answer = ben.post(f"learning/sentences/{each}", MEANT)
        assert answer.status_code == 409
        assert answer.json()["error"]["message"].startswith("Ana has already proposed something")


def test_of_many_at_the_same_moment_one_wins(desk: Desk) -> None:
    message_id = said_to(desk)
    with desk.visit("ana@example.com") as _visit, desk.db.reading() as session:
        digest = session.scalars(sa.select(AgentSession.digest)).one()
        seat = auth.seat_of(session, digest)
    start, outcomes = threading.Barrier(6), []

    def race() -> None:
        start.wait()
        try:
            with desk.db.transaction() as session:
                proposals.propose(session, seat, message_id, Wish(ReviewKind.INTENT, "my boat sank", "complain"))
            outcomes.append("won")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 5 + ["won"]


def test_a_proposal_is_decided_once(desk: Desk, ana: Visit, sol: Visit) -> None:
    review_id = proposed(ana, said_to(desk))
    assert sol.post(f"learning/reviews/{review_id}/decline", {"note": "It is a complaint"}).status_code == 200
    assert row(desk, review_id).note == "It is a complaint"
    answer = sol.post(f"learning/reviews/{review_id}/accept")
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "Sol was quicker: this has been declined."


def test_a_declined_sentence_is_up_for_review_again(desk: Desk, ana: Visit, sol: Visit) -> None:
    message_id = said_to(desk)
    sol.post(f"learning/reviews/{proposed(ana, message_id)}/decline")
    assert row(desk, proposed(ana, message_id, intent="complain")).status == ReviewStatus.PROPOSED


def test_who_proposed_it_does_not_decide_but_may_take_it_back(desk: Desk, sol: Visit) -> None:
    review_id = proposed(sol, said_to(desk))
    assert sol.post(f"learning/reviews/{review_id}/accept").status_code == 403
    assert sol.post(f"learning/reviews/{review_id}/decline").json()["review"]["status"] == "withdrawn"


def test_no_agent_accepts_or_declines_what_a_colleague_proposed(desk: Desk, ana: Visit, ben: Visit) -> None:
    review_id = proposed(ana, said_to(desk))
    for act in ("accept", "decline"):
        assert ben.post(f"learning/reviews/{review_id}/{act}").status_code == 403
    assert row(desk, review_id).status == ReviewStatus.PROPOSED
    with desk.visit("ben@example.com", role=Role.SPECIALIST) as specialist:
        assert specialist.post(f"learning/reviews/{review_id}/accept").status_code == 403


@pytest.mark.parametrize("path", ["sentences/{}", "reviews/{}/accept", "reviews/{}/decline"])
def test_without_the_token_of_the_page_nothing_is_written(sqlite_desk: Desk, path: str) -> None:
    with sqlite_desk.visit("sol@example.com") as visit:
        visit.http.headers["X-CSRF-Token"] = "forged"
        answer = visit.post(f"learning/{path.format(said_to(sqlite_desk))}", MEANT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
    with sqlite_desk.db.reading() as session:
        assert session.scalars(sa.select(Review)).all() == []


def test_what_is_personal_is_refused_at_the_proposal(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        customer = factories.maya(session)
        here = factories.conversation(session, customer_id=customer.id)
        message_id = says(session, "maya here, my boat sank", to=here).id
        factories.customer(session, account_number="ZED 77")
    assert "holds a name" in refusal(ana, message_id, text="maya here, my boat sank")
    assert "an e-mail address and an amount" in refusal(ana, message_id, text="maya@example.com owes $50")
    assert "an account or invoice number" in refusal(ana, message_id, text="it is zed-77")
    assert "The answer still holds a name" in refusal(ana, message_id, kind="answer", text="boat", answer="Hi Maya")
    proposed(ana, message_id, text="my boat sank")


def test_what_comes_on_file_later_is_refused_at_the_acceptance(desk: Desk, ana: Visit, sol: Visit) -> None:
    message_id = said_to(desk)
    review_id = proposed(ana, message_id, text="i am zoe and my boat sank")
    with desk.db.transaction() as session:
        said = session.get_one(Review, uuid.UUID(review_id)).message_id
        assert said == message_id
        customer = factories.customer(session, name="Zoë Lindqvist")

        here = session.get_one(Conversation, session.get_one(Message, message_id).conversation_id)
        here.customer_id = customer.id
    answer = sol.post(f"learning/reviews/{review_id}/accept")
    assert answer.status_code == 422
    assert "a name" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("changed", "says_so"),
    [
        ({"intent": ""}, "Choose what the customer meant"),
        ({"intent": "world_peace"}, "Choose what the customer meant"),
        ({"text": " \u200b\n "}, "Nothing is left"),
        ({"text": "x" * 251}, "under 250 characters"),
        ({"text": "/greet"}, "slash"),
        ({"text": "pay [this](amount)"}, "brackets"),
        ({"text": "I could do 50 a month", "intent": "inform"}, "propose_plan"),
        ({"kind": "answer", "answer": ""}, "Write the answer"),
        ({"kind": "unfit"}, "Choose why"),
    ],
)
def test_what_is_no_example_is_refused_with_what_would_do(
    sqlite_desk: Desk, changed: dict[str, Any], says_so: str
) -> None:
    with sqlite_desk.visit("ana@example.com") as visit:
        assert says_so in refusal(visit, said_to(sqlite_desk), **changed)


def test_a_message_that_is_not_in_question_cannot_be_reached(desk: Desk, ana: Visit) -> None:
    message_id = said_to(desk, "what do I owe", "check_balance")
    assert ana.post(f"learning/sentences/{message_id}", MEANT).status_code == 404
    assert ana.http.request("GET", f"/desk/learning/sentences/{message_id}").status_code == 404
