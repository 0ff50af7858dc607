"""Working a conversation: seeing, claiming, answering, leaving."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from bot.billing import invoices, ledger, plans
from bot.clock import now
from bot.conversations import handoff, router, transcript, turns
from bot.conversations.dialogue import Answer, Turn
from bot.conversations.signals import Signals
from bot.desk import agents
from bot.models import Agent, AuditEntry, Author, Channel, Conversation, Customer, Holder, Message, Role
from bot.money import Money
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Echo, Visit, waiting


def spoken(desk: Desk, conversation_id: uuid.UUID, *, hidden: bool = False) -> list[tuple[str, str]]:
    """Who said what, as the customer sees it or with notes."""
    with desk.db.reading() as session:
        return [(m.author, m.text) for m in transcript.after(session, conversation_id, hidden=hidden)]


def ids(answer: Any, name: str) -> list[str]:
    """The conversations of one list."""
    return [item["id"] for item in answer.json()[name]]


def test_the_queue_is_in_the_order_of_the_criteria_with_what_an_agent_needs_to_choose_k13(
    desk: Desk, ana: Visit, clock: SetClock
) -> None:
    early = desk.waiting(said="I would like to talk\nto a person", skill="plans")
    clock.advance(minutes=7)
    unknown = desk.waiting(verified=False)
    care = desk.waiting(reason="crisis", priority=0, skill="care")
    clock.advance(minutes=3)
    first, second, third = ana.get("queue").json()["waiting"]
    assert [first["id"], second["id"], third["id"]] == [str(care), str(early), str(unknown)]
    assert (first["place"], first["reason"], first["skill"], first["priority"]) == (1, "crisis", "care", 0)
    assert (second["waiting_s"], second["channel"], second["language"]) == (600, "web", "English (United States)")
    assert (second["verified"], second["name"], second["at_stake"]) == (True, "Robin Park", "$100.00")
    assert second["last"]["text"] == "I would like to talk to a person"
    assert (third["verified"], third["name"], third["at_stake"]) == (False, None, None)


def test_what_is_at_stake_in_the_list_is_what_the_standing_says(desk: Desk, clock: SetClock) -> None:
    zones = ["Pacific/Auckland", "America/Anchorage", "UTC"]  # due "yesterday" is another day in each
    with desk.db.transaction() as session:
        for number, zone in enumerate(zones):
            customer = factories.customer(session, time_zone=zone, currency="GBP" if number else "USD")
            for late in (-1, 0, 1, 40):
                factories.invoice(session, customer, f"{10 + late + 40}.05", late=late, disputed=late == 40)
            waiting(session, customer, "Hello?")
        waiting(session, factories.customer(session), "I owe nothing")
    clock.advance(hours=10)
    with desk.db.reading() as session:
        standings = [invoices.standing(session, customer) for customer in session.scalars(sa.select(Customer))]
        late = [standing.payable_overdue for standing in standings]
        expected = sorted(each.format("en-US") if each else "" for each in late)
    with desk.db.transaction() as session:
        session.execute(sa.update(Conversation).values(verified_until=clock.now() + dt.timedelta(minutes=5)))
    with desk.visit("ana@example.com") as later:
        shown = sorted(item["at_stake"] or "" for item in later.get("queue").json()["waiting"])
    assert shown == expected
    assert len(set(shown)) == 4


def test_only_a_supervisor_sees_whom_the_others_have(desk: Desk, ana: Visit, ben: Visit, sol: Visit) -> None:
    anas = desk.waiting()
    ana.post(f"conversations/{anas}/claim")
    assert ids(ana.get("queue"), "mine") == [str(anas)]
    assert ids(ana.get("queue"), "waiting") == []
    assert (ids(ben.get("queue"), "waiting"), ids(ben.get("queue"), "mine")) == ([], [])
    assert "others" not in ben.get("queue").json()
    others = sol.get("queue").json()["others"]
    assert [(item["id"], item["agent"]["name"]) for item in others] == [(str(anas), "Ana")]


def test_an_agent_reads_what_waits_and_what_is_theirs_a_supervisor_everything(
    desk: Desk, ana: Visit, ben: Visit, sol: Visit
) -> None:
    conversation_id = desk.waiting()
    where = f"conversations/{conversation_id}"
    assert [visit.get(where).status_code for visit in (ana, ben, sol)] == [200, 200, 200]
    ana.post(f"{where}/claim")
    assert [visit.get(where).status_code for visit in (ana, ben, sol)] == [200, 403, 200]
    assert ben.get(where).json()["error"]["message"] == "Ana has this conversation."
    ana.post(f"{where}/return")
    assert [visit.get(where).status_code for visit in (ana, ben, sol)] == [403, 403, 200]


def test_a_preview_shows_all_and_allows_nothing_but_the_claim(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting()
    whole = ana.get(f"conversations/{conversation_id}").json()
    assert whole["may"] == {"claim": True, "take_over": False, "write": False, "transfer": False}
    assert whole["messages"][0]["text"] == "Can I talk to somebody?"
    assert whole["handoffs"][0]["summary"] == {"wish": "a person"}
    assert ana.say(conversation_id, "Hello").json()["error"]["message"] == "Claim the conversation first."


def test_the_account_of_a_verified_customer_is_all_there(desk: Desk, ana: Visit, clock: SetClock) -> None:
    with desk.db.transaction() as session:
        conversation_id = waiting(session, factories.maya(session), "Hello?")
    whole = ana.get(f"conversations/{conversation_id}").json()
    assert (whole["customer"]["name"], whole["customer"]["account_number"]) == ("Maya Torres", "GT-1001")
    account = whole["account"]
    assert (account["overdue"], account["total"]["text"]) == ({"minor": 20050, "text": "$200.50"}, "$260.50")
    assert [(each["number"], each["days_late"]) for each in account["invoices"]] == [
        ("INV-1001", 45),
        ("INV-1002", 15),
        ("INV-1003", 0),
    ]


def test_a_plan_shows_what_is_paid_due_and_late(desk: Desk, ana: Visit, clock: SetClock) -> None:
    with desk.db.transaction() as session:
        maya = factories.maya(session)
        conversation_id = waiting(session, maya, "Hello?")
        plan = plans.agree(session, plans.quote(session, maya, conversation_id=None, months=[3])[0].id, maya)
        oldest = invoices.standing(session, maya).items[0]
        account, first = ledger.invoice_account(oldest.invoice.id), Money(plan.instalments[0].amount, "USD")
        ledger.post(session, source=account, destination=ledger.STRIPE, amount=first, reference="first instalment")
        plans.promise(session, maya, Money(1000, "USD"), plan.instalments[0].due_on, conversation_id)
        session.flush()
        second = plan.instalments[1].due_on
    clock.advance(days=(second - clock.now().date()).days + 2)
    with desk.db.transaction() as session:
        proven = desk.conversation(conversation_id)
        proven.verified_until = clock.now().replace(year=2027)
        session.merge(proven)
    with desk.visit("ana@example.com") as later:
        account_now = later.get(f"conversations/{conversation_id}").json()["account"]
    assert [part["state"] for part in account_now["plan"]["instalments"]] == ["paid", "late", "due"]
    assert account_now["plan"]["paid"]["text"] == "$66.83"
    assert account_now["promises"][0]["amount"]["text"] == "$10.00"


def test_nothing_of_the_account_shows_before_or_after_proof_p1(desk: Desk, ana: Visit, clock: SetClock) -> None:
    unknown, lapsing = desk.waiting(verified=False), desk.waiting()
    with desk.db.transaction() as session:
        factories.hold(session, factories.invoice(session, session.scalars(sa.select(Customer)).one()))
    proven = ana.get(f"conversations/{lapsing}").json()
    assert proven["account"]["invoices"]
    assert proven["holds"]
    clock.advance(minutes=31)
    lapsed = ana.get(f"conversations/{lapsing}").json()
    assert (lapsed["identity"], lapsed["account"], lapsed["holds"]) == ("lapsed", None, [])
    assert lapsed["customer"]["name"] == "Robin Park", "the desk still knows whom it may ask"
    nobody = ana.get(f"conversations/{unknown}").json()
    assert (nobody["identity"], nobody["account"], nobody["customer"]) == ("unknown", None, None)
    assert [item["at_stake"] for item in ana.get("queue").json()["waiting"]] == [None, None]


def test_claim_answer_note_and_return(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting()
    where = f"conversations/{conversation_id}"
    claimed = ana.post(f"{where}/claim").json()["conversation"]
    assert (claimed["holder"], claimed["agent"]["name"], claimed["may"]["write"]) == ("agent", "Ana", True)
    assert ana.say(conversation_id, " Hello, I'm Ana. ").json()["message"]["text"] == "Hello, I'm Ana."
    assert ana.post(f"{where}/notes", {"text": "Paid by the 1st before"}).json()["message"]["note"] is True
    assert ana.post(f"{where}/return", {"note": "Plan of three agreed"}).json()["conversation"]["holder"] == "bot"
    said = spoken(desk, conversation_id)
    assert ("agent", "Hello, I'm Ana.") in said
    assert all("Paid by" not in text and "Plan of three" not in text for _, text in said), (
        "notes are not the customer's"
    )
    assert ("agent", "Paid by the 1st before") in spoken(desk, conversation_id, hidden=True)
    assert [author for author, _ in said[-1:]] == ["system"], "the customer is told who speaks now"


def test_the_same_message_sent_twice_is_said_once(desk: Desk, ana: Visit) -> None:
    conversation_id, client_id = desk.waiting(), str(uuid.uuid4())
    ana.post(f"conversations/{conversation_id}/claim")
    first, again = (ana.say(conversation_id, "Hello", client_id).json()["message"]["id"] for _ in range(2))
    assert first == again
    assert spoken(desk, conversation_id).count(("agent", "Hello")) == 1
    other = ana.say(conversation_id, "Not sent", client_id)
    assert (other.status_code, "another text" in other.json()["error"]["message"]) == (409, True)
    assert "Not sent" not in [text for _, text in spoken(desk, conversation_id)]


def test_closing_tells_the_customer_and_the_next_hand_over_is_a_new_one(desk: Desk, ana: Visit, sol: Visit) -> None:
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    assert ana.post(f"conversations/{conversation_id}/close").json()["conversation"]["closed_at"]
    assert ids(ana.get("queue"), "mine") == []
    steps = sol.get(f"conversations/{conversation_id}").json()["handoffs"][0]["events"]
    assert [(step["kind"], step["who"]) for step in steps] == [
        ("requested", "bot"),
        ("claimed", "Ana"),
        ("closed", "Ana"),
    ]


def test_an_agent_hands_over_to_a_colleague_or_to_the_queue(desk: Desk, ana: Visit, ben: Visit) -> None:
    conversation_id = desk.waiting()
    where = f"conversations/{conversation_id}"
    ana.post(f"{where}/claim")
    moved = ana.post(f"{where}/transfer", {"to": str(desk.ben.id), "note": "Speaks Spanish"}).json()["conversation"]
    assert (moved["agent"]["name"], set(moved["may"].values())) == ("Ben", {False})
    assert ids(ben.get("queue"), "mine") == [str(conversation_id)]
    assert ben.post(f"{where}/transfer").json()["conversation"]["holder"] == "queue"
    assert ids(ana.get("queue"), "waiting") == [str(conversation_id)]


def test_nothing_is_handed_to_somebody_who_is_not_there(desk: Desk, ana: Visit, clock: SetClock) -> None:
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    with desk.db.transaction() as session:
        session.get_one(Agent, desk.ben.id).disabled_at = clock.now()
    for nobody in (desk.ben.id, uuid.uuid4()):
        answer = ana.post(f"conversations/{conversation_id}/transfer", {"to": str(nobody)})
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, "There is no such colleague.")
    assert [agent["name"] for agent in ana.get("agents").json()["agents"]] == ["Ana", "Sol"]
    assert desk.conversation(conversation_id).agent_id == desk.ana.id


@pytest.mark.parametrize("kind", ["messages", "notes"])
@pytest.mark.parametrize(
    ("text", "sentence"), [("x" * 8001, "8,000"), ("x" * 100_000, "8,000"), ("  \n", "write something")]
)
def test_too_long_and_empty_words_are_refused_with_a_sentence(
    sqlite_desk: Desk, kind: str, text: str, sentence: str
) -> None:
    conversation_id = sqlite_desk.waiting()
    with sqlite_desk.visit("ana@example.com") as ana:
        ana.post(f"conversations/{conversation_id}/claim")
        body = {"text": text, "client_id": str(uuid.uuid4())}
        answer = ana.post(f"conversations/{conversation_id}/{kind}", body)
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]["message"]


def test_the_longest_message_and_any_script_are_kept_as_they_are(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    for text in ("é" * 8000, "<script>alert('x')</script> & 'quotes' \u202e 👍🏽 שלום"):
        assert ana.say(conversation_id, text).json()["message"]["text"] == text
    assert ana.say(conversation_id, "a\x00b").json()["message"]["text"] == "ab", "no database keeps a NUL"
    where = f"/api/desk/conversations/{conversation_id}/notes"
    half = ana.http.request("POST", where, content=b'{"text": "\\ud83d"}', headers={"Content-Type": "application/json"})
    assert half.status_code == 422
    assert half.json()["error"]["code"] == "invalid_input"


@pytest.mark.parametrize("round_", range(3))
def test_when_many_claim_at_once_exactly_one_wins_and_the_others_hear_who(desk: Desk, round_: int) -> None:
    conversation_id, names = desk.waiting(), [f"agent{number}" for number in range(6)]
    with desk.db.transaction() as session:
        for name in names:
            session.add(Agent(email=f"{name}@example.com", name=name, role=Role.AGENT, password_hash="-"))
    start = threading.Barrier(len(names))

    def claim(name: str) -> tuple[int, Any]:
        with desk.visit(f"{name}@example.com") as visit:
            start.wait(30)
            answer = visit.post(f"conversations/{conversation_id}/claim")
            return answer.status_code, answer.json()

    with ThreadPoolExecutor(len(names)) as threads:
        answers = list(threads.map(claim, names))
    winners = [name for name, (status, _) in zip(names, answers, strict=True) if status == 200]
    assert len(winners) == 1
    refused = [body["error"]["message"] for status, body in answers if status == 409]
    assert refused == [f"{winners[0]} has this conversation."] * (len(names) - 1)
    joined = [
        text for author, text in spoken(desk, conversation_id) if author == Author.SYSTEM and "has joined" in text
    ]
    assert len(joined) == 1
    assert desk.conversation(conversation_id).holder == Holder.AGENT


def test_every_look_and_every_act_is_on_record_and_holds_no_words_p7(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting(said="My secret words")
    where = f"conversations/{conversation_id}"
    ana.get("queue")
    ana.get(where)
    ana.post(f"{where}/claim")
    ana.say(conversation_id, "An answer")
    ana.post(f"{where}/notes", {"text": "A note"})
    ana.post(f"{where}/transfer", {"note": "Back it goes"})
    ana.post(f"{where}/claim")
    ana.post(f"{where}/return")
    with desk.db.reading() as session:
        entries = list(
            session.scalars(sa.select(AuditEntry).where(AuditEntry.agent_id == desk.ana.id).order_by(AuditEntry.id))
        )
    done = [entry.action.removeprefix("conversation.") for entry in entries if entry.action != "sign_in"]
    assert done == ["queue.read", "read", "claim", "reply", "note", "transfer", "claim", "return"]
    assert entries[1].detail == {"conversations": [str(conversation_id)]}
    assert {entry.subject for entry in entries[2:]} == {f"conversation:{conversation_id}"}
    kept = " ".join(f"{entry.subject} {entry.detail}" for entry in entries)
    for words in ("secret", "answer", "note", "Back", "Robin", "100"):
        assert words not in kept.replace(str(conversation_id), "")


def test_what_failed_leaves_no_trace(desk: Desk, ana: Visit, ben: Visit) -> None:
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    ben.post(f"conversations/{conversation_id}/claim")
    with desk.db.reading() as session:
        acts = session.scalars(sa.select(AuditEntry.agent_id).where(AuditEntry.action == "conversation.claim")).all()
    assert acts == [desk.ana.id]


def test_another_language_and_channel_are_named(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        conversation = factories.conversation(session, channel=Channel.WHATSAPP, locale="es-MX", address="+13055550106")
        conversation_id = conversation.id
        handoff.request(session, conversation_id, reason="request_human", skill="general", summary={})
    whole = ana.get(f"conversations/{conversation_id}").json()
    assert (whole["language"], whole["channel"], whole["address"]) == ("Spanish (Mexico)", "whatsapp", "+13055550106")


def test_a_long_transcript_is_shown_page_by_page_the_newest_first(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting()
    with desk.db.transaction() as session:
        row = session.get_one(Conversation, conversation_id, with_for_update=True)
        for number in range(1200):
            transcript.append(session, row, author=Author.CUSTOMER, text=f"line {number}")
    whole = ana.get(f"conversations/{conversation_id}").json()
    page, seen = whole, []
    while True:
        seen = [message["seq"] for message in page["messages"]] + seen
        assert len(page["messages"]) <= 300
        if not page["earlier"]:
            break
        page = ana.get(f"conversations/{conversation_id}/messages?before={seen[0]}").json()
    assert seen == list(range(1, whole["last_seq"] + 1))
    assert len(seen) >= 1200
    nothing = ana.get(f"conversations/{conversation_id}/messages?before=1").json()
    assert nothing == {"messages": [], "earlier": False}
    assert ana.get(f"conversations/{conversation_id}/messages?before=0").status_code == 422


def test_an_agents_words_are_theirs_in_the_transcript(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    ana.say(conversation_id, "Hello")
    with desk.db.reading() as session:
        said = session.scalars(sa.select(Message).where(Message.author == Author.AGENT)).one()
        assert agents.colleague(session, said.agent_id or uuid.uuid4()).name == "Ana"


def test_what_a_plan_covers_is_not_shown_as_late(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        maya = factories.maya(session)
        conversation_id = waiting(session, maya, "hello")
        quote = plans.quote(session, maya, conversation_id=conversation_id)[0]
        plans.agree(session, quote.id, maya, actor="customer")
    [row] = ana.get("queue").json()["waiting"]
    assert row["at_stake"] == "$0.00" or row["at_stake"] is None
    account = ana.get(f"conversations/{conversation_id}").json()["account"]
    assert account["overdue"]["minor"] == 0
    assert {item["number"]: item["planned"] for item in account["invoices"]} == {
        "INV-1001": True,
        "INV-1002": True,
        "INV-1003": False,
    }


def test_c9_what_is_disputed_is_overdue_nowhere_at_the_desk(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        robin = factories.customer(session)
        for late, disputed in ((10, True), (20, False)):
            factories.invoice(session, robin, late=late, disputed=disputed)
        conversation_id = waiting(session, robin, "One of these is wrong")
        rest = invoices.standing(session, robin).payable_overdue
    account = ana.get(f"conversations/{conversation_id}").json()["account"]
    assert account["overdue"] == {"minor": 10_000, "text": rest.format("en-US")}
    assert [one["days_late"] for one in account["invoices"] if one["disputed"]] == [0]
    assert ana.get("queue").json()["waiting"][0]["at_stake"] == rest.format("en-US")


def test_p1_what_a_hand_over_says_of_the_account_goes_with_the_proof(desk: Desk, ana: Visit) -> None:
    summary = {"said": "Please help", "verified": True, "total": {"minor": 10_000, "currency": "USD"}}
    conversation_id = desk.waiting(summary=summary)
    shown = ana.get(f"conversations/{conversation_id}").json()["handoffs"][0]["summary"]
    assert shown == {"said": "Please help", "total": summary["total"]}
    with desk.db.transaction() as session:
        session.get_one(Conversation, conversation_id).verified_until = now() - dt.timedelta(minutes=1)
    lapsed = ana.get(f"conversations/{conversation_id}").json()
    assert (lapsed["identity"], lapsed["handoffs"][0]["summary"]) == ("lapsed", {"said": "Please help"})


def test_a_supervisor_takes_over_from_the_assistant_whose_late_answer_is_dropped(
    desk: Desk, ana: Visit, sol: Visit
) -> None:
    with desk.db.transaction() as session:
        talk = factories.conversation(session).id
        begun = router.receive(session, talk, client_id="one", text="Hello?").begun
    assert begun is not None
    assert ana.post(f"conversations/{talk}/take-over").status_code == 403
    assert sol.get(f"conversations/{talk}").json()["may"]["take_over"] is True

    class Slow(Echo):
        async def converse(self, turn: Turn) -> Answer:
            taken = await asyncio.to_thread(sol.post, f"conversations/{talk}/take-over")
            assert (taken.status_code, taken.json()["conversation"]["may"]["write"]) == (200, True)
            return await super().converse(turn)

    asyncio.run(turns.answer(desk.db, Slow(), Signals(desk.db), begun))
    assert sol.post(f"conversations/{talk}/take-over").status_code == 200, "again is fine"
    assert [author for author, _ in spoken(desk, talk)] == ["customer", "system"], "the late answer was dropped"
    assert sol.get(f"conversations/{talk}").json()["handoffs"][0]["reason"] == "taken_over"
    assert sol.post(f"conversations/{desk.waiting()}/take-over").status_code == 409
    with desk.db.transaction() as session:
        closed = factories.conversation(session, closed_at=now()).id
    assert sol.post(f"conversations/{closed}/take-over").status_code == 409
