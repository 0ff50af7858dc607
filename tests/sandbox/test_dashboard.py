"""The first page: each payment with what may happen to it, one button each."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import stripe

from sandbox.dashboard import LABELS
from tests.sandbox.requests import SAVING, SESSION
from tests.sandbox.running import Running


def press(sandbox: Running, intent: str, act: str) -> httpx.Response:
    return sandbox.http.post(f"/sandbox/dashboard/{intent}", data={"act": act})


def offered(sandbox: Running) -> list[str]:
    return re.findall(r'name="act" value="(\w+)"', sandbox.http.get("/").text)


def the_intent(client: stripe.StripeClient) -> str:
    return client.v1.payment_intents.list().data[0].id


@pytest.fixture
def session(client: stripe.StripeClient) -> str:
    return client.v1.checkout.sessions.create(SESSION).id


def test_nothing_can_happen_before_somebody_pays(sandbox: Running, session: str) -> None:
    assert (offered(sandbox), session[:20] in sandbox.http.get("/").text) == ([], True)


def test_the_buttons_play_a_refund_in_two_halves_that_fails(
    sandbox: Running, client: stripe.StripeClient, session: str
) -> None:
    sandbox.act(session, "complete")
    assert offered(sandbox) == ["refund", "refund_half", "dispute", "inquiry"]
    answer = press(sandbox, the_intent(client), "refund_half")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/#{the_intent(client)}")
    assert client.v1.charges.list().data[0].amount_refunded == 4025
    press(sandbox, the_intent(client), "refund")
    assert (client.v1.charges.list().data[0].refunded, "refund" in offered(sandbox)) == (True, False)
    press(sandbox, the_intent(client), "refund_fail")
    assert "paid, $40.25 refunded, refund failed" in sandbox.http.get("/").text


@pytest.mark.parametrize(("act", "status"), [("won", "won"), ("lost", "lost")])
def test_the_buttons_play_a_dispute(
    sandbox: Running, client: stripe.StripeClient, session: str, act: str, status: str
) -> None:
    sandbox.act(session, "complete")
    press(sandbox, the_intent(client), "dispute")
    assert offered(sandbox) == ["won", "lost"]
    press(sandbox, the_intent(client), act)
    assert client.v1.disputes.list().data[0].status == status
    assert f"dispute {status}" in sandbox.http.get("/").text
    assert ("refund" in offered(sandbox)) is (act == "won")


def test_the_buttons_play_an_inquiry(sandbox: Running, client: stripe.StripeClient, session: str) -> None:
    sandbox.act(session, "complete")
    press(sandbox, the_intent(client), "inquiry")
    assert "closed" in offered(sandbox)
    press(sandbox, the_intent(client), "closed")
    assert client.v1.disputes.list().data[0].status == "warning_closed"


@pytest.mark.parametrize(("act", "status", "state"), [("settle", "paid", "paid"), ("fail", "unpaid", "refused by")])
def test_the_buttons_play_the_bank_of_a_delayed_payment(
    sandbox: Running, client: stripe.StripeClient, session: str, act: str, status: str, state: str
) -> None:
    sandbox.act(session, "complete", method="delayed")
    assert offered(sandbox) == ["settle", "fail"]
    press(sandbox, the_intent(client), act)
    assert client.v1.checkout.sessions.retrieve(session).payment_status == status
    assert f'<span class="state">{state}' in sandbox.http.get("/").text


def test_a_refund_that_waits_is_settled(sandbox: Running, client: stripe.StripeClient, session: str) -> None:
    sandbox.act(session, "complete", card="refund_waits")
    press(sandbox, the_intent(client), "refund")
    assert "refund_settle" in offered(sandbox)
    press(sandbox, the_intent(client), "refund_settle")
    assert client.v1.refunds.list().data[0].status == "succeeded"


def test_charges_to_saved_cards_stand_apart_with_why_they_declined(
    sandbox: Running, client: stripe.StripeClient
) -> None:
    session = client.v1.checkout.sessions.create(SAVING)
    customer = sandbox.act(session.id, "complete")["customer"]
    method = client.v1.customers.payment_methods.list(customer).data[0].id
    wanted: Any = {"amount": 2500, "currency": "usd", "customer": customer, "payment_method": method, "confirm": True}
    intent = client.v1.payment_intents.create(wanted).id
    sandbox.switch(f"cards/{method}/behaviour", declines="insufficient_funds")
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create({**wanted, "amount": 2600})
    by_hand, charged = sandbox.http.get("/").text.split("<h2>Charges to saved cards</h2>")
    assert ("$80.50" in by_hand, "$25.00" in by_hand) == (True, False)
    assert "$25.00" in charged
    assert "declined, insufficient_funds" in charged
    press(sandbox, intent, "refund")
    assert client.v1.refunds.list().data[0].payment_intent == intent


def test_what_can_no_longer_happen_is_said_on_the_page_and_changes_nothing(
    sandbox: Running, client: stripe.StripeClient, session: str
) -> None:
    sandbox.act(session, "complete")
    press(sandbox, the_intent(client), "refund")
    for act in ("refund", "settle", "won", "explode"):
        answer = press(sandbox, the_intent(client), act)
        assert (answer.status_code, 'role="alert"' in answer.text) == (409, True)
    assert press(sandbox, "pi_nobody", "refund").status_code == 404
    assert len(client.v1.refunds.list().data) == 1


def test_every_button_has_a_name(sandbox: Running, client: stripe.StripeClient, session: str) -> None:
    sandbox.act(session, "complete")
    names = re.findall(r'name="act" value="\w+">([^<]+)</button>', sandbox.http.get("/").text)
    assert names == [LABELS[act] for act in offered(sandbox)]
