"""Who the customer is at the desk: what is shown to whom, and what an agent may change, unlock and write down."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa

from bot import clock
from bot.billing.identity import verification_locks as locks
from bot.conversations import consents, handoff, preferences
from bot.models import (
    AuditEntry,
    Case,
    Channel,
    Consent,
    ConsentSource,
    ContactChange,
    ContactEdit,
    ContactKind,
    Conversation,
    Customer,
    Feedback,
    Medium,
    VerificationUnlock,
)
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit, waiting

WHY = "They have a new one since May"


class Room:
    """Maya, who has proven who she is, with Ana."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with desk.db.transaction() as session:
            maya = factories.maya(session)
            self.customer_id = maya.id
            self.conversation_id = waiting(session, maya, "I have a new number")
            handoff.claim(session, self.conversation_id, desk.ana)

    def change(self, visit: Visit, field: str = "phone", value: str = "+12125550199", **given: Any) -> Any:
        """Ask for a change of contact data."""
        body = {"client_id": str(uuid.uuid4()), "field": field, "value": value, "reason": WHY} | given
        return visit.post(f"customers/{self.customer_id}/contact", body)

    def profile(self, visit: Visit) -> dict[str, Any]:
        """As the pane gets it."""
        shown: dict[str, Any] = visit.get(f"conversations/{self.conversation_id}").json()["profile"]
        return shown

    def post(self, visit: Visit, what: str, body: dict[str, Any] | None = None) -> Any:
        """To the conversation."""
        return visit.post(f"conversations/{self.conversation_id}/{what}", body)

    def maya(self) -> Customer:
        """As she is on file now."""
        with self.desk.db.reading() as session:
            return session.get_one(Customer, self.customer_id)

    def audited(self) -> list[str]:
        """What was written down beside reading, in order."""
        with self.desk.db.reading() as session:
            names = ("contact.", "verification.", "preference.", "consent.")
            found = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id))
            return [action for action in found if action.startswith(names)]


def test_the_pane_shows_who_they_are_and_what_was_before(desk: Desk, ana: Visit, sol: Visit) -> None:
    room = Room(desk)
    with desk.db.transaction() as session:
        earlier = factories.conversation(
            session, channel=Channel.SMS, address="+12105550101", customer_id=room.customer_id
        )
        session.add(Feedback(conversation_id=earlier.id, customer_id=room.customer_id, rating=2, given_at=clock.now()))
        consents.record(
            session,
            channel=Channel.SMS,
            address="+12105550101",
            granted=False,
            source=ConsentSource.KEYWORD,
            detail="stop",
        )
    shown = room.profile(ana)
    person = shown["person"]
    assert (person["name"], person["phone"], person["email"]) == ("Maya Torres", "+12105550101", "maya@example.com")
    assert (person["language_name"], person["time_zone"]) == ("English (United States)", "America/Chicago")
    assert [(each["channel"], each["opens"]) for each in shown["conversations"]] == [("sms", False)]
    assert [each["rating"] for each in shown["ratings"]] == [2]
    [sms, whatsapp, _] = person["consents"]
    assert (sms["granted"], len(sms["history"]), whatsapp["granted"]) == (False, 1, None)
    assert shown["may"] == {"change": True, "unlock": True, "rights": False}
    assert room.profile(sol)["may"]["rights"] is True


def test_without_a_proof_nothing_of_the_person_is_shown_p1(desk: Desk, clock: SetClock) -> None:
    room = Room(desk)
    with desk.visit("ana@example.com") as ana, desk.visit("sol@example.com") as sol:
        clock.advance(minutes=31)
        shown = room.profile(ana)
        assert (shown["person"], shown["conversations"], shown["ratings"]) == (None, [], [])
        assert shown["may"] == {"change": False, "unlock": True, "rights": False}
        assert room.profile(sol)["person"]["name"] == "Maya Torres"
        assert room.change(ana).status_code == 403
        proposed = room.change(sol).json()["edit"]
        assert (proposed["status"], room.maya().phone) == ("proposed", "+12105550101")


def test_an_agent_changes_a_contact_and_a_second_key_waits_for_the_supervisor(
    desk: Desk, ana: Visit, sol: Visit
) -> None:
    room = Room(desk)
    once = str(uuid.uuid4())
    for _ in range(2):
        made = room.change(ana, client_id=once).json()["edit"]
        assert (made["status"], made["before"], made["by"]) == ("made", "+12105550101", "Ana")
    assert room.maya().phone == "+12125550199"
    waits = room.change(ana, "email", "m@example.org").json()["edit"]
    assert (waits["status"], ana.get("contact-edits").json()) == ("proposed", {"contacts": []})
    [listed] = [sol.get("contact-edits").json()["contacts"] for _ in range(2)][-1]
    assert (listed["id"], listed["account_number"], listed["reason"]) == (waits["id"], "GT-1001", WHY)
    assert ana.post(f"contact-edits/{waits['id']}/approve").status_code == 403
    for _ in range(2):
        assert sol.post(f"contact-edits/{waits['id']}/approve").json()["edit"]["decided_by"] == "Sol"
    assert ana.post(f"contact-edits/{waits['id']}/approve").status_code == 403
    assert room.maya().email == "m@example.org"
    assert sol.post(f"contact-edits/{uuid.uuid4()}/refuse").status_code == 404
    assert room.audited() == ["contact.changed", "contact.proposed", "contact.approved"]


def test_an_account_is_not_taken_over_by_silencing_its_number_first_c5(sqlite_desk: Desk) -> None:
    room = Room(sqlite_desk)
    with sqlite_desk.visit("ana@example.com") as ana:
        assert room.post(ana, "consents", {"channel": "sms", "granted": False}).status_code == 200
        assert room.change(ana).json()["edit"]["status"] == "proposed"
        person = room.profile(ana)["person"]
        assert ("Nobody can be told" in person["second_person"]["email"], person["warned"]) == (True, False)
    assert room.maya().phone == "+12105550101"


def test_a_contact_that_another_customer_has_is_named_to_both_who_look_at_it(sqlite_desk: Desk) -> None:
    room = Room(sqlite_desk)
    with sqlite_desk.db.transaction() as session:
        factories.customer(session, phone="+12125550199")
    with sqlite_desk.visit("ana@example.com") as ana, sqlite_desk.visit("sol@example.com") as sol:
        waits = room.change(ana).json()["edit"]
        [listed] = sol.get("contact-edits").json()["contacts"]
    assert waits["status"] == "proposed"
    assert waits["shared"] == listed["shared"]
    assert "Another customer" in listed["shared"]


def test_a_card_number_in_a_name_is_not_kept_and_a_phone_that_looks_like_one_is_p3(sqlite_desk: Desk) -> None:
    room = Room(sqlite_desk)
    with sqlite_desk.visit("ana@example.com") as ana:
        made = room.change(ana, "name", "Maya 4242 4242 4242 4242").json()["edit"]
        assert made["status"] == "made"
        assert "4242" not in made["after"] + room.maya().name
        assert room.change(ana, "email", "4242424242424242@example.org").status_code == 422
        assert room.change(ana, "phone", "+5511912345676").json()["edit"]["after"] == "+5511912345676"


def test_a_postcode_is_shown_to_nobody(desk: Desk, ana: Visit) -> None:
    room = Room(desk)
    made = room.change(ana, "postcode", "60614")
    assert made.json()["edit"]["after"] is None
    with desk.db.reading() as session:
        digest = session.scalars(sa.select(ContactEdit)).one().after
    shown = ana.get(f"conversations/{room.conversation_id}").text
    assert "60614" not in shown
    assert digest
    assert digest not in shown


def test_whom_one_does_not_speak_with_stays_as_they_are_p1(desk: Desk, ben: Visit, nobody: Visit) -> None:
    room = Room(desk)
    for visit, status in ((ben, 403), (nobody, 401)):
        assert room.change(visit).status_code == status
        assert room.post(visit, "unlock", {"reason": "They asked for it"}).status_code == status
        assert room.post(visit, "verification/end").status_code == status
        assert room.post(visit, "preferences", {"kind": "refused", "medium": "sms"}).status_code == status
        assert room.post(visit, "consents", {"channel": "sms", "granted": False}).status_code == status
    assert (room.maya().phone, room.audited()) == ("+12105550101", [])


def test_what_cannot_be_is_refused_with_a_sentence(sqlite_desk: Desk) -> None:
    room = Room(sqlite_desk)
    with sqlite_desk.visit("ana@example.com") as ana:
        wrong: list[dict[str, Any]] = [
            {"field": "shoe"}, {"value": "x" * 301}, {"value": "12"}, {"reason": "no"}, {"client_id": "once"},
            {"field": "name", "value": "\x00\x07"},
        ]  # fmt: skip
        for given in wrong:
            answer = room.change(ana, **given)
            assert (answer.status_code, bool(answer.json()["error"]["message"])) == (422, True), given
        for headers in ({"X-CSRF-Token": "forged"}, {"Sec-Fetch-Site": "cross-site"}):
            body = {"client_id": str(uuid.uuid4()), "field": "email", "value": "m@example.org", "reason": WHY}
            assert ana.post(f"customers/{room.customer_id}/contact", body, headers=headers).status_code == 403
        kept = room.change(ana, reason="Paid with 4242 4242 4242 4242 before").json()["edit"]
    assert "4242" not in kept["reason"]


def test_a_wish_from_the_chat_is_confirmed_or_declined_with_one_click(desk: Desk, ana: Visit) -> None:
    room = Room(desk)
    with desk.db.transaction() as session:
        ids = []
        for kind, value in ((ContactKind.EMAIL, "m@example.org"), (ContactKind.ADDRESS, "14 Oak Street")):
            case = Case(conversation_id=room.conversation_id, customer_id=room.customer_id, kind="contact", summary="-")
            session.add(case)
            session.flush()
            wish = ContactChange(
                customer_id=room.customer_id,
                conversation_id=room.conversation_id,
                case_id=case.id,
                kind=kind,
                value=value,
            )
            session.add(wish)
            session.flush()
            ids.append(wish.id)
    email, address = ids
    asked = room.profile(ana)["person"]["asked"]
    assert [(each["field"], each["value"]) for each in asked] == [
        ("email", "m@example.org"),
        ("postcode", "14 Oak Street"),
    ]
    other = {"client_id": str(uuid.uuid4()), "value": "thief@example.org"}
    assert ana.post(f"contact-changes/{email}/confirm", other).status_code == 422
    once = {"client_id": str(uuid.uuid4())}
    for _ in range(2):
        assert ana.post(f"contact-changes/{email}/confirm", once).json()["edit"]["status"] == "made"
    assert room.maya().email == "m@example.org"
    needs = ana.post(f"contact-changes/{address}/confirm", {"client_id": str(uuid.uuid4())})
    assert (needs.status_code, "postcode" in needs.json()["error"]["message"]) == (422, True)
    assert ana.post(f"contact-changes/{address}/decline").status_code == 200
    assert ana.post(f"contact-changes/{address}/decline").status_code == 409
    whole = ana.get(f"conversations/{room.conversation_id}").json()
    assert whole["profile"]["person"]["asked"] == []
    assert {case["status"] for case in whole["cases"]} == {"done"}


def test_what_wrong_tries_locked_is_unlocked_with_a_reason_once(desk: Desk, ana: Visit) -> None:
    room = Room(desk)
    with desk.db.transaction() as session:
        conversation = session.get_one(Conversation, room.conversation_id)
        for subject in (locks.address(conversation), locks.account(room.customer_id)):
            while not locks.count_failure(session, subject):
                pass
    assert room.profile(ana)["locked_until"] is not None
    assert room.post(ana, "unlock", {"reason": " "}).status_code == 422
    assert room.post(ana, "unlock", {"reason": "They know all invoices"}).status_code == 200
    again = room.post(ana, "unlock", {"reason": "They know all invoices"})
    assert (again.status_code, again.json()["error"]["message"]) == (409, "Nothing is locked here (any more).")
    shown = room.profile(ana)
    assert (shown["locked_until"], [each["by"] for each in shown["unlocks"]]) == (None, ["Ana"])
    with desk.db.reading() as session:
        assert locks.locked_for(session, locks.account(room.customer_id)) == 0
        assert session.scalars(sa.select(VerificationUnlock)).one().reason == "They know all invoices"
    assert room.audited() == ["verification.unlocked"]


def test_a_proof_that_is_doubted_ends(desk: Desk, ana: Visit) -> None:
    room = Room(desk)
    assert room.post(ana, "verification/end").status_code == 200
    whole = ana.get(f"conversations/{room.conversation_id}").json()
    assert (whole["identity"], whole["account"], whole["profile"]["person"]) == ("lapsed", None, None)
    assert room.post(ana, "verification/end").status_code == 409
    assert room.change(ana).status_code == 403


def test_wishes_bind_at_once_and_are_kept_with_their_history_c7(desk: Desk, ana: Visit) -> None:
    room = Room(desk)
    tomorrow = (clock.now() + dt.timedelta(days=3)).date().isoformat()
    said: list[dict[str, Any]] = [
        {"kind": "refused", "medium": "call"}, {"kind": "hours", "start": 720, "end": 1200},
        {"kind": "days", "days": [0, 2]}, {"kind": "quiet_until", "until": tomorrow},
        {"kind": "language", "language": "es"},
    ]  # fmt: skip
    for wish in [*said, said[1]]:
        shown = room.post(ana, "preferences", wish).json()["wishes"]
    assert (shown["refused"], shown["hours"], shown["days"]) == (["call"], [720, 1200], [0, 2])
    assert (shown["quiet_until"], shown["language"], len(shown["history"])) == (tomorrow, "es", 5)
    with desk.db.reading() as session:
        standing = preferences.of(session, None, room.customer_id)
    noon = dt.datetime(2030, 1, 7, 17, 0, tzinfo=dt.UTC)  # a Monday, 11:00 in Chicago
    assert not preferences.allows(standing, Medium.SMS, noon, "America/Chicago")
    assert preferences.allows(standing, Medium.SMS, noon + dt.timedelta(hours=2), "America/Chicago")
    wrong: list[dict[str, Any]] = [
        {"kind": "hours", "start": 1200, "end": 720}, {"kind": "days", "days": []}, {"kind": "days", "days": [9]},
        {"kind": "quiet_until", "until": "2020-01-01"}, {"kind": "quiet_until"}, {"kind": "language", "language": "1"},
        {"kind": "shout"}, {"kind": "refused", "medium": "pigeon"},
    ]  # fmt: skip
    for wish in wrong:
        assert room.post(ana, "preferences", wish).status_code == 422, wish
    assert room.audited() == ["preference.recorded"] * 5


def test_how_they_wish_to_be_spoken_to_is_kept_and_shown_k12(desk: Desk, ana: Visit) -> None:
    room = Room(desk)
    for tone in ("formal", "formal", "family"):
        shown = room.post(ana, "preferences", {"kind": "tone", "tone": tone}).json()["wishes"]
        assert shown["tone"] == tone
    for wish in ({"kind": "tone"}, {"kind": "tone", "tone": "stern"}):
        assert room.post(ana, "preferences", wish).status_code == 422
    assert room.audited() == ["preference.recorded"] * 2


def test_a_yes_to_e_mail_is_about_the_address_on_file_c4(desk: Desk, ana: Visit) -> None:
    room = Room(desk)
    assert room.post(ana, "consents", {"channel": "email", "granted": True}).json() == {"changed": True}
    with desk.db.reading() as session:
        assert session.scalars(sa.select(Consent.address)).all() == [room.maya().email]


def test_a_consent_on_their_word_is_a_row_with_who_heard_it_c4(desk: Desk, ana: Visit) -> None:
    room = Room(desk)
    for granted, changed in ((False, True), (False, False), (True, True)):
        answer = room.post(ana, "consents", {"channel": "sms", "granted": granted})
        assert answer.json() == {"changed": changed}
    [sms, _, email] = room.profile(ana)["person"]["consents"]
    assert (email["channel"], email["granted"]) == ("email", None)
    assert [(each["granted"], each["source"], each["by"]) for each in sms["history"]] == [
        (True, "agent", "Ana"),
        (False, "agent", "Ana"),
    ]
    assert room.post(ana, "consents", {"channel": "web", "granted": False}).status_code == 422
    assert room.audited() == ["consent.recorded"] * 2


def test_the_audit_log_holds_no_contact_and_no_reason_p7(desk: Desk, ana: Visit) -> None:
    room = Room(desk)
    room.change(ana)
    room.change(ana, "name", "Maya Lopez")
    with desk.db.reading() as session:
        written = " ".join(f"{entry.subject} {entry.detail}" for entry in session.scalars(sa.select(AuditEntry)))
    assert not [word for word in ("5550199", "Lopez", "since May") if word in written]
