"""The pages: who sees what of a customer's words, what is written down, and that words are only text."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa

from bot import clock
from bot.conversations import handoff, transcript
from bot.models import AuditEntry, Author, Conversation, Message, Role
from tests import factories
from tests.desk.desks import Desk, Visit
from tests.desk.learning.turns import said_to, says

HOSTILE = "<script>alert(1)</script> my boat"


def read(visit: Visit, path: str) -> str:
    """A page of learning."""
    answer = visit.http.request("GET", f"/desk/learning{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


def mayas(desk: Desk, text: str = "maya here, my boat sank") -> tuple[uuid.UUID, uuid.UUID]:
    """The conversation of a customer on file, which the assistant has, and a message that was not understood."""
    with desk.db.transaction() as session:
        customer = factories.maya(session)
        until = clock.now() + dt.timedelta(minutes=30)
        here = factories.conversation(session, customer_id=customer.id, verified_until=until)
        transcript.append(session, here, author=Author.BOT, text="How can I help?")
        said = says(session, text, to=here)
        transcript.append(session, here, author=Author.BOT, text="I did not follow.")
        return here.id, said.id


def test_a_page_without_anything_to_review_says_so(desk: Desk, ana: Visit) -> None:
    assert "Everything has been understood, or reviewed." in read(ana, "")
    assert "No proposal waits." in read(ana, "?tab=proposed")
    assert "Nothing has been decided yet." in read(ana, "?tab=decided")


def test_who_may_not_open_the_conversation_sees_the_sentence_alone_and_nothing_personal(desk: Desk, ana: Visit) -> None:
    here, message_id = mayas(desk)
    for page in (read(ana, ""), read(ana, f"/sentences/{message_id}")):
        assert "my boat sank" in page
        assert "a name</mark>" in page
        assert "maya" not in page.lower()
        assert "How can I help?" not in page
        assert str(here) not in page


def test_who_may_open_it_sees_what_is_personal_marked_and_a_few_messages_around(
    desk: Desk, ana: Visit, sol: Visit
) -> None:
    here, message_id = mayas(desk)
    page = read(sol, f"/sentences/{message_id}")
    assert re.search(r"<mark[^>]*>maya<", page)
    assert "How can I help?" in page
    assert "I did not follow." in page
    with desk.db.transaction() as session:
        handoff.request(session, here, reason="request_human", skill="general", summary={})
    assert "How can I help?" in read(ana, f"/sentences/{message_id}")


def test_notes_between_agents_are_not_around_it(desk: Desk, sol: Visit) -> None:
    here, message_id = mayas(desk)
    with desk.db.transaction() as session:
        row = session.get_one(Conversation, here)
        transcript.append(session, row, author=Author.AGENT, agent_id=desk.ana.id, text="Be gentle", hidden=True)
    assert "Be gentle" not in read(sol, f"/sentences/{message_id}")


def test_a_proposal_shows_what_is_kept_and_only_a_supervisor_accepts(desk: Desk, ana: Visit, sol: Visit) -> None:
    _, message_id = mayas(desk)
    body = {"kind": "intent", "intent": "report_hardship", "text": "my boat sank"}
    review_id = ana.post(f"learning/sentences/{message_id}", body).json()["review"]["id"]
    moved = ana.http.request("GET", f"/desk/learning/sentences/{message_id}")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/desk/learning/reviews/{review_id}")
    own, theirs = read(ana, f"/reviews/{review_id}"), read(sol, f"/reviews/{review_id}")
    assert "maya" not in own.lower()
    assert ("Take back" in own, "/accept" in own) == (True, False)
    assert ("Decline" in theirs, "/accept" in theirs) == (True, True)
    assert "my boat sank" in read(ana, "?tab=proposed")
    assert "Everything has been understood" in read(ana, "")
    sol.post(f"learning/reviews/{review_id}/accept")
    assert "accepted by Sol" in read(ana, "?tab=decided")
    assert "/accept" not in read(sol, f"/reviews/{review_id}")


def test_hard_times_are_for_who_may_open_the_conversation_and_for_specialists_p1(
    desk: Desk, ana: Visit, sol: Visit
) -> None:
    told = {
        "zoltan kovacs has stomach cancer": "nlu_fallback",
        "I\u2019m so depressed": "nlu_fallback",
        "minha m\u00e3e faleceu": "out_of_scope",
        "the boat is all that I had": "report_hardship",
    }
    with desk.db.transaction() as session:
        ids = {text: says(session, text, intent, confidence=0.2).id for text, intent in told.items()}
        says(session, "my boat sank")
        here = session.get_one(Message, next(iter(ids.values()))).conversation_id
    with desk.visit("ben@example.com", role=Role.SPECIALIST) as ben:
        for text, message_id in ids.items():
            where = f"/sentences/{message_id}"
            assert ana.http.request("GET", f"/desk/learning{where}").status_code == 403, text
            assert ana.post(f"learning{where}", {"kind": "unfit", "unfit": "personal"}).status_code == 403, text
            assert str(message_id) not in read(ana, "")
            assert all(str(message_id) in read(visit, "") and read(visit, where) for visit in (ben, sol)), text
        assert "my boat sank" in read(ana, "")
        wish = {"kind": "intent", "intent": "report_vulnerability", "text": "stomach cancer"}
        review_id = ben.post(f"learning/sentences/{ids['zoltan kovacs has stomach cancer']}", wish).json()["review"][
            "id"
        ]
    assert "cancer" not in read(ana, "?tab=proposed")
    assert ana.http.request("GET", f"/desk/learning/reviews/{review_id}").status_code == 403
    sol.post(f"learning/reviews/{review_id}/accept")
    page = read(ana, f"/reviews/{review_id}")
    assert ("stomach cancer" in page, "zoltan" in page) == (True, False)
    with desk.db.transaction() as session:
        handoff.request(session, here, reason="request_human", skill="general", summary={})
    assert "zoltan" in read(ana, f"/reviews/{review_id}")


def test_what_was_seen_is_written_down(desk: Desk, ana: Visit, sol: Visit) -> None:
    here, message_id = mayas(desk)
    read(ana, "")
    read(ana, f"/sentences/{message_id}")
    read(sol, f"/sentences/{message_id}")
    with desk.db.reading() as session:
        query = sa.select(AuditEntry).where(AuditEntry.action.like("learning.%")).order_by(AuditEntry.id)
        entries = [(each.action, each.subject, each.detail) for each in session.scalars(query)]
    assert entries == [
        ("learning.read", "learning", {"conversations": [str(here)]}),
        ("learning.seen", f"conversation:{here}", {"around": False}),
        ("learning.seen", f"conversation:{here}", {"around": True}),
    ]


def test_reasons_and_pages_choose_what_is_listed(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        for number in range(30):
            says(session, f"sentence {'x' * (number + 1)}")
        says(session, "do you sell fish", "out_of_scope")
    assert read(ana, "").count("/desk/learning/sentences/") == 25
    assert read(ana, "?page=2").count("/desk/learning/sentences/") == 6
    assert read(ana, "?page=9999").count("/desk/learning/sentences/") == 6
    assert read(ana, "?page=x&tab=x&why=x").count("/desk/learning/sentences/") == 25
    assert "do you sell fish" in read(ana, "?why=out_of_scope")
    assert read(ana, "?why=out_of_scope").count("/desk/learning/sentences/") == 1


def test_one_sentence_leads_to_the_next(desk: Desk, ana: Visit) -> None:
    older, middle, newer = (said_to(desk, text) for text in ("one boat", "two boats", "three boats"))
    page = read(ana, f"/sentences/{middle}")
    assert f'rel="prev" href="/desk/learning/sentences/{newer}"' in page
    assert f'rel="next" href="/desk/learning/sentences/{older}"' in page
    assert f'data-done="/desk/learning/sentences/{older}"' in page


@pytest.mark.parametrize("kind", ["intent", "answer"])
def test_words_of_customers_and_agents_are_text(desk: Desk, sol: Visit, kind: str) -> None:
    message_id = said_to(desk, HOSTILE)
    body = {"kind": kind, "intent": "complain", "text": HOSTILE, "answer": HOSTILE}
    pages = [read(sol, ""), read(sol, f"/sentences/{message_id}")]
    answer = sol.post(f"learning/sentences/{message_id}", body)
    assert answer.status_code == 201, answer.text
    pages += [read(sol, "?tab=proposed"), read(sol, f"/reviews/{answer.json()['review']['id']}")]
    for page in pages:
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; my boat" in page
        assert not re.search(r"<style|\bstyle=|\son[a-z]+=|<script(?! type=\"module\" src)", page)
