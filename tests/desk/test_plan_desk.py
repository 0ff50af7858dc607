"""Plans from the desk: quoted to the cent, agreed on the customer's word and repeated in writing, changed, ended; and
the assistant knows of it after a return (K4, K7, K8; design section 10, 12)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.billing import plans
from bot.conversations import handoff, router, sent_offers, transcript
from bot.db import Database
from bot.models import (
    Approval,
    Case,
    CaseStatus,
    HoldKind,
    Payment,
    Plan,
    PlanEvent,
    PlanEventKind,
    PlanKind,
    PlanStatus,
    Role,
)
from tests import factories
from tests.actions import dialogue
from tests.actions.scene import Scene
from tests.desk.desks import Desk, Visit
from tests.desk.talks import Talk

ZONE = "America/Chicago"


def quote(talk: Talk, visit: Visit, **terms: Any) -> Any:
    """The offer for these terms."""
    answer = talk.post(visit, "plan/quote", **({"count": 4} | terms))
    assert answer.status_code == 200, answer.text
    return answer.json()["plan"]


def agreed(talk: Talk, visit: Visit, **terms: Any) -> str:
    """A plan that was agreed; its id."""
    plan_id: str = quote(talk, visit, **terms)["id"]
    assert talk.post(visit, f"plans/{plan_id}/agree").status_code == 200
    return plan_id


def in_force(talk: Talk) -> Plan | None:
    """The plan in force."""
    with talk.desk.db.reading() as session:
        return plans.current(session, talk.customer(session))


def hardship(talk: Talk) -> None:
    """Maya has said that she is in hardship."""
    with talk.desk.db.transaction() as session:
        factories.hold_customer(session, talk.customer(session), HoldKind.HARDSHIP)


def test_a_quote_is_shown_instalment_by_instalment_and_agreed_in_writing_k8(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    first = clock.today(ZONE) + dt.timedelta(days=5)
    found = quote(talk, ana, count=6, frequency="fortnightly", first=first.isoformat())
    parts = found["instalments"]
    assert (len(parts), sum(part["amount"]["minor"] for part in parts)) == (6, 20_050)
    assert [part["due_on"] for part in parts[:2]] == [first.isoformat(), (first + dt.timedelta(days=14)).isoformat()]
    assert (found["differs"], found["approval"], in_force(talk), talk.said()) == ([], None, None, [])
    press = str(uuid.uuid4())
    for _ in range(2):
        assert talk.post(ana, f"plans/{found['id']}/agree", client_id=press).status_code == 200
    plan = in_force(talk)
    assert plan is not None
    assert (str(plan.id), plan.frequency) == (found["id"], "fortnightly")
    [said] = talk.said()
    assert all(part["amount"]["text"] in said.text for part in parts)
    assert (said.card or {})["status"] == "active"
    with desk.db.reading() as session:
        actors = session.scalars(sa.select(PlanEvent.actor).where(PlanEvent.kind == PlanEventKind.AGREED)).all()
    assert actors == [f"agent:{desk.ana.id}"]
    assert talk.post(ana, f"plans/{found['id']}/agree").json()["error"]["message"] == "This plan is in force already."
    assert talk.audited("plan.") == ["plan.quoted", "plan.agreed"]


def test_a_press_that_sent_an_offer_is_never_taken_for_a_yes_k8(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    first, other = quote(talk, ana)["id"], quote(talk, ana, count=3)["id"]
    press = str(uuid.uuid4())
    for _ in range(2):
        assert talk.post(ana, f"plans/{first}/send", client_id=press).status_code == 200
    for path, body in (
        (f"plans/{first}/agree", {}),
        (f"plans/{other}/send", {}),
        ("promise", {"amount": 5_000, "due_on": clock.today(ZONE).isoformat()}),
    ):
        refused = talk.post(ana, path, client_id=press, **body)
        assert refused.status_code == 409, path
        assert refused.json()["error"]["message"].startswith("That client_id did something else already."), path
    assert (in_force(talk), len(talk.said())) == (None, 1)
    assert talk.post(ana, f"plans/{first}/agree").status_code == 200
    assert str((in_force(talk) or Plan()).id) == first


def test_terms_outside_the_policy_are_met_with_the_nearest_which_says_so_k4(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk)
    with sqlite_desk.visit("ana@example.com") as ana:
        found = quote(talk, ana, count=20)
        assert (len(found["instalments"]), "fewer instalments" in found["differs"][0]) == (12, True)
        found = quote(talk, ana, count=None, each=5_000)
        assert [part["amount"]["minor"] for part in found["instalments"]] == [5_000, 5_000, 5_000, 5_050]
        for terms in ({"count": None}, {"each": 100}, {"invoice_ids": [str(uuid.uuid4())]}, {"count": 0}):
            assert talk.post(ana, "plan/quote", **({"count": 3} | terms)).status_code in (404, 422), terms
        late = (clock.today(ZONE) + dt.timedelta(days=90)).isoformat()
        assert quote(talk, ana, first=late)["differs"] == ["another first day"]


def test_a_part_paid_now_comes_with_its_link_and_chosen_invoices_are_named_c9(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    with desk.db.transaction() as session:
        factories.hold(session, session.get_one(factories.Invoice, talk.invoices["INV-1002"]))
    assert talk.get(ana, "plan").json()["covers"]["minor"] == 12_000
    ids = [str(talk.invoices[number]) for number in ("INV-1001", "INV-1002")]
    agreed(talk, ana, count=3, down=5_000, invoice_ids=ids)
    plan = in_force(talk)
    assert plan is not None
    assert [(part.number, part.amount) for part in plan.instalments][:2] == [(0, 5_000), (1, 5_016)]
    with desk.db.reading() as session:
        assert session.scalars(sa.select(Payment.amount)).all() == [5_000]
    assert [(m.card or {})["kind"] for m in talk.said()] == ["plan_schedule", "pay_link"]


def test_what_has_changed_meanwhile_is_not_agreed(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk)
    with sqlite_desk.visit("ana@example.com") as ana:
        first, other = quote(talk, ana, count=3)["id"], quote(talk, ana, count=4)["id"]
        with sqlite_desk.db.transaction() as session:
            factories.hold(session, session.get_one(factories.Invoice, talk.invoices["INV-1002"]))
        stale = talk.post(ana, f"plans/{first}/agree")
        assert (stale.status_code, "balance has changed" in stale.json()["error"]["message"]) == (409, True)
        agreed(talk, ana, count=3)
        for what in ("send", "agree"):
            gone = talk.post(ana, f"plans/{other}/{what}")
            assert (gone.status_code, "has ended" in gone.json()["error"]["message"]) == (409, True)


def test_longer_terms_take_hardship_and_a_specialist_as_the_second_person_k7_k13(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    refused = talk.post(ana, "plan/quote", count=18, longer=True)
    assert (refused.status_code, "place that hold first" in refused.json()["error"]["message"]) == (403, True)
    hardship(talk)
    found = quote(talk, ana, count=18, longer=True)
    assert (found["kind"], found["approval"], found["may_approve"]) == ("extended", "asked", False)
    assert talk.post(ana, f"plans/{found['id']}/agree").status_code == 409
    assert talk.post(ana, f"plans/{found['id']}/send").status_code == 409
    assert ana.post(f"plans/{found['id']}/approve").status_code == 403
    [waits] = talk.dossier(ana)["account"]["offers"]
    assert (waits["id"], ana.get("approvals").json()["plans"]) == (found["id"], [])
    [case] = talk.dossier(ana)["cases"]
    stuck = ana.post(f"cases/{case['id']}/done", {"outcome": "settled", "note": "We looked at it"})
    assert (case["kind"], stuck.status_code) == ("plan_approval", 409)
    with desk.visit("ben@example.com", role=Role.SPECIALIST) as ben:
        assert [each["id"] for each in ben.get("approvals").json()["plans"]] == [found["id"]]
        assert ben.post(f"plans/{found['id']}/approve").status_code == 200
    assert talk.post(ana, f"plans/{found['id']}/agree").status_code == 200
    plan = in_force(talk)
    assert plan is not None
    assert (plan.kind, len(plan.instalments), plan.approval) == (PlanKind.EXTENDED, 18, Approval.GIVEN)
    with desk.db.reading() as session:
        assert session.scalars(sa.select(Case.status)).all() == [CaseStatus.DONE]
    beyond = talk.post(ana, "plan/quote", count=25, longer=True)
    assert (beyond.status_code, "24 months at most" in beyond.json()["error"]["message"]) == (422, True)


def test_a_specialists_own_longer_terms_hold_at_once(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk)
    hardship(talk)
    with sqlite_desk.visit("ana@example.com", role=Role.SPECIALIST) as ana:
        assert quote(talk, ana, count=18, longer=True)["approval"] == "given"
        assert quote(talk, ana, count=6, longer=True)["kind"] == "standard"


def test_dates_move_a_plan_pauses_once_and_ends_each_shown_before_and_repeated_after_k8(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    plan_id = agreed(talk, ana)
    room = talk.get(ana, "plan").json()["plan"]
    first = dt.date.fromisoformat(room["ahead"][0]["due_on"])
    to = (first + dt.timedelta(days=3)).isoformat()
    change = {"number": room["ahead"][0]["number"], "to": to, "following": True}
    tried = talk.post(ana, f"plans/{plan_id}/trial", **change).json()["instalments"]
    assert tried[0]["due_on"] == to
    assert talk.get(ana, "plan").json()["plan"] == room
    press = str(uuid.uuid4())
    for _ in range(2):
        assert talk.post(ana, f"plans/{plan_id}/change", client_id=press, **change).status_code == 200
    assert talk.get(ana, "plan").json()["plan"]["ahead"] == tried
    assert talk.post(ana, f"plans/{plan_id}/change", pause=14).status_code == 200
    again = talk.post(ana, f"plans/{plan_id}/change", pause=14)
    assert (again.status_code, "Agree new terms" in again.json()["error"]["message"]) == (409, True)
    far = talk.post(ana, f"plans/{plan_id}/trial", number=1, to="2099-01-01")
    assert far.status_code == 422
    assert talk.post(ana, f"plans/{plan_id}/end", reason=" \x00").status_code == 422
    assert talk.post(ana, f"plans/{plan_id}/end", reason="They lost their job").status_code == 200
    assert in_force(talk) is None
    said = talk.said()
    assert [len(m.text.split("changed")) - 1 for m in said] == [0, 1, 1, 0]
    assert "$200.50 of it is open again" in said[-1].text
    assert "Plan ended: They lost their job" in [m["text"] for m in talk.dossier(ana)["messages"] if m["note"]]
    assert talk.post(ana, f"plans/{plan_id}/end", reason="Again").status_code == 409
    assert talk.audited("plan.m", "plan.p", "plan.e") == ["plan.moved", "plan.paused", "plan.ended"]


def test_new_terms_for_the_rest_take_the_plans_place(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk)
    with sqlite_desk.visit("ana@example.com") as ana:
        before = agreed(talk, ana)
        found = quote(talk, ana, count=8)
        assert found["replaces"] is True
        assert talk.post(ana, f"plans/{found['id']}/agree").status_code == 200
    with sqlite_desk.db.reading() as session:
        assert session.get_one(Plan, uuid.UUID(before)).status == PlanStatus.CANCELLED
        assert session.get_one(Plan, uuid.UUID(found["id"])).status == PlanStatus.ACTIVE


class Returned:
    """Maya, who spoke with Ana; what she says goes to the assistant once Ana has returned her."""

    def __init__(self, db: Database) -> None:
        self.desk = Desk(db)
        self.scene = Scene(db)
        with db.transaction() as session:
            handoff.request(session, self.scene.id, reason="request_human", skill="general", summary={})
            handoff.claim(session, self.scene.id, self.desk.ana)

    def post(self, visit: Visit, path: str, **body: Any) -> Any:
        """Write to the conversation."""
        answer = visit.post(f"conversations/{self.scene.id}/{path}", {"client_id": str(uuid.uuid4())} | body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def returned(db: Database) -> Returned:
    """On both databases."""
    return Returned(db)


async def test_after_a_return_the_assistant_tells_the_plan_that_was_agreed_at_the_desk(returned: Returned) -> None:
    with returned.desk.visit("ana@example.com") as ana:
        found = returned.post(ana, "plan/quote", count=4)["plan"]
        returned.post(ana, f"plans/{found['id']}/agree")
        returned.post(ana, "return")
    told = await dialogue.Talk(returned.scene).say("how is my plan", "check_plan")
    assert told.responses == ["utter_plan_stands_begins"]
    assert (told.card or {})["id"] == found["id"]
    assert [part["amount"] for part in (told.card or {})["instalments"]] == [5_012, 5_012, 5_012, 5_014]


async def test_terms_that_were_sent_are_agreed_with_the_assistant_after_a_return_by_a_clear_yes_k8(
    returned: Returned,
) -> None:
    with returned.desk.visit("ana@example.com") as ana:
        found = returned.post(ana, "plan/quote", count=5)["plan"]
        sent = returned.post(ana, f"plans/{found['id']}/send")["message"]
        returned.post(ana, "return")
    [option] = sent["card"]["options"]
    with returned.desk.db.transaction() as session:
        taken = router.receive(session, returned.scene.id, client_id="tap", payload=option["payload"])
    assert taken.begun is not None
    talk = dialogue.Talk(returned.scene)
    asked = await talk.say("", "request_plan", plan=found["id"])
    assert asked.responses == ["utter_plan_terms"]
    await talk.say("yes", "affirm")
    plan = talk.plan()
    assert plan is not None
    assert str(plan.id) == found["id"]


async def test_after_a_return_the_assistant_tells_the_promise_that_was_made_at_the_desk(returned: Returned) -> None:
    day = clock.today(ZONE) + dt.timedelta(days=6)
    with returned.desk.visit("ana@example.com") as ana:
        returned.post(ana, "promise", amount=4_000, due_on=day.isoformat())
        returned.post(ana, "return")
    told = await dialogue.Talk(returned.scene).say("when did I say I would pay", "check_plan")
    assert told.responses == ["utter_promise_stands"]
    assert "$40.00" in told.text


def test_a_yes_pressed_while_a_person_is_there_is_shown_to_be_recorded_and_named_after_a_return_k8(
    desk: Desk, ana: Visit
) -> None:
    talk = Talk(desk)
    found = quote(talk, ana)
    assert talk.dossier(ana)["account"]["offers"] == [], "a quote that was not sent is nobody's to answer"
    assert talk.post(ana, f"plans/{found['id']}/send").status_code == 200
    [offer] = talk.dossier(ana)["account"]["offers"]
    assert (offer["id"], offer["sent"], offer["yes"]) == (found["id"], True, False)
    with desk.db.transaction() as session:
        router.receive(session, talk.id, client_id="yes", payload=sent_offers.payload(uuid.UUID(found["id"])))
    [offer] = talk.dossier(ana)["account"]["offers"]
    assert offer["yes"] is True
    assert in_force(talk) is None
    assert talk.post(ana, "return").status_code == 200
    with desk.db.reading() as session:
        stands = transcript.after(session, talk.id)[-1]
        assert "waits for your yes" in stands.text
        assert [one["payload"] for one in stands.buttons or []] == [sent_offers.payload(uuid.UUID(found["id"]))]


def test_a_recorded_yes_leaves_no_offer_behind(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    found = quote(talk, ana)
    for what in ("send", "agree"):
        assert talk.post(ana, f"plans/{found['id']}/{what}").status_code == 200
    assert talk.dossier(ana)["account"]["offers"] == []
