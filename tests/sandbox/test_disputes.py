"""Disputes: money taken back, given again, or only asked about (S6)."""

from __future__ import annotations

import json

import pytest
import stripe

from tests.sandbox.requests import SESSION
from tests.sandbox.running import SECRET, Receiver, Running


@pytest.fixture
def charge(sandbox: Running, client: stripe.StripeClient) -> str:
    """A paid one, of 80.50 USD."""
    sandbox.act(client.v1.checkout.sessions.create(SESSION).id, "complete")
    return client.v1.charges.list().data[0].id


def told(client: stripe.StripeClient) -> list[str]:
    return [event.type for event in client.v1.events.list({"type": "charge.dispute.*"}).data][::-1]


def moved(dispute: stripe.Dispute) -> list[tuple[int, str]]:
    return [(entry.net, entry.reporting_category) for entry in dispute.balance_transactions]


def balance(client: stripe.StripeClient) -> int:
    return sum(entry.net for entry in client.v1.balance_transactions.list().data)


def test_a_dispute_takes_the_money_at_once_and_says_so_in_signed_webhooks_s1_s6(
    sandbox: Running, client: stripe.StripeClient, charge: str, hooks: Receiver
) -> None:
    hooks.wait(lambda webhooks: len(webhooks) == 4)
    made = sandbox.switch(f"charges/{charge}/dispute")
    dispute = client.v1.disputes.retrieve(made["id"])
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 8050)
    assert (dispute.charge, dispute.payment_intent) == (charge, client.v1.charges.retrieve(charge).payment_intent)
    assert (moved(dispute), balance(client)) == ([(-8050, "dispute")], 0)
    assert client.v1.charges.retrieve(charge).disputed
    came = hooks.wait(lambda webhooks: len(webhooks) == 6)[-2:]
    events = [stripe.Webhook.construct_event(w.body, w.headers["Stripe-Signature"], SECRET) for w in came]
    assert [event.type for event in events] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert {event.data.object["id"] for event in events} == {dispute.id}


def test_a_won_dispute_brings_the_money_back(sandbox: Running, client: stripe.StripeClient, charge: str) -> None:
    made = sandbox.switch(f"charges/{charge}/dispute", amount=1000, reason="product_not_received")
    assert balance(client) == 7050
    sandbox.switch(f"disputes/{made['id']}/close", won=True)
    dispute = client.v1.disputes.retrieve(made["id"])
    assert (dispute.status, dispute.reason) == ("won", "product_not_received")
    assert moved(dispute) == [(-1000, "dispute"), (1000, "dispute_reversal")]
    assert balance(client) == 8050
    assert told(client)[2:] == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]


def test_a_lost_dispute_is_over(sandbox: Running, client: stripe.StripeClient, charge: str) -> None:
    made = sandbox.switch(f"charges/{charge}/dispute")
    assert sandbox.switch(f"disputes/{made['id']}/close", won=False)["status"] == "lost"
    assert (told(client)[2:], balance(client)) == (["charge.dispute.closed"], 0)
    for path, how in ((f"disputes/{made['id']}/close", {"won": True}), (f"charges/{charge}/dispute", {})):
        assert sandbox.http.post(f"/sandbox/{path}", json=how).status_code == 409
    assert client.v1.disputes.retrieve(made["id"]).status == "lost"


@pytest.mark.parametrize("won", [True, False])
def test_an_inquiry_moves_no_money_and_ends_without_a_winner(
    sandbox: Running, client: stripe.StripeClient, charge: str, won: bool
) -> None:
    made = sandbox.switch(f"charges/{charge}/dispute", inquiry=True, reason="general")
    dispute = client.v1.disputes.retrieve(made["id"])
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert dispute.payment_method_details
    assert dispute.payment_method_details.card
    assert dispute.payment_method_details.card.case_type == "inquiry"
    assert sandbox.switch(f"disputes/{made['id']}/close", won=won)["status"] == "warning_closed"
    assert told(client) == ["charge.dispute.created", "charge.dispute.closed"]
    assert (client.v1.disputes.retrieve(made["id"]).balance_transactions, balance(client)) == ([], 8050)
    # The customer may still go further.
    assert sandbox.switch(f"charges/{charge}/dispute")["status"] == "needs_response"


def test_a_bank_debit_can_be_disputed_too(sandbox: Running, client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(SESSION).id
    sandbox.act(session, "complete", method="delayed")
    charge = client.v1.charges.list().data[0].id
    assert sandbox.http.post(f"/sandbox/charges/{charge}/dispute").status_code == 409
    sandbox.act(session, "settle")
    made = sandbox.switch(f"charges/{charge}/dispute", reason="debit_not_authorized")
    assert client.v1.disputes.retrieve(made["id"]).payment_method_details is None


@pytest.mark.parametrize(
    ("how", "status"),
    [({"amount": 8051}, 422), ({"amount": 0}, 422), ({"reason": "mood"}, 422), ({"sum": 1}, 422)],
)
def test_what_no_bank_would_dispute_is_refused(
    sandbox: Running, client: stripe.StripeClient, charge: str, how: dict[str, object], status: int
) -> None:
    assert sandbox.http.post(f"/sandbox/charges/{charge}/dispute", json=how).status_code == status
    assert sandbox.http.post("/sandbox/charges/ch_nobody/dispute").status_code == 404
    assert client.v1.disputes.list().data == []


class TestFaults:
    """Disputes, refunds and saved cards are told as badly as everything else when that is asked for."""

    def test_they_are_repeated_and_shuffled(
        self, sandbox: Running, client: stripe.StripeClient, charge: str, hooks: Receiver
    ) -> None:
        hooks.wait(lambda webhooks: len(webhooks) == 4)
        sandbox.faults(repeat_webhooks=1, shuffle=True)
        sandbox.switch(f"charges/{charge}/dispute")
        came = [json.loads(one.body)["type"] for one in hooks.wait(lambda webhooks: len(webhooks) == 8)[4:]]
        assert came == ["charge.dispute.funds_withdrawn", "charge.dispute.created"] * 2

    def test_they_are_delayed_or_dropped_but_listed(
        self, sandbox: Running, client: stripe.StripeClient, charge: str, hooks: Receiver
    ) -> None:
        hooks.wait(lambda webhooks: len(webhooks) == 4)
        refund = client.v1.refunds.create({"charge": charge, "amount": 50}).id
        hooks.wait(lambda webhooks: len(webhooks) == 6)
        sandbox.faults(drop_webhooks=True)
        sandbox.switch(f"refunds/{refund}/fail")
        sandbox.faults(delay_webhooks_s=3600)
        sandbox.switch(f"charges/{charge}/dispute")
        states = [one["state"] for one in sandbox.http.get("/sandbox/stripe/webhooks").json()[6:]]
        assert states == ["dropped"] * 3 + ["pending"] * 2
        assert [event.type for event in client.v1.events.list({"limit": 5}).data][::-1] == [
            "refund.updated",
            "charge.refund.updated",
            "refund.failed",
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
        ]
