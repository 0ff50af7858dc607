"""Canned answers: in the customer's language, filled only with what may be said, changed by supervisors."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from bot import policies
from bot.models import AuditEntry, CannedAnswer, Conversation
from tests import factories
from tests.desk.desks import Desk, Visit, waiting
from tests.kindness import banned


def answers(visit: Visit, conversation_id: uuid.UUID) -> dict[str, Any]:
    """What is offered, by name."""
    return {one["name"]: one for one in visit.get(f"conversations/{conversation_id}/answers").json()["answers"]}


def worded(**given: str) -> dict[str, str]:
    """An answer of a supervisor's."""
    return {
        "name": "pay_day",
        "language": "en",
        "title": "Pay day",
        "text": "When is your pay day, {first_name}?",
    } | given


def test_every_language_has_every_answer_of_the_house_and_all_are_kind() -> None:
    of_house = policies.canned_answers().root
    assert len(of_house) >= 20
    for name, languages in of_house.items():
        assert set(languages) == {"en", "es", "pt"}, name
        assert not [found for one in languages.values() for found in banned(f"{one.title}. {one.text}")], name


def test_answers_are_filled_for_who_has_proven_who_they_are(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        conversation_id = waiting(session, factories.maya(session), "Hello?")
    offered = answers(ana, conversation_id)
    assert offered["hello"]["text"].startswith("Hello Maya, I'm Ana from Juniper & Finch Home.")
    assert offered["your_balance"]["text"].startswith("$260.50 is open on your account now.")
    assert "debit or credit card, Apple Pay, Google Pay, or bank account" in offered["ways_to_pay"]["text"]
    assert all(one["instead_of"] is None and one["refused"] is None for one in offered.values())
    with desk.db.reading() as session:
        read = session.scalars(sa.select(AuditEntry.subject).where(AuditEntry.action == "answers.read")).all()
    assert read == [f"conversation:{conversation_id}"], "what names a customer is written down before it leaves"


def test_what_cannot_be_filled_is_refused_with_the_reason_and_never_a_blank_p1(desk: Desk, ana: Visit) -> None:
    unknown = answers(ana, desk.waiting(verified=False))
    why = "They have not proven who they are, so"
    assert (unknown["hello"]["text"], unknown["hello"]["refused"]) == (None, f"{why} their name can't be told.")
    assert unknown["your_balance"]["refused"] == f"{why} what is open can't be told."
    assert unknown["payment_thanks"]["text"] is None
    for name in ("spread_it", "part_now", "which_day", "ways_to_pay", "promise_thanks", "dispute_heard",
                 "looking_for_payment"):  # fmt: skip
        assert unknown[name]["refused"] == f"{why} anything of an account can't be told.", name
    assert unknown["who_are_you"]["text"].startswith("Before we go on")
    assert unknown["hello_new"]["text"].startswith("Hello, I'm Ana")
    for one in unknown.values():
        assert (one["text"] is None) != (one["refused"] is None)
        assert "{" not in (one["text"] or "")
    with desk.db.transaction() as session:
        settled = waiting(session, factories.customer(session), "Hello?")
    assert answers(ana, settled)["your_balance"]["refused"] == "Nothing is open on this account."


def test_the_customers_language_comes_first_and_english_is_said_plainly(desk: Desk, ana: Visit, sol: Visit) -> None:
    conversation_id = desk.waiting()
    assert sol.post("answers", worded()).status_code == 200
    for locale, hello, instead in (
        ("es-MX", "Hola, Robin, soy Ana", "Spanish"),
        ("pt-BR", "Olá, Robin, sou Ana", "Portuguese"),
        ("fr-FR", "Hello Robin", "French"),
    ):
        with desk.db.transaction() as session:
            session.get_one(Conversation, conversation_id).locale = locale
        offered = answers(ana, conversation_id)
        assert offered["hello"]["text"].startswith(hello)
        assert (offered["pay_day"]["language"], offered["pay_day"]["instead_of"]) == ("English", instead)


def test_supervisors_add_change_and_retire_and_it_is_written_down(desk: Desk, ana: Visit, sol: Visit) -> None:
    conversation_id = desk.waiting()
    assert ana.post("answers", worded()).status_code == 403
    first = sol.post("answers", worded()).json()["id"]
    assert sol.post("answers", worded()).json()["id"] == first
    second = sol.post("answers", worded(text="Which day are you paid?")).json()["id"]
    assert answers(ana, conversation_id)["pay_day"]["text"] == "Which day are you paid?"
    assert ana.http.request("DELETE", f"/api/desk/answers/{second}").status_code == 403
    for _ in range(2):
        assert sol.http.request("DELETE", f"/api/desk/answers/{second}").status_code == 204
    assert "pay_day" not in answers(ana, conversation_id)
    with desk.db.reading() as session:
        kept = session.scalars(sa.select(CannedAnswer).order_by(CannedAnswer.added_at, CannedAnswer.id)).all()
        assert [(str(row.id), row.retired_by) for row in kept] == [(first, desk.sol.id), (second, desk.sol.id)]
        acts = session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.startswith("canned_answer")))
        assert sorted(acts) == ["canned_answer.add", "canned_answer.change", "canned_answer.retire"]


def test_a_change_takes_the_place_of_the_houses_answer_until_it_is_retired(desk: Desk, ana: Visit, sol: Visit) -> None:
    conversation_id = desk.waiting()
    made = sol.post("answers", worded(name="no_rush", text="All in your own time.")).json()["id"]
    assert answers(ana, conversation_id)["no_rush"]["text"] == "All in your own time."
    sol.http.request("DELETE", f"/api/desk/answers/{made}")
    assert answers(ana, conversation_id)["no_rush"]["text"].startswith("Take the time you need.")


def test_what_no_customer_should_read_or_nobody_can_fill_is_refused(desk: Desk, sol: Visit) -> None:
    for given, says in (
        ({"text": "You must pay now."}, "ask what would work"),
        ({"text": "My card is 4242 4242 4242 4242"}, "card number"),
        ({"text": "Hello {surname}"}, "surname: only these may stand in braces"),
        ({"text": "Hello {first_name"}, "a brace is not closed"),
        ({"text": "Hello {first_name!r}"}, "a variable is its plain name"),
        ({"text": "\x00 \x00"}, "Text: "),
        ({"name": "Pay Day"}, "small letters"),
        ({"language": "xx"}, "one of en, es, pt"),
    ):
        answer = sol.post("answers", worded(**given))
        assert answer.status_code == 422, given
        assert says in answer.json()["error"]["message"]
    with desk.db.reading() as session:
        assert session.scalars(sa.select(CannedAnswer)).all() == []


def test_an_answer_is_offered_only_where_one_may_read(desk: Desk, ana: Visit, ben: Visit) -> None:
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    assert ben.get(f"conversations/{conversation_id}/answers").status_code == 403


def test_everybody_reads_the_page_and_supervisors_have_its_forms(desk: Desk, ana: Visit, sol: Visit) -> None:
    sol.post("answers", worded(title="<b>Pay</b> day"))
    pages = [visit.http.request("GET", "/desk/answers").text for visit in (ana, sol)]
    assert all("&lt;b&gt;Pay&lt;/b&gt; day" in page and "<b>Pay" not in page for page in pages)
    assert ["<form" in page for page in pages] == [False, True]
