"""Holds and cases from the desk: placed, confirmed, lifted by who may, ended on their day, done with an outcome (C8,
C9, P1, P4)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from bot import policies
from bot.billing import hold_steps, invoices
from bot.billing.holds import holds_on, is_stopped_at
from bot.conversations import handoff
from bot.desk.auth import Seat
from bot.desk.customer import cases, holds
from bot.models import (
    Agent,
    Case,
    CaseStatus,
    Channel,
    Conversation,
    DisputeOutcome,
    Hold,
    HoldEvent,
    HoldKind,
    HoldStatus,
    Role,
)
from bot.policies import Stop
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit
from tests.desk.talks import Talk

WHY = "They told me so just now"


def place(talk: Talk, visit: Visit, kind: str, on: str = "customer", **given: Any) -> Any:
    """The holds that bind after one was placed."""
    answer = talk.post(visit, "holds", **({"kind": kind, "on": on, "reason": WHY} | given))
    assert answer.status_code == 200, answer.text
    return answer.json()["holds"]


def disputed(talk: Talk) -> list[str]:
    """The numbers of the invoices in dispute."""
    with talk.desk.db.reading() as session:
        items = invoices.standing(session, talk.customer(session)).items
        return [item.invoice.number for item in items if item.disputed]


def test_every_kind_says_what_it_stops_in_the_policys_words(sqlite_desk: Desk) -> None:
    with sqlite_desk.visit("ana@example.com") as ana:
        kinds = {each["kind"]: each for each in ana.get("hold-kinds").json()["holds"]}
    assert set(kinds) == set(HoldKind)
    assert policies.holds().says[Stop.ALLOCATION] in kinds["dispute"]["stops"]
    assert (kinds["dispute"]["on"], kinds["wrong_person"]["on"]) == (["invoice"], ["address"])
    assert (kinds["breathing_space"]["days"], kinds["deceased"]["lifted_by"]) == (60, "supervisor")


def test_a_hold_binds_from_the_press_of_the_button_and_twice_is_once_c8(desk: Desk, ana: Visit) -> None:
    talk, press = Talk(desk), str(uuid.uuid4())
    for _ in range(2):
        [held] = place(talk, ana, "hardship", client_id=press)
    assert (held["kind"], held["status"], held["by"], held["on"]) == ("hardship", "confirmed", "Ana", "the customer")
    with desk.db.reading() as session:
        assert holds_on(session, talk.customer_id) == {HoldKind.HARDSHIP}
    again = talk.post(ana, "holds", kind="hardship", on="customer", reason=WHY)
    assert (again.status_code, again.json()["error"]["message"]) == (409, "It is on hold already.")
    for body in (
        {"kind": "wrong_person", "on": "customer"},
        {"kind": "dispute", "on": "customer"},
        {"kind": "cease", "on": "invoice", "invoice_id": str(talk.invoices["INV-1001"])},
        {"kind": "cease", "on": "customer", "reason": "no"},
        {"kind": "cease", "on": "customer", "ends_on": "2020-01-01"},
    ):
        assert talk.post(ana, "holds", **({"reason": WHY} | body)).status_code == 422, body
    unknown = talk.post(ana, "holds", kind="dispute", on="invoice", invoice_id=str(uuid.uuid4()), reason=WHY)
    assert unknown.status_code == 404
    assert ana.post(f"holds/{held['id']}/lift", {"reason": WHY}).status_code == 200
    lifted = talk.post(ana, "holds", kind="hardship", on="customer", reason=WHY, client_id=press)
    assert (lifted.status_code, "lifted already" in lifted.json()["error"]["message"]) == (409, True)
    assert talk.audited("hold.") == ["hold.placed", "hold.lifted"]


def test_a_dispute_is_lifted_with_its_outcome_and_the_invoice_counts_again_c9(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    [held] = place(talk, ana, "dispute", "invoice", invoice_id=str(talk.invoices["INV-1002"]))
    assert (held["on"], disputed(talk)) == ("INV-1002", ["INV-1002"])
    assert ana.post(f"holds/{held['id']}/lift", {"reason": WHY}).status_code == 422
    assert ana.post(f"holds/{held['id']}/lift", {"reason": "ok", "outcome": "upheld"}).status_code == 422
    for _ in range(2):
        lifted = ana.post(f"holds/{held['id']}/lift", {"reason": WHY, "outcome": "not_upheld"})
        assert lifted.json() == {"status": "lifted"}
    assert disputed(talk) == []
    with desk.db.reading() as session:
        steps = session.execute(sa.select(HoldEvent.kind, HoldEvent.outcome).order_by(HoldEvent.at)).all()
    assert [tuple(step) for step in steps] == [("placed", None), ("lifted", DisputeOutcome.NOT_UPHELD)]


def test_what_was_reported_in_chat_is_confirmed_and_lifted_by_the_role_that_the_policy_names(
    desk: Desk, ana: Visit, ben: Visit, sol: Visit
) -> None:
    talk = Talk(desk)
    with desk.db.transaction() as session:
        hold_id = factories.hold_customer(session, talk.customer(session), HoldKind.DECEASED).id
    assert ben.post(f"holds/{hold_id}/confirm").status_code == 403
    [shown] = talk.dossier(ana)["holds"]
    assert (shown["status"], shown["may_confirm"], shown["may_lift"]) == ("reported", True, False)
    assert ana.post(f"holds/{hold_id}/confirm").json() == {"status": "confirmed"}
    refused = ana.post(f"holds/{hold_id}/lift", {"reason": WHY})
    assert (refused.status_code, "takes a supervisor" in refused.json()["error"]["message"]) == (403, True)
    assert sol.post(f"holds/{hold_id}/lift", {"reason": WHY}).json() == {"status": "lifted"}
    assert ana.post(f"holds/{hold_id}/confirm").status_code == 409
    assert sol.post(f"holds/{uuid.uuid4()}/lift", {"reason": WHY}).status_code == 404


def test_a_wrong_person_is_held_and_lifted_for_the_address_alone_p4(sqlite_desk: Desk) -> None:
    with sqlite_desk.db.transaction() as session:
        row = factories.conversation(session, channel=Channel.SMS, address="+12105550199")
        handoff.request(session, row.id, reason="request_human", skill="general", summary={})
        handoff.claim(session, row.id, sqlite_desk.ana)
    with sqlite_desk.visit("ana@example.com", role=Role.SPECIALIST) as ana:
        body = {"client_id": str(uuid.uuid4()), "kind": "wrong_person", "on": "address", "reason": WHY}
        [held] = ana.post(f"conversations/{row.id}/holds", body).json()["holds"]
        assert held["on"] == "this address"
        with sqlite_desk.db.reading() as session:
            assert is_stopped_at(session, session.get_one(Conversation, row.id), Stop.OUTREACH)
        assert ana.post(f"holds/{held['id']}/lift", {"reason": WHY}).json() == {"status": "lifted"}
    with sqlite_desk.db.reading() as session:
        assert not is_stopped_at(session, session.get_one(Conversation, row.id), Stop.OUTREACH)


def test_a_breathing_space_lasts_as_long_as_treatment_does_and_the_days_of_the_law_after_it_c8(
    desk: Desk, clock: SetClock, ana_at: Visit
) -> None:
    talk = Talk(desk)
    [held] = place(talk, ana_at, "breathing_space", in_treatment=True)
    assert (held["ends_on"], held["in_treatment"], held["may_end_treatment"]) == (None, True, True)
    clock.advance(days=200)
    assert hold_steps.end_due(desk.db) == 0
    today = clock.now().date()
    ended, path = today - dt.timedelta(days=10), f"holds/{held['id']}/treatment-ended"
    with desk.visit("sol@example.com", role=Role.SUPERVISOR) as sol:
        for day in (today + dt.timedelta(days=2), today - dt.timedelta(days=900)):
            assert sol.post(path, {"on": day.isoformat()}).status_code == 422
        last = ended + dt.timedelta(days=30)
        for _ in range(2):
            assert sol.post(path, {"on": ended.isoformat()}).json() == {"ends_on": last.isoformat()}
        again = sol.post(path, {"on": today.isoformat()})
        assert (again.status_code, again.json()["error"]["message"]) == (409, f"Its last day is {last} already.")
    with desk.db.reading() as session:
        assert session.scalars(sa.select(HoldEvent.kind).order_by(HoldEvent.at)).all() == ["placed", "treated"]
    clock.advance(days=20)
    assert hold_steps.end_due(desk.db) == 0
    clock.advance(days=1)
    assert hold_steps.end_due(desk.db) == 1


def test_only_a_breathing_space_without_a_last_day_lasts_as_long_as_treatment(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    for given in ({"kind": "hardship"}, {"kind": "breathing_space", "ends_on": "2026-12-01"}):
        body = {"on": "customer", "reason": WHY, "in_treatment": True, **given}
        assert talk.post(ana, "holds", **body).status_code == 422
    [held] = place(talk, ana, "hardship")
    assert (held["in_treatment"], held["may_end_treatment"]) == (False, False)
    assert ana.post(f"holds/{held['id']}/treatment-ended", {"on": "2026-03-01"}).status_code == 422


def test_how_long_a_hold_binds_is_the_law_of_the_customers_country_c8(
    desk: Desk, clock: SetClock, ana: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    law = policies.jurisdiction
    there = law("US").model_copy(update={"hold_days": {HoldKind.BREATHING_SPACE: 7}})
    monkeypatch.setattr(policies, "jurisdiction", lambda country: there if country == "US" else law(country))
    kinds = {each["kind"]: each for each in ana.get("hold-kinds?country=US").json()["holds"]}
    [held] = place(Talk(desk), ana, "breathing_space")
    assert (kinds["breathing_space"]["days"], held["days"]) == (7, 7)
    assert held["ends_on"] == (clock.now().date() + dt.timedelta(days=6)).isoformat()


def test_a_breathing_space_ends_after_its_last_day_with_a_case_c8(desk: Desk, clock: SetClock, ana_at: Visit) -> None:
    talk = Talk(desk)
    [held] = place(talk, ana_at, "breathing_space")
    last = clock.now().date() + dt.timedelta(days=59)
    assert held["ends_on"] == last.isoformat()
    clock.advance(days=59)
    assert hold_steps.end_due(desk.db) == 0
    clock.advance(days=1)
    assert (hold_steps.end_due(desk.db), hold_steps.end_due(desk.db)) == (1, 0)
    with desk.db.reading() as session:
        assert session.scalars(sa.select(Hold.status)).all() == [HoldStatus.LIFTED]
        assert session.scalars(sa.select(Case.kind)).all() == ["hold_ended"]
        assert holds_on(session, talk.customer_id) == frozenset()


def test_an_unproven_conversation_shows_no_hold_of_the_account_p1(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk)
    with sqlite_desk.visit("ana@example.com") as ana:
        place(talk, ana, "dispute", "invoice", invoice_id=str(talk.invoices["INV-1002"]))
        with sqlite_desk.db.transaction() as session:
            factories.hold_customer(session, talk.customer(session), HoldKind.HARDSHIP)
        talk.lapse()
        [shown] = talk.dossier(ana)["holds"]
        assert (shown["on"], shown["may_lift"]) == ("an invoice", False)
        assert ana.post(f"holds/{shown['id']}/lift", {"reason": WHY, "outcome": "upheld"}).status_code == 403


def test_who_may_decide_is_looked_up_once_however_much_there_is(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk)
    asked: list[str] = []
    sa.event.listen(sqlite_desk.db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def look(more: int) -> tuple[list[bool], int]:
        with sqlite_desk.db.transaction() as session:
            for _ in range(more):
                factories.hold(session, factories.invoice(session, talk.customer(session)))
                session.add(Case(customer_id=talk.customer_id, kind="complaint", summary="The letter was rude"))
        with sqlite_desk.db.reading() as session:
            here = session.get_one(Conversation, talk.id)
            seat = Seat(session.get_one(Agent, sqlite_desk.ana.id), "", "", here.created_at, here.created_at)
            asked.clear()
            held, opened = holds.of_conversation(session, seat, here), cases.of_conversation(session, seat, here)
            return [each["may_lift"] for each in held] + [each["may_decide"] for each in opened], len(asked)

    (few, queries), (many, same) = look(1), look(4)
    assert (few, many, same) == ([True] * 2, [True] * 10, queries)


def test_a_case_is_opened_by_hand_done_with_an_outcome_and_taken_up_again(desk: Desk, ana: Visit, ben: Visit) -> None:
    talk, press = Talk(desk), str(uuid.uuid4())
    body = {"client_id": press, "kind": "complaint", "summary": "My card is 4242 4242 4242 4242, they wrote"}
    for _ in range(2):
        [case] = talk.post(ana, "cases", **body).json()["cases"]
    assert (case["kind"], case["status"], "4242" in case["summary"]) == ("complaint", "open", False)
    done = {"outcome": "settled", "note": "We wrote and said sorry"}
    assert ben.post(f"cases/{case['id']}/done", done).status_code == 403
    for _ in range(2):
        assert ana.post(f"cases/{case['id']}/done", done).json() == {"status": "done"}
    [shown] = talk.dossier(ana)["cases"]
    assert (shown["done"]["outcome"], shown["done"]["note"], shown["done"]["by"]) == ("settled", done["note"], "Ana")
    assert ana.post(f"cases/{case['id']}/reopen").json() == {"status": "open"}
    assert ana.post(f"cases/{case['id']}/done", {"outcome": "settled", "note": "no"}).status_code == 422
    assert talk.post(ana, "cases", kind="gossip", summary=WHY).status_code == 422
    with desk.db.reading() as session:
        assert session.scalars(sa.select(Case.status)).all() == [CaseStatus.OPEN]
    assert talk.audited("case.") == ["case.opened", "case.opened", "case.done", "case.done", "case.reopened"]


def test_a_supervisor_sees_every_open_case_by_kind_and_what_came_of_the_others(
    desk: Desk, ana: Visit, ben: Visit, sol: Visit
) -> None:
    talk = Talk(desk)
    talk.post(ana, "cases", kind="complaint", summary="The driver <b>was</b> rude")
    [case] = talk.post(ana, "cases", kind="fraud", summary="A letter that was not ours").json()["cases"][:1]
    opened = sol.http.request("GET", "/desk/cases").text
    assert "Complaint <span>1</span>" in opened
    assert "The driver &lt;b&gt;was&lt;/b&gt; rude" in opened
    assert "GT-1001" in opened
    ana.post(f"cases/{case['id']}/done", {"outcome": "declined", "note": "It was ours after all"})
    assert case["summary"] not in sol.http.request("GET", "/desk/cases").text
    done = sol.http.request("GET", "/desk/cases?status=done").text
    assert "Declined</strong>, Ana: It was ours after all" in done
    assert sol.http.request("GET", "/desk/cases?kind=complaint&after=50").text.count("case-words") == 0
    assert "Nothing waits." in ben.http.request("GET", "/desk/cases").text


def test_an_agent_finishes_the_cases_of_a_talk_that_they_have_returned(desk: Desk, ana: Visit, ben: Visit) -> None:
    talk = Talk(desk)
    [case] = talk.post(ana, "cases", kind="complaint", summary="The driver was rude").json()["cases"]
    assert ana.post(f"conversations/{talk.id}/return").status_code == 200
    listed = [visit.http.request("GET", "/desk/cases").text for visit in (ana, ben)]
    assert ["The driver was rude" in page for page in listed] == [True, False]
    done = {"outcome": "settled", "note": "We said sorry"}
    assert ben.post(f"cases/{case['id']}/done", done).status_code == 403
    assert ana.post(f"cases/{case['id']}/done", done).status_code == 200
