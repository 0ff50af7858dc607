"""The Checkout page, as a customer and as a test meet it."""

from __future__ import annotations

import re
import shutil
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import stripe
from playwright.sync_api import Request, expect, sync_playwright

from tests.sandbox.requests import SESSION
from tests.sandbox.running import Running


@pytest.fixture
def session(client: stripe.StripeClient) -> str:
    return client.v1.checkout.sessions.create(SESSION).id


def pay(sandbox: Running, session: str, method: str, action: str = "pay") -> httpx.Response:
    return sandbox.http.post(f"/sandbox/checkout/{session}/pay", data={"method": method, "action": action})


def test_the_address_that_stripe_gives_shows_what_is_paid_and_no_debt_p1(
    sandbox: Running, client: stripe.StripeClient
) -> None:
    made = client.v1.checkout.sessions.create(SESSION)
    page = sandbox.http.get(str(made.url))
    assert page.status_code == 200
    assert "$80.50" in page.text
    assert "Good Terms Shop: payment" in page.text
    assert not re.search(r"\b(debt|overdue|owe|arrears|collection)", page.text, re.IGNORECASE)
    assert page.headers["cache-control"] == "no-store"


def test_a_card_that_pays_leads_back_with_the_session_in_the_address(
    sandbox: Running, client: stripe.StripeClient, session: str
) -> None:
    answer = pay(sandbox, session, "visa")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"https://shop.example/pay/abc?session={session}"
    paid = client.v1.checkout.sessions.retrieve(session, {"expand": ["payment_intent.latest_charge"]})
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    assert isinstance(paid.payment_intent.latest_charge, stripe.Charge)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert str(paid.payment_intent.latest_charge.receipt_url).startswith(sandbox.url)
    assert sandbox.http.get(str(paid.payment_intent.latest_charge.receipt_url)).status_code == 200


@pytest.mark.parametrize(
    ("method", "sentence", "code"),
    [
        ("declined", "Your card was declined.", "generic_decline"),
        ("insufficient", "Your card has insufficient funds.", "insufficient_funds"),
        ("expired", "Your card has expired.", "expired_card"),
    ],
)
def test_a_declined_card_is_said_on_the_page_which_stays_open(
    sandbox: Running, client: stripe.StripeClient, session: str, method: str, sentence: str, code: str
) -> None:
    answer = pay(sandbox, session, method)
    assert answer.status_code == 402
    assert re.search(rf'role="alert">{sentence}', answer.text)
    intent = client.v1.payment_intents.list().data[0]
    assert intent.last_payment_error
    assert intent.last_payment_error.decline_code == code
    assert client.v1.checkout.sessions.retrieve(session).status == "open"
    assert pay(sandbox, session, "visa").status_code == 303
    assert len(client.v1.payment_intents.list().data) == 1


def test_the_decline_button_declines_whatever_is_chosen(sandbox: Running, session: str) -> None:
    assert pay(sandbox, session, "visa", action="decline").status_code == 402


def test_three_d_secure_is_a_step_of_its_own_that_may_fail(
    sandbox: Running, client: stripe.StripeClient, session: str
) -> None:
    step = pay(sandbox, session, "authenticate").headers["location"]
    assert "Complete authentication" in sandbox.http.get(step).text
    assert sandbox.http.post(step, data={"answer": "fail"}).status_code == 402
    assert client.v1.checkout.sessions.retrieve(session).status == "open"
    assert sandbox.http.post(step, data={"answer": "complete"}).status_code == 303
    assert client.v1.checkout.sessions.retrieve(session).payment_status == "paid"
    assert sandbox.http.get(step).status_code == 409


def test_a_bank_debit_is_complete_but_unpaid_until_the_bank_answers_s2(
    sandbox: Running, client: stripe.StripeClient, session: str
) -> None:
    assert pay(sandbox, session, "delayed").status_code == 303
    waiting = client.v1.checkout.sessions.retrieve(session)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert sandbox.act(session, "settle")["payment_status"] == "paid"


def test_a_page_that_is_over_says_so_and_takes_nothing_s5(
    sandbox: Running, client: stripe.StripeClient, session: str
) -> None:
    sandbox.act(session, "complete")
    assert "already completed" in sandbox.http.get(f"/sandbox/checkout/{session}").text
    assert pay(sandbox, session, "visa").status_code == 409
    assert len(client.v1.charges.list().data) == 1
    other = client.v1.checkout.sessions.create(SESSION).id
    sandbox.act(other, "expire")
    assert "has expired" in sandbox.http.get(f"/sandbox/checkout/{other}").text


@pytest.mark.parametrize(
    ("before", "act"),
    [
        ("complete", "complete"),
        ("complete", "decline"),
        ("complete", "expire"),
        ("complete", "settle"),
        ("expire", "complete"),
        ("expire", "refund"),
        ("decline", "fail"),
    ],
)
def test_what_no_longer_fits_is_a_conflict_and_changes_nothing(
    sandbox: Running, client: stripe.StripeClient, session: str, before: str, act: str
) -> None:
    after_first = sandbox.act(session, before)
    answer = sandbox.http.post(f"/sandbox/checkout/{session}/{act}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert client.v1.checkout.sessions.retrieve(session).status == after_first["status"]


def test_json_takes_a_method_or_no_body_at_all(sandbox: Running, client: stripe.StripeClient, session: str) -> None:
    assert sandbox.http.post(f"/sandbox/checkout/{session}/complete", json={"method": "cash"}).status_code == 422
    assert sandbox.http.post(f"/sandbox/checkout/{session}/complete").json()["payment_status"] == "paid"
    assert sandbox.http.post("/sandbox/checkout/cs_test_nobody/complete").status_code == 404


def test_what_the_shop_wrote_is_shown_as_text(sandbox: Running, client: stripe.StripeClient) -> None:
    price: Any = {"currency": "jpy", "unit_amount": 500, "product_data": {"name": "<script>alert(1)</script>"}}
    made = client.v1.checkout.sessions.create({**SESSION, "line_items": [{"quantity": 2, "price_data": price}]})
    page = sandbox.http.get(str(made.url)).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "¥1,000" in page


class TestInABrowser:
    def test_a_card_number_never_leaves_the_page_and_only_test_cards_pay_p3(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        back = f"{sandbox.url}/healthz"
        made = client.v1.checkout.sessions.create({**SESSION, "success_url": back, "cancel_url": f"{back}?cancelled"})
        sent: list[Request] = []
        chromium = shutil.which("chromium")
        assert chromium, "these tests need Debian's chromium"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page()
            page.on("request", lambda request: sent.append(request))
            page.goto(str(made.url))
            page.get_by_label("Card number").fill("5105 1051 0510 5100")
            page.get_by_role("button", name="Pay $80.50").click()
            expect(page.get_by_role("alert")).to_contain_text("never type a real card number")
            expect(page.get_by_label("Card number")).to_have_value("")
            assert [request.method for request in sent] == ["GET"]

            page.get_by_label("Card number").fill("4000 0000 0000 9995")
            expect(page.get_by_label("insufficient funds")).to_be_checked()
            page.get_by_role("button", name="Pay $80.50").click()
            expect(page.get_by_role("alert").filter(has_text="insufficient funds")).to_be_visible()

            page.get_by_label("Card number").fill("4242424242424242")
            page.keyboard.press("Enter")
            page.wait_for_url(f"{back}*")
            browser.close()
        bodies = [parse_qs(request.post_data or "") for request in sent if request.method == "POST"]
        assert [body["method"] for body in bodies] == [["insufficient"], ["visa"]]
        assert not any(re.search(r"\d{13}", (r.post_data or "") + urlsplit(r.url).query) for r in sent)
        assert client.v1.checkout.sessions.retrieve(made.id).payment_status == "paid"
