"""Refunds: in part, in full, waiting, failing, refused (S6)."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.requests import SESSION
from tests.sandbox.running import Running


@pytest.fixture
def session(sandbox: Running, client: stripe.StripeClient) -> str:
    """A paid one."""
    made = client.v1.checkout.sessions.create(SESSION).id
    sandbox.act(made, "complete")
    return made


def the_charge(client: stripe.StripeClient) -> stripe.Charge:
    return client.v1.charges.list().data[0]


def balance(client: stripe.StripeClient) -> int:
    return sum(entry.net for entry in client.v1.balance_transactions.list().data)


@pytest.mark.usefixtures("session")
def test_a_refund_gives_back_part_and_then_the_rest_but_never_more_s6(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.list().data[0].id
    client.v1.refunds.create({"payment_intent": intent, "amount": 50})
    assert the_charge(client).amount_refunded == 50
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent, "amount": 8001})
    rest = client.v1.refunds.create({"payment_intent": intent, "reason": "requested_by_customer"})
    assert (rest.amount, rest.status, the_charge(client).refunded) == (8000, "succeeded", True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent})
    assert refused.value.code == "charge_already_refunded"
    assert balance(client) == 0


@pytest.mark.parametrize("how", [{"card": "refund_waits"}, {"method": "delayed"}])
def test_a_refund_waits_for_the_bank_and_arrives(
    sandbox: Running, client: stripe.StripeClient, how: dict[str, str]
) -> None:
    session = client.v1.checkout.sessions.create(SESSION).id
    sandbox.act(session, "complete", **how)
    if how == {"method": "delayed"}:
        sandbox.act(session, "settle")
    refund = client.v1.refunds.create({"charge": the_charge(client).id, "amount": 50})
    assert (refund.status, the_charge(client).amount_refunded) == ("pending", 50)
    sandbox.switch(f"refunds/{refund.id}/settle")
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert [event.type for event in client.v1.events.list().data[:2]] == ["charge.refund.updated", "refund.updated"]
    assert the_charge(client).amount_refunded == 50
    assert sandbox.http.post(f"/sandbox/refunds/{refund.id}/settle").status_code == 409


@pytest.mark.parametrize("card", ["visa", "refund_waits"])
def test_a_refund_that_fails_comes_back_and_the_charge_counts_it_no_longer_s6(
    sandbox: Running, client: stripe.StripeClient, card: str
) -> None:
    session = client.v1.checkout.sessions.create(SESSION).id
    sandbox.act(session, "complete", card=card)
    kept = sandbox.act(session, "refund", amount=50)
    failing = sandbox.act(session, "refund")
    assert the_charge(client).refunded
    sandbox.switch(f"refunds/{failing['id']}/fail")
    after = the_charge(client)
    assert (after.amount_refunded, after.refunded) == (50, False)
    assert after.refunds
    assert {one.id: one.status for one in after.refunds.data} == {
        failing["id"]: "failed",
        kept["id"]: "pending" if card == "refund_waits" else "succeeded",
    }
    told = client.v1.events.list().data[:3]
    assert [event.type for event in told] == ["refund.failed", "charge.refund.updated", "refund.updated"]
    assert {event.data.object["status"] for event in told} == {"failed"}
    assert balance(client) == 8000
    assert sandbox.http.post(f"/sandbox/refunds/{failing['id']}/fail").status_code == 409
    # What came back can be given back again.
    assert sandbox.act(session, "refund")["amount"] == 8000


def test_what_the_bank_has_taken_back_cannot_be_refunded_until_it_is_won(
    sandbox: Running, client: stripe.StripeClient, session: str
) -> None:
    charge = the_charge(client).id
    dispute = sandbox.switch(f"charges/{charge}/dispute")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": charge})
    assert refused.value.code == "charge_disputed"
    assert sandbox.http.post(f"/sandbox/checkout/{session}/refund").status_code == 400
    sandbox.switch(f"disputes/{dispute['id']}/close", won=True)
    assert client.v1.refunds.create({"charge": charge}).amount == 8050


@pytest.mark.usefixtures("session")
def test_a_refund_is_made_once_under_its_key_s3(client: stripe.StripeClient) -> None:
    wanted: Any = {"charge": the_charge(client).id, "amount": 50}
    first, again = (client.v1.refunds.create(wanted, {"idempotency_key": "refund:1"}) for _ in range(2))
    assert first.id == again.id
    assert the_charge(client).amount_refunded == 50


def test_what_is_not_there_or_not_known_is_refused(sandbox: Running, client: stripe.StripeClient, session: str) -> None:
    refund = sandbox.act(session, "refund")
    assert sandbox.http.post("/sandbox/refunds/re_nobody/fail").status_code == 404
    assert sandbox.http.post(f"/sandbox/refunds/{refund['id']}/fail", json={"reason": "mood"}).status_code == 422
    assert client.v1.refunds.retrieve(refund["id"]).status == "succeeded"
