"""Links to pay and promises from the desk: for what was chosen, said once, in the customer's words, never unproven."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa

from bot import clock
from bot.billing import promises
from bot.models import Channel, Delivery, Payment, PaymentShare, Promise, PromiseStatus
from tests import factories
from tests.desk.desks import Desk, Visit
from tests.desk.talks import Talk


def shares(talk: Talk, payment: Payment) -> dict[uuid.UUID, int]:
    """What of a payment is meant for which invoice."""
    with talk.desk.db.reading() as session:
        rows = session.scalars(sa.select(PaymentShare).where(PaymentShare.payment_id == payment.id))
        return {row.invoice_id: row.amount for row in rows}


def links(talk: Talk) -> list[Payment]:
    """Every link, oldest first."""
    with talk.desk.db.reading() as session:
        return list(session.scalars(sa.select(Payment).order_by(Payment.created_at)))


def test_a_link_is_for_what_was_chosen_and_a_newer_one_replaces_it(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    shown = talk.get(ana, "pay-link").json()
    assert {each["over"]: each["amount"]["minor"] for each in shown["sums"]} == {
        "overdue": 20_050,
        "everything": 26_050,
    }
    assert shown["replaces"] == []
    assert talk.post(ana, "pay-link", over="overdue", amount=20_050).status_code == 200
    assert talk.get(ana, "pay-link").json()["replaces"] == [{"minor": 20_050, "text": "$200.50"}]
    ids = [str(talk.invoices["INV-1003"])]
    assert talk.post(ana, "pay-link", over="invoices", amount=6_000, invoice_ids=ids).status_code == 200
    assert talk.post(ana, "pay-link", over="amount", amount=5_000).status_code == 200
    made = links(talk)
    assert [each.superseded_at is None for each in made] == [False, False, True]
    assert shares(talk, made[1]) == {talk.invoices["INV-1003"]: 6_000}
    assert shares(talk, made[2]) == {talk.invoices["INV-1001"]: 5_000}
    last = talk.said()[-1]
    assert last.card == {"kind": "pay_link", "url": last.card["url"], "amount": 5_000, "currency": "USD"}  # type: ignore[index]
    assert last.card["url"] in last.text
    assert "$50.00" in last.text
    assert talk.audited("pay") == ["payable.read", "pay_link.sent", "payable.read", "pay_link.sent", "pay_link.sent"]


def test_pressed_twice_a_link_is_sent_once(desk: Desk, ana: Visit, sol: Visit) -> None:
    talk, press = Talk(desk), str(uuid.uuid4())
    first, again = (talk.post(ana, "pay-link", client_id=press, over="overdue", amount=20_050) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    assert (len(links(talk)), len(talk.said())) == (1, 1)
    assert talk.post(sol, "pay-link", client_id=press, over="overdue", amount=20_050).status_code == 409


def test_what_is_disputed_is_in_a_link_only_when_it_is_chosen_c9(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    with desk.db.transaction() as session:
        factories.hold(session, session.get_one(factories.Invoice, talk.invoices["INV-1001"]))
    sums = {each["over"]: each["amount"]["minor"] for each in talk.get(ana, "pay-link").json()["sums"]}
    assert sums == {"overdue": 8_050, "everything": 14_050}
    refused = talk.post(ana, "pay-link", over="amount", amount=20_000)
    assert (refused.status_code, "chosen by itself" in refused.json()["error"]["message"]) == (422, True)
    ids = [str(talk.invoices["INV-1001"])]
    assert talk.post(ana, "pay-link", over="invoices", amount=12_000, invoice_ids=ids).status_code == 200
    assert shares(talk, links(talk)[0]) == {talk.invoices["INV-1001"]: 12_000}


def test_with_a_plan_the_next_instalment_comes_first_and_what_it_covers_is_not_late(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk)
    with sqlite_desk.visit("ana@example.com") as ana:
        found = talk.post(ana, "plan/quote", count=4).json()["plan"]
        talk.post(ana, f"plans/{found['id']}/agree")
        sums = [(each["over"], each["amount"]["minor"]) for each in talk.get(ana, "pay-link").json()["sums"]]
        assert sums == [("instalment", 5_012), ("everything", 26_050)]
        assert talk.post(ana, "pay-link", over="overdue", amount=20_050).status_code == 409
        assert talk.post(ana, "pay-link", over="instalment", amount=5_012).status_code == 200


def test_what_is_not_so_any_more_is_refused_with_what_it_is_now(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk)
    with sqlite_desk.visit("ana@example.com") as ana, sqlite_desk.visit("ben@example.com") as ben:
        stale = talk.post(ana, "pay-link", over="overdue", amount=26_050)
        assert (stale.status_code, "$200.50 now" in stale.json()["error"]["message"]) == (409, True)
        gone = talk.post(ana, "pay-link", over="invoices", amount=1_000, invoice_ids=[str(uuid.uuid4())])
        assert (gone.status_code, "not open any more" in gone.json()["error"]["message"]) == (404, True)
        assert talk.post(ana, "pay-link", over="invoices", amount=1_000).status_code == 422
        assert talk.post(ana, "pay-link", over="amount", amount=99_999_999).status_code == 422
        assert talk.post(ben, "pay-link", over="overdue", amount=20_050).json()["error"]["message"] == (
            "Ana has this conversation."
        )
    assert (links(talk), talk.said()) == ([], [])


def test_nothing_of_money_is_shown_or_done_until_identity_is_proven_p1(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk)
    talk.lapse()
    with sqlite_desk.visit("ana@example.com") as ana:
        tries = [
            talk.get(ana, "pay-link"),
            talk.get(ana, "plan"),
            talk.post(ana, "pay-link", over="overdue", amount=20_050),
            talk.post(ana, "promise", amount=1_000, due_on=clock.today("America/Chicago").isoformat()),
            talk.post(ana, "plan/quote", count=3),
            talk.post(ana, f"plans/{uuid.uuid4()}/agree"),
            talk.post(ana, "holds", kind="hardship", on="customer", reason="They told me of it"),
        ]
        assert {each.status_code for each in tries} == {403}
        assert all("proven who they are" in each.json()["error"]["message"] for each in tries)
        assert talk.dossier(ana)["account"] is None
    assert talk.said() == []


def test_a_link_goes_out_on_a_phone_in_the_customers_language(sqlite_desk: Desk) -> None:
    talk = Talk(sqlite_desk, channel=Channel.SMS, address="+12105550101", locale="es-MX")
    with sqlite_desk.visit("ana@example.com") as ana:
        assert talk.post(ana, "pay-link", over="everything", amount=26_050).status_code == 200
    with sqlite_desk.db.reading() as session:
        sent = session.scalars(sa.select(Delivery.message_id)).all()
    said = talk.said()[-1]
    assert said.id in sent
    assert "enlace seguro" in said.text


def test_a_promise_is_written_down_repeated_and_corrected(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    day = clock.today("America/Chicago") + dt.timedelta(days=9)
    press = str(uuid.uuid4())
    for _ in range(2):
        assert talk.post(ana, "promise", client_id=press, amount=5_000, due_on=day.isoformat()).status_code == 200
    later = day + dt.timedelta(days=3)
    assert talk.post(ana, "promise", amount=6_000, due_on=later.isoformat()).status_code == 200
    with desk.db.reading() as session:
        kept = {row.status: row.amount for row in session.scalars(sa.select(Promise))}
        [open_] = promises.promises(session, talk.customer(session))
    assert kept == {PromiseStatus.CORRECTED: 5_000, PromiseStatus.OPEN: 6_000}
    assert (open_.due_on, [text.count("I've noted") for text in (m.text for m in talk.said())]) == (later, [1, 1])
    assert talk.dossier(ana)["account"]["promises"][0]["status"] == "open"
    far = clock.today("America/Chicago") + dt.timedelta(days=61)
    refused = talk.post(ana, "promise", amount=5_000, due_on=far.isoformat())
    assert refused.status_code == 422
    assert talk.post(ana, "promise", amount=99_000, due_on=day.isoformat()).status_code == 422
    assert talk.audited("promise") == ["promise.recorded", "promise.recorded"]
