"""Search: what is found, by whom, how it is marked, and that no words stay behind."""

from __future__ import annotations

import json
import random
import string
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from bot.conversations import handoff, transcript
from bot.db import lock
from bot.desk.queue.search_words import Words, fold
from bot.desk.queue.snippet import LONG, snippet
from bot.errors import InvalidInput
from bot.models import AuditEntry, Author, Conversation, Customer, Message
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit, waiting


def look(visit: Visit, words: str) -> Any:
    """What is found."""
    answer = visit.post("search", {"words": words})
    assert answer.status_code == 200, answer.text
    return answer.json()


def hits(found: Any) -> list[str]:
    """What was said, whole."""
    return ["".join(text for text, _ in hit["snippet"]) for one in found["conversations"] for hit in one["hits"]]


def says(desk: Desk, conversation_id: uuid.UUID, text: str, author: Author = Author.CUSTOMER) -> None:
    """A further message."""
    with desk.db.transaction() as session:
        row = lock(session, Conversation, conversation_id)
        assert row is not None
        transcript.append(session, row, author=author, text=text)


def test_words_are_found_whole_or_begun_without_regard_to_case_and_accents(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting(said="Perdí mi empleo en la fábrica, see invoice INV-4711.")
    for words in ("empleo", "EMPLEO", "perdi", "fabrica perdí", "fábr", "INV-4711", "4711", "inv-47", "47"):
        found = look(ana, words)
        assert [one["id"] for one in found["conversations"]] == [str(conversation_id)], words
        assert any(is_sought for _, is_sought in found["conversations"][0]["hits"][0]["snippet"]), words
    for words in ("empl eo", "abrica", "perdi fabricante", "711"):
        assert look(ana, words)["conversations"] == [], words


def test_each_group_shows_where_it_leads(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        conversation_id = str(waiting(session, factories.maya(session), "I lost some shifts"))
    for words in ("Maya", "torres maya", "gt-1001", "GT1001", "maya@example.com", "+1 210 555 0101", "5550101", "100"):
        [customer] = look(ana, words)["customers"]
        assert (customer["name"], customer["account_number"]) == ("Maya Torres", "GT-1001"), words
        assert [each["id"] for each in customer["conversations"]] == [conversation_id]
    for words, numbers in (
        ("INV-1002", ["INV-1002"]),
        ("inv 100", ["INV-1001", "INV-1002", "INV-1003"]),
        ("002", ["INV-1002"]),
    ):
        assert sorted(invoice["number"] for invoice in look(ana, words)["invoices"]) == numbers, words
    said = look(ana, "shifts")["conversations"][0]
    assert (said["id"], said["name"], said["holder"]) == (conversation_id, "Maya Torres", "queue")
    assert said["hits"][0]["snippet"] == [["I lost some ", False], ["shifts", True]]
    assert said["hits"][0]["seq"] == 1


def test_an_agent_finds_what_they_may_open_and_what_they_closed_a_supervisor_all(
    desk: Desk, ana: Visit, ben: Visit, sol: Visit
) -> None:
    with desk.db.transaction() as session:
        customer = factories.customer(session, name="Zoe Quist")
        factories.invoice(session, customer, number="INV-7070")
        conversation_id = waiting(session, customer, "A marmalade question")

    def all_of_it(visit: Visit) -> tuple[int, int, int]:
        found = look(visit, "marmalade"), look(visit, "Quist"), look(visit, "INV-7070")
        return len(found[0]["conversations"]), len(found[1]["customers"]), len(found[2]["invoices"])

    assert [all_of_it(visit) for visit in (ana, ben, sol)] == [(1, 1, 1)] * 3, "it waits"
    ana.post(f"conversations/{conversation_id}/claim")
    assert [all_of_it(visit) for visit in (ana, ben, sol)] == [(1, 1, 1), (0, 0, 0), (1, 1, 1)]
    ana.post(f"conversations/{conversation_id}/close")
    assert [all_of_it(visit) for visit in (ana, ben, sol)] == [(1, 1, 1), (0, 0, 0), (1, 1, 1)], (
        "closed: to look back at"
    )
    with desk.db.transaction() as session:
        session.get_one(Conversation, conversation_id).closed_at = None
    assert [all_of_it(visit) for visit in (ana, ben, sol)] == [(0, 0, 0), (0, 0, 0), (1, 1, 1)], "with the assistant"
    for visit, status in ((ana, 403), (sol, 200)):
        assert visit.get(f"conversations/{conversation_id}").status_code == status, "the same rule as for opening"


def test_of_a_customers_conversations_the_newest_three_stand_beside_them(
    desk: Desk, sol: Visit, clock: SetClock
) -> None:
    with desk.db.transaction() as session:
        maya = factories.maya(session)
    spoken = []
    for _ in range(5):
        clock.advance(minutes=1)
        with desk.db.transaction() as session:
            spoken.append(str(factories.conversation(session, customer_id=maya.id).id))
        says(desk, uuid.UUID(spoken[-1]), "Hello")
    clock.advance(minutes=1)
    says(desk, uuid.UUID(spoken[0]), "And again")
    found = look(sol, "Torres")
    assert [each["id"] for each in found["customers"][0]["conversations"]] == [spoken[0], spoken[4], spoken[3]]


def test_a_supervisor_finds_a_customer_who_never_wrote_an_agent_does_not(desk: Desk, ana: Visit, sol: Visit) -> None:
    with desk.db.transaction() as session:
        factories.customer(session, name="Quiet Person")
    assert look(sol, "quiet")["customers"][0]["conversations"] == []
    assert look(ana, "quiet")["customers"] == []


def test_who_is_not_proven_has_no_name_p1_p7(desk: Desk, sol: Visit, clock: SetClock) -> None:
    with desk.db.transaction() as session:
        maya = factories.maya(session)
        unproven = waiting(session, None, "It is Maya Torres about marmalade")
        session.get_one(Conversation, unproven).address = maya.phone
    with desk.visit("sol@example.com") as now:
        found = look(now, "Torres")
    assert [one["name"] for one in found["conversations"]] == [None], "what somebody says of themselves proves nothing"
    assert found["customers"][0]["conversations"] == []


def test_notes_and_agents_are_found_the_systems_own_lines_are_not(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    ana.post(f"conversations/{conversation_id}/notes", {"text": "Prefers marmalade"})
    ana.say(conversation_id, "Hello from the pantry")
    [note] = look(ana, "marmalade")["conversations"][0]["hits"]
    assert (note["note"], note["agent"]) == (True, "Ana")
    assert look(ana, "pantry")["conversations"][0]["hits"][0]["agent"] == "Ana"
    assert look(ana, "joined")["conversations"] == []


def test_what_is_erased_or_changed_is_found_no_more(desk: Desk, sol: Visit) -> None:
    conversation_id = desk.waiting(said="My marmalade")
    with desk.db.transaction() as session:
        session.execute(sa.update(Message).where(Message.conversation_id == conversation_id).values(text="Erased"))
        session.execute(sa.update(Customer).values(name="Erased", email=None, phone=None))
    for gone in ("marmalade", "Robin", "example"):
        found = look(sol, gone)
        assert (found["customers"], found["conversations"]) == ([], []), gone
    assert len(hits(look(sol, "erased"))) == 1


def test_looking_is_on_record_without_the_words_p7(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting(said="A marmalade question")
    look(ana, "marmalade")
    look(ana, "Marmalade ")
    with desk.db.reading() as session:
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "search")).all()
    assert [entry.detail["conversations"] for entry in entries if entry.detail] == [[str(conversation_id)]] * 2
    assert len({entry.detail["words"] for entry in entries if entry.detail}) == 1, "the same words have the same mark"
    assert "marmalade" not in json.dumps([entry.detail for entry in entries]).lower()


def test_hostile_words_are_words_and_answered_kindly(desk: Desk, ana: Visit) -> None:
    desk.waiting(said="100% sure: 'quoted' \"double\" <b>bold</b> a_b back\\slash $$ OR NOT near")
    dice = random.Random(11)
    hostile = [
        "100%", "'; DROP TABLE messages; --", '"unbalanced', "a_b", "back\\slash", "OR NOT", "NEAR(sure bold)",
        "sure & !bold | (", "bold:*", "* ^ sure", "-sure", "sure\x00bold", "text:sure", "{sure}", "<b>bold", "$$sure$$",
        "x" * 10_000, "sure " * 2_000, "é" * 5_000, "😀😀 sure", "שלום עולם", "\u202esure", "ﬁ ß İ", "١٢٣٤",
        *("".join(dice.choices(string.printable, k=60)) for _ in range(30)),
    ]  # fmt: skip
    for words in hostile:
        answer = ana.post("search", {"words": words})
        assert answer.status_code in (200, 422), words[:60]
        if answer.status_code == 422:
            assert answer.json()["error"]["message"] == "Write at least two letters or digits to look for."
    for found in ("100%", "a_b", "back\\slash", "sure\x00", "-sure", "bold:*", "OR NOT", "<b>bold"):
        assert len(hits(look(ana, found))) == 1, found
    for nothing in ("", " ", "%", "_", "'", "%%%%", "a"):
        assert ana.post("search", {"words": nothing}).status_code == 422
    half = ana.http.request(
        "POST", "/api/desk/search", content=b'{"words": "\\ud83d"}', headers={"Content-Type": "application/json"}
    )
    assert half.status_code == 422


def test_search_needs_a_token_as_every_write_does(desk: Desk, ana: Visit) -> None:
    assert ana.post("search", {"words": "hello"}, headers={"X-CSRF-Token": "forged"}).status_code == 403


def test_more_than_is_shown_is_said_and_answers_stay_small(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting(said="marmalade")
    for number in range(80):
        says(desk, conversation_id, f"marmalade {number} " + "x" * 4_000)
    answer = ana.post("search", {"words": "marmalade"})
    assert answer.json()["more"] is True
    assert len(answer.json()["conversations"][0]["hits"]) == 3
    assert len(answer.content) < 20_000


def test_a_returned_conversation_is_not_found_by_who_returned_it(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting(said="marmalade")
    ana.post(f"conversations/{conversation_id}/claim")
    with desk.db.transaction() as session:
        handoff.give_back(session, conversation_id, desk.ana)
    assert look(ana, "marmalade")["conversations"] == []


def test_a_snippet_is_short_marks_what_was_sought_and_changes_no_letter() -> None:
    words = Words.read("Straße pago")
    long = "word " * 100 + "El PÁGO de la straße es <i>mañana</i>. " + "word " * 100
    parts = snippet(long, words)
    assert [text for text, is_sought in parts if is_sought] == ["PÁGO", "straße"]
    assert sum(len(text) for text, _ in parts) <= LONG + 2
    assert "<i>mañana</i>" in "".join(text for text, _ in parts), "markup stays the text that it is"
    assert snippet("nothing of it", words) == [("nothing of it", False)]
    for text in ("İstanbul ﬁn ǆ", "e\u0301a", "👍🏽 pago", ""):
        assert len(fold(text)) == len(text)
        assert "".join(part for part, _ in snippet(text, words)) == " ".join(text.split())
    with pytest.raises(InvalidInput):
        Words.read("!")
