"""Money at the desk: who may handle whose, what a second person decides, and what is written down of it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.billing import ledger, payments
from bot.billing.payments import checkouts
from bot.billing.plans import extended_terms
from bot.conversations import handoff, stripe_events, transcript
from bot.db import Database
from bot.desk.auth import Seat
from bot.desk.customer import money
from bot.errors import OutsideService
from bot.models import (
    Adjustment,
    AdjustmentKind,
    Agent,
    AuditEntry,
    Author,
    Conversation,
    Customer,
    HoldKind,
    Invoice,
    Message,
    Role,
)
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit, waiting

REASON = "The parcel came late"


class Till:
    """Ana speaks with Maya, who owes 260.50 and has paid 100.00 of it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.gateway = desk.app.state.gateway = FakeGateway()
        with desk.db.transaction() as session:
            maya = factories.maya(session)
            self.customer_id = maya.id
            self.conversation_id = waiting(session, maya, "Can somebody look at this?")
            handoff.claim(session, self.conversation_id, desk.ana)
            payment = payments.open_link(session, maya, Money.of("100.00", "USD"), conversation_id=self.conversation_id)
            begun = checkouts.begin(session, payment.token)
            self.invoice_id = session.scalars(sa.select(Invoice.id).where(Invoice.number == "INV-1002")).one()
        assert begun.request is not None
        page = self.gateway.create_checkout(begun.request, begun.idempotency_key)
        self.payment_id = payment.id
        with desk.db.transaction() as session:
            checkouts.record(session, payment.id, page)
        self.gateway.pay(page.id)
        stripe_events.follow_up(desk.db, self.gateway, page.id)

    def adjust(self, visit: Visit, minor: int, **given: Any) -> Any:
        """Reduce INV-1002."""
        body = {"client_id": str(uuid.uuid4()), "invoice_id": str(self.invoice_id), "kind": "reduction"}
        body |= {"amount": minor, "reason": REASON} | given  # type: ignore[dict-item]
        return visit.post(f"customers/{self.customer_id}/adjustments", body)

    def refund(self, visit: Visit, minor: int, **given: Any) -> Any:
        """Give some of the payment back."""
        body = {"client_id": str(uuid.uuid4()), "amount": minor, "reason": REASON} | given
        return visit.post(f"payments/{self.payment_id}/refund", body)

    def owed(self) -> int:
        """On INV-1002, in minor units."""
        with self.desk.db.reading() as session:
            return ledger.balance(session, ledger.invoice_account(self.invoice_id), "USD").minor

    def audited(self) -> list[str]:
        """What was written down about money, in order."""
        with self.desk.db.reading() as session:
            kinds = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id))
            names = ("money.", "approvals.", "adjustment.", "refund.", "plan.")
            return [kind for kind in kinds if kind.startswith(names)]


@pytest.fixture
def till(desk: Desk) -> Till:
    """On both databases."""
    return Till(desk)


@pytest.fixture
def sqlite_till(sqlite_desk: Desk) -> Till:
    """The same on SQLite."""
    return Till(sqlite_desk)


def test_an_agent_sees_what_is_possible_with_whom_they_speak(till: Till, ana: Visit) -> None:
    shown = ana.get(f"customers/{till.customer_id}/money").json()
    assert [(each["number"], each["owed"]["text"]) for each in shown["invoices"]] == [
        ("INV-1001", "$20.00"),
        ("INV-1002", "$80.50"),
        ("INV-1003", "$60.00"),
    ]
    assert [(each["amount"]["minor"], each["left"]["minor"]) for each in shown["payments"]] == [(10_000, 10_000)]
    assert (shown["alone"]["text"], shown["credit"]["minor"], shown["adjustments"]) == ("$50.00", 0, [])
    assert till.audited() == ["money.read"]


def test_nobody_handles_the_money_of_whom_they_do_not_speak_with_p1(till: Till, ben: Visit, nobody: Visit) -> None:
    with till.desk.db.transaction() as session:
        stranger = factories.customer(session).id
    for visit, status in ((ben, 403), (nobody, 401)):
        for customer_id in (till.customer_id, stranger, uuid.uuid4()):
            assert visit.get(f"customers/{customer_id}/money").status_code == status
        assert till.adjust(visit, 1_000).status_code == status
        assert till.refund(visit, 1_000).status_code == status
    assert (till.owed(), till.audited()) == (8_050, [])


def test_when_the_proof_has_lapsed_only_a_supervisor_goes_on_p1(desk: Desk, clock: SetClock) -> None:
    till = Till(desk)
    clock.advance(minutes=31)
    with desk.visit("ana@example.com") as ana, desk.visit("sol@example.com") as sol:
        assert ana.get(f"customers/{till.customer_id}/money").status_code == 403
        assert till.adjust(ana, 1_000).status_code == 403
        assert till.adjust(sol, 1_000).json()["adjustment"]["status"] == "posted"
        assert sol.get(f"customers/{uuid.uuid4()}/money").status_code == 404


def test_a_small_adjustment_is_posted_and_a_large_one_waits_for_the_supervisor(
    till: Till, ana: Visit, sol: Visit
) -> None:
    assert till.adjust(ana, 1_000).json()["adjustment"]["status"] == "posted"
    large = till.adjust(ana, 6_000).json()["adjustment"]
    assert (large["status"], large["by"], till.owed()) == ("proposed", "Ana", 7_050)
    assert ana.get("approvals").json()["adjustments"] == []
    assert ana.post(f"adjustments/{large['id']}/approve").status_code == 403
    [waits] = [sol.get("approvals").json()["adjustments"] for _ in range(3)][-1]
    assert (waits["id"], waits["account_number"], waits["reason"]) == (large["id"], "GT-1001", REASON)
    decided = sol.post(f"adjustments/{large['id']}/approve").json()["adjustment"]
    assert (decided["status"], decided["decided_by"], till.owed()) == ("posted", "Sol", 1_050)
    assert sol.get("approvals").json() == {"adjustments": [], "refunds": [], "plans": []}
    undone = sol.post(f"adjustments/{large['id']}/reverse", {"reason": "It was the wrong invoice"})
    assert (undone.json()["adjustment"]["status"], till.owed()) == ("reversed", 7_050)
    assert till.audited() == [
        "adjustment.proposed",
        "adjustment.proposed",
        "approvals.read",
        "adjustment.approved",
        "adjustment.reversed",
    ]


def test_what_waits_for_a_second_person_takes_as_many_queries_however_much_it_is(sqlite_till: Till) -> None:
    till = sqlite_till
    asked: list[str] = []
    sa.event.listen(till.desk.db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def look(more: int) -> tuple[int, int]:
        with till.desk.db.transaction() as session:
            for _ in range(more):
                invoice = factories.invoice(session, factories.customer(session))
                change = {"amount": 9_000, "currency": "USD", "reason": REASON, "proposed_by": till.desk.ana.id}
                on = {"customer_id": invoice.customer_id, "invoice_id": invoice.id}
                session.add(Adjustment(kind=AdjustmentKind.REDUCTION, **on, **change))
        with till.desk.db.reading() as session:
            sol = session.get_one(Agent, till.desk.sol.id)
            asked.clear()
            waits = money.approvals(session, Seat(sol, "", "", clock.now(), clock.now()))
            return len(waits["adjustments"]) + len(waits["refunds"]), len(asked)

    with till.desk.visit("ana@example.com") as ana:
        till.refund(ana, 9_000)
    (few, queries), (many, same) = look(1), look(4)
    assert (few, many, same) == (2, 6, queries)


def test_a_large_adjustment_can_be_refused(till: Till, ana: Visit, sol: Visit) -> None:
    large = till.adjust(ana, 6_000).json()["adjustment"]
    assert sol.post(f"adjustments/{large['id']}/refuse").json()["adjustment"]["status"] == "refused"
    assert sol.post(f"adjustments/{large['id']}/approve").status_code == 409
    assert till.owed() == 8_050


def test_pressing_twice_is_doing_it_once(till: Till, ana: Visit) -> None:
    client_id = str(uuid.uuid4())
    answers = [till.adjust(ana, 1_000, client_id=client_id) for _ in range(3)]
    assert len({answer.json()["adjustment"]["id"] for answer in answers}) == 1
    assert till.owed() == 7_050
    refunded = str(uuid.uuid4())
    statuses = [till.refund(ana, 1_000, client_id=refunded).json()["refund"]["status"] for _ in range(3)]
    assert statuses == ["sent", "sent", "sent"]
    assert len(till.gateway.fetch_intent("pi_test_fake1").returns) == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"amount": 8_051}, 422),
        ({"amount": 0}, 422),
        ({"amount": 1.5}, 422),
        ({"kind": "gift"}, 422),
        ({"reason": "no"}, 422),
        ({"reason": "x" * 4_001}, 422),
        ({"invoice_id": str(uuid.UUID(int=1))}, 404),
        ({"client_id": "once"}, 422),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(sqlite_till: Till, given: dict[str, Any], status: int) -> None:
    with sqlite_till.desk.visit("ana@example.com") as ana:
        answer = sqlite_till.adjust(ana, 1_000, **given)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert sqlite_till.owed() == 8_050


def test_another_customers_invoice_is_not_on_this_account(sqlite_till: Till) -> None:
    with sqlite_till.desk.db.transaction() as session:
        other = factories.invoice(session, factories.customer(session), "50.00").id
    with sqlite_till.desk.visit("sol@example.com") as sol:
        assert sqlite_till.adjust(sol, 1_000, invoice_id=str(other)).status_code == 404


def test_a_card_number_in_a_reason_is_not_kept_p3(sqlite_till: Till) -> None:
    with sqlite_till.desk.visit("ana@example.com") as ana:
        made = sqlite_till.adjust(ana, 1_000, reason="They paid with 4242 4242 4242 4242 twice").json()["adjustment"]
    assert made["reason"] == "They paid with [card number removed] twice"


def test_a_write_without_the_token_or_from_another_site_changes_nothing(sqlite_till: Till) -> None:
    with sqlite_till.desk.visit("ana@example.com") as ana:
        for headers in ({"X-CSRF-Token": "wrong"}, {"Sec-Fetch-Site": "cross-site"}):
            body = {"client_id": str(uuid.uuid4()), "amount": 1_000, "reason": REASON}
            path = f"payments/{sqlite_till.payment_id}/refund"
            assert ana.post(path, body, headers=headers).status_code == 403
    assert sqlite_till.gateway.fetch_intent("pi_test_fake1").returns == ()


def test_a_refund_goes_to_stripe_and_to_the_customer_s6(till: Till, ana: Visit) -> None:
    made = till.refund(ana, 4_000).json()["refund"]
    assert (made["status"], made["by"], made["amount"]["text"]) == ("sent", "Ana", "$40.00")
    with till.desk.db.reading() as session:
        said = transcript.after(session, till.conversation_id)[-1].text
        assert ledger.balance(session, ledger.STRIPE, "USD") == Money(6_000, "USD")
    assert "given $40.00 of your payment back" in said
    [shown] = ana.get(f"customers/{till.customer_id}/money").json()["payments"]
    assert shown["left"]["minor"] == 6_000
    assert till.refund(ana, 6_001).status_code == 422
    assert till.audited() == ["refund.asked", "money.read"]


def test_a_large_refund_waits_for_the_supervisor(till: Till, ana: Visit, sol: Visit) -> None:
    made = till.refund(ana, 9_000).json()["refund"]
    assert made["status"] == "proposed"
    assert ana.post(f"refunds/{made['id']}/approve").status_code == 403
    assert [each["id"] for each in sol.get("approvals").json()["refunds"]] == [made["id"]]
    assert sol.post(f"refunds/{made['id']}/approve").json()["refund"]["status"] == "sent"
    assert sol.post(f"refunds/{made['id']}/refuse").status_code == 409
    other = till.refund(ana, 1_000).json()["refund"]
    assert other["status"] == "sent"


def test_a_large_refund_can_be_refused(till: Till, ana: Visit, sol: Visit) -> None:
    made = till.refund(ana, 9_000).json()["refund"]
    assert sol.post(f"refunds/{made['id']}/refuse").json()["refund"]["status"] == "refused"
    assert till.gateway.fetch_intent("pi_test_fake1").returns == ()


def test_while_stripe_is_away_a_refund_is_kept_and_when_it_refuses_that_is_said(till: Till, ana: Visit) -> None:
    till.gateway.failure = OutsideService("down", service="stripe", retryable=True)
    assert till.refund(ana, 1_000).json()["refund"]["status"] == "asked"
    till.gateway.failure = OutsideService("no", service="stripe", retryable=False)
    answer = till.refund(ana, 1_500)
    assert answer.status_code == 409
    assert "nothing was given back" in answer.json()["error"]["message"]
    shown = ana.get(f"customers/{till.customer_id}/money").json()["refunds"]
    assert sorted(each["status"] for each in shown) == ["asked", "refused"]


def test_without_payments_set_up_nothing_is_written_down(sqlite_till: Till) -> None:
    sqlite_till.desk.app.state.gateway = None
    with sqlite_till.desk.visit("ana@example.com") as ana:
        assert sqlite_till.refund(ana, 1_000).status_code == 503
        assert ana.get(f"customers/{sqlite_till.customer_id}/money").json()["refunds"] == []


@pytest.fixture
def specialist(desk: Desk) -> Iterator[Visit]:
    """Ben, who decides about people in hard times."""
    with desk.visit("ben@example.com", Role.SPECIALIST) as visit:
        yield visit


def test_a_specialist_may_allow_longer_terms_in_hardship_once(till: Till, specialist: Visit) -> None:
    plans = []
    with till.desk.db.transaction() as session:
        maya = session.get_one(Customer, till.customer_id)
        factories.hold_customer(session, maya, HoldKind.HARDSHIP)
        for months in (14, 16):
            plans.append(extended_terms.quote_extended(session, maya, conversation_id=None, months=months).id)
    first, second = plans
    shown = specialist.get("approvals").json()["plans"]
    assert {each["id"] for each in shown} == {str(first), str(second)}
    assert len(shown[0]["instalments"]) >= 14
    assert specialist.post(f"plans/{first}/approve").json()["plan"]["approval"] == "given"
    assert specialist.post(f"plans/{second}/refuse").json()["plan"]["approval"] == "refused"
    assert specialist.post(f"plans/{first}/refuse").status_code == 409
    assert specialist.post(f"plans/{uuid.uuid4()}/approve").status_code == 404
    assert till.audited() == ["approvals.read", "plan.approved", "plan.refused"]


@pytest.mark.parametrize(("what", "says"), [("approve", "it is possible"), ("refuse", "Other plans are open to you")])
def test_the_customer_hears_once_what_was_decided_about_longer_terms_k7(
    till: Till, specialist: Visit, what: str, says: str
) -> None:
    plan_id, conversation_id = asked_for_longer_terms(till, proven=True)
    for _ in range(2):
        assert specialist.post(f"plans/{plan_id}/{what}").status_code == 200
    [told] = heard(till, conversation_id)
    assert says in told.text
    assert [button["payload"] for button in told.buttons or []] == ["/check_plan", "/request_human"]


@pytest.mark.parametrize("what", ["approve", "refuse"])
def test_where_nobody_has_proven_who_they_are_no_plan_is_spoken_of_p1(till: Till, specialist: Visit, what: str) -> None:
    plan_id, conversation_id = asked_for_longer_terms(till, proven=False)
    specialist.post(f"plans/{plan_id}/{what}")
    [told] = heard(till, conversation_id)
    assert "who you are" in told.text
    assert not any("plan" in words.lower() for words in (told.text, *(each["title"] for each in told.buttons or [])))


def test_where_contact_is_stopped_nothing_is_said_of_longer_terms_c8(till: Till, specialist: Visit) -> None:
    plan_id, conversation_id = asked_for_longer_terms(till, proven=True)
    with till.desk.db.transaction() as session:
        factories.hold_customer(session, session.get_one(Customer, till.customer_id), HoldKind.ATTORNEY)
    assert specialist.post(f"plans/{plan_id}/approve").status_code == 200
    assert heard(till, conversation_id) == []


def test_an_agent_sees_and_decides_longer_terms_of_whom_they_speak_with_alone_p1(
    till: Till, ana: Visit, ben: Visit
) -> None:
    plan_id, _ = asked_for_longer_terms(till, proven=True)
    assert ben.get("approvals").json()["plans"] == []
    for what in ("approve", "refuse"):
        refused = ben.post(f"plans/{plan_id}/{what}")
        assert (refused.status_code, "A specialist" in refused.json()["error"]["message"]) == (403, True), what
    assert [each["id"] for each in ana.get("approvals").json()["plans"]] == [str(plan_id)]
    assert ana.post(f"plans/{plan_id}/approve").json()["plan"]["approval"] == "given"


def asked_for_longer_terms(till: Till, *, proven: bool) -> tuple[uuid.UUID, uuid.UUID]:
    """Maya is in hardship; in a newer conversation with the assistant she asks for 14 months."""
    with till.desk.db.transaction() as session:
        maya = session.get_one(Customer, till.customer_id)
        factories.hold_customer(session, maya, HoldKind.HARDSHIP)
        until = clock.now() + dt.timedelta(minutes=30) if proven else None
        newer = factories.conversation(session, customer_id=maya.id, verified_until=until)
        transcript.append(session, newer, author=Author.CUSTOMER, text="It is not easy at the moment")
        newer.last_message_at = clock.now() + dt.timedelta(minutes=1)
        plan = extended_terms.quote_extended(session, maya, conversation_id=newer.id, months=14)
        return plan.id, newer.id


def heard(till: Till, conversation_id: uuid.UUID) -> list[Message]:
    """What we said there."""
    with till.desk.db.reading() as session:
        said = sa.select(Message).where(Message.conversation_id == conversation_id, Message.author != Author.CUSTOMER)
        return list(session.scalars(said))


def test_a_case_about_money_stands_beside_every_conversation_of_the_proven_customer(till: Till, ana: Visit) -> None:
    with till.desk.db.transaction() as session:
        other = factories.conversation(session, customer_id=till.customer_id)
        session.get_one(Conversation, other.id)
        payment = session.get_one(payments.Payment, till.payment_id)
        payment.conversation_id = other.id
    till.gateway.dispute("pi_test_fake1")
    stripe_events.follow_up(till.desk.db, till.gateway, "pi_test_fake1")
    whole = ana.get(f"conversations/{till.conversation_id}").json()
    assert [case["kind"] for case in whole["cases"]] == ["chargeback"]
    assert whole["account"]["customer_id"] == str(till.customer_id)


def test_the_audit_log_holds_no_amount_and_no_reason_p7(till: Till, ana: Visit, db: Database) -> None:
    till.adjust(ana, 1_234)
    till.refund(ana, 1_234)
    with db.reading() as session:
        written = [f"{entry.action} {entry.subject} {entry.detail}" for entry in session.scalars(sa.select(AuditEntry))]
    assert not [line for line in written if "1234" in line or "12.34" in line or "parcel" in line]
