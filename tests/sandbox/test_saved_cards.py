"""Cards that Checkout saves, what its page says of that, and how they are taken back."""

from __future__ import annotations

import re
import typing
from typing import Any

import pytest
import stripe

from bot.billing.stripe import stripe_requests
from sandbox.cards import BY_KEY
from sandbox.checkout import AskingCard, PayingCard
from tests.billing.gateway_world import CONSENT, asked
from tests.sandbox.requests import SAVING, SESSION
from tests.sandbox.running import SECRET, Receiver, Running
from tests.sandbox.saved_cards import charge, saved


class TestSaving:
    def test_paying_makes_the_customer_and_attaches_the_card(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        session = client.v1.checkout.sessions.create(SAVING)
        assert session.customer is None
        sandbox.act(session.id, "complete")
        paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.payment_method"]})
        intent = paid.payment_intent
        assert isinstance(intent, stripe.PaymentIntent)
        method = intent.payment_method
        assert isinstance(method, stripe.PaymentMethod)
        assert method.card
        assert (method.type, method.card.brand, method.card.last4) == ("card", "visa", "4242")
        assert (method.card.exp_month, method.card.exp_year) == (12, 2034)
        assert paid.customer == intent.customer == method.customer
        assert client.v1.customers.retrieve(str(paid.customer)).email == "maya@example.com"
        assert (intent.setup_future_usage, client.v1.charges.list().data[0].payment_method) == (
            "off_session",
            method.id,
        )
        assert client.v1.payment_methods.retrieve(method.id).customer == paid.customer

    def test_what_is_saved_is_told_in_signed_webhooks_s1(
        self, sandbox: Running, client: stripe.StripeClient, hooks: Receiver
    ) -> None:
        saved(sandbox, client)
        came = hooks.wait(lambda webhooks: len(webhooks) == 6)
        events = [stripe.Webhook.construct_event(w.body, w.headers["Stripe-Signature"], SECRET) for w in came]
        assert [event.type for event in events] == [
            "payment_intent.created",
            "customer.created",
            "payment_method.attached",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ]

    @pytest.mark.parametrize(
        ("changes", "kept"),
        [
            ({"payment_intent_data": {}}, False),
            (
                {"payment_intent_data": {}, "payment_method_options": {"card": {"setup_future_usage": "off_session"}}},
                True,
            ),
            ({"customer_creation": "if_required"}, False),
        ],
    )
    def test_a_card_is_kept_only_when_that_was_asked_for_and_there_is_a_customer(
        self, sandbox: Running, client: stripe.StripeClient, changes: Any, kept: bool
    ) -> None:
        session = client.v1.checkout.sessions.create({**SAVING, **changes})
        sandbox.act(session.id, "complete")
        intent = client.v1.payment_intents.list({"expand": ["data.payment_method"]}).data[0]
        assert isinstance(intent.payment_method, stripe.PaymentMethod)
        assert (intent.payment_method.customer is not None) is kept

    def test_a_known_customer_keeps_more_than_one_card(self, sandbox: Running, client: stripe.StripeClient) -> None:
        customer = client.v1.customers.create({"email": "maya@example.com"}).id
        wanted: Any = {**SESSION, "customer": customer, "payment_intent_data": SAVING["payment_intent_data"]}
        for card in ("visa", "mastercard"):
            session = client.v1.checkout.sessions.create(wanted)
            assert sandbox.act(session.id, "complete", card=card)["customer"] == customer
        kept = client.v1.customers.payment_methods.list(customer, {"type": "card"})
        assert [one.card.brand for one in kept.data if one.card] == ["mastercard", "visa"]
        assert client.v1.customers.payment_methods.list(customer, {"limit": 1}).has_more
        assert client.v1.customers.payment_methods.list(customer, {"type": "us_bank_account"}).data == []
        assert len(client.v1.customers.list().data) == 1

    def test_a_declined_card_makes_no_customer_and_is_kept_nowhere(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        session = client.v1.checkout.sessions.create(SAVING)
        sandbox.act(session.id, "decline")
        assert client.v1.customers.list().data == []
        error = client.v1.payment_intents.list().data[0].last_payment_error
        assert error
        assert error.payment_method
        assert client.v1.payment_methods.retrieve(error.payment_method.id).customer is None

    def test_a_bank_account_is_kept_too_where_the_whole_payment_asks_for_it(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        session = client.v1.checkout.sessions.create(SAVING)
        customer = sandbox.act(session.id, "complete", method="delayed")["customer"]
        kept = client.v1.customers.payment_methods.list(customer).data[0]
        assert kept.type == "us_bank_account"
        with pytest.raises(stripe.InvalidRequestError) as refused:
            charge(client, kept)
        assert refused.value.code == "sandbox_limit"

    def test_a_bank_account_is_kept_nowhere_where_a_card_alone_was_agreed_to(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        wanted: Any = stripe_requests.checkout(asked(consent=CONSENT))
        session = client.v1.checkout.sessions.create(wanted)
        customer = sandbox.act(session.id, "complete", method="delayed")["customer"]
        assert client.v1.customers.payment_methods.list(customer).data == []
        sandbox.act(session.id, "settle")
        assert client.v1.customers.payment_methods.list(customer).data == []

    def test_detached_is_for_good(self, sandbox: Running, client: stripe.StripeClient) -> None:
        method = saved(sandbox, client)
        assert client.v1.payment_methods.detach(method.id).customer is None
        assert client.v1.customers.payment_methods.list(str(method.customer)).data == []
        assert client.v1.events.list().data[0].type == "payment_method.detached"
        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            charge(client, method)
        with pytest.raises(stripe.InvalidRequestError, match="not attached"):
            client.v1.payment_methods.detach(method.id)
        assert len(client.v1.charges.list().data) == 1

    def test_a_deleted_customers_cards_are_detached(self, sandbox: Running, client: stripe.StripeClient) -> None:
        method = saved(sandbox, client)
        client.v1.customers.delete(str(method.customer))
        assert client.v1.payment_methods.retrieve(method.id).customer is None


class TestThePage:
    def test_it_says_that_the_card_will_be_kept_and_what_the_business_adds(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        plain = sandbox.http.get(str(client.v1.checkout.sessions.create(SESSION).url)).text
        assert "charge this card again" not in plain
        text: Any = {"submit": {"message": "We charge this card on the 5th <of> each month."}}
        wanted: Any = {**SAVING, "custom_text": text}
        page = sandbox.http.get(str(client.v1.checkout.sessions.create(wanted).url)).text
        assert "charge this card again" in page
        assert "We charge this card on the 5th &lt;of&gt; each month." in page
        hidden: Any = {"payment_method_reuse_agreement": {"position": "hidden"}}
        page = sandbox.http.get(
            str(client.v1.checkout.sessions.create({**wanted, "consent_collection": hidden}).url)
        ).text
        assert "charge this card again" not in page

    def test_terms_must_be_accepted_and_the_session_says_so(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        wanted: Any = {**SAVING, "consent_collection": {"terms_of_service": "required"}}
        session = client.v1.checkout.sessions.create(wanted)
        assert session.consent
        assert session.consent.terms_of_service is None
        pay = f"/sandbox/checkout/{session.id}/pay"
        refused = sandbox.http.post(pay, data={"method": "visa"})
        assert (refused.status_code, "Please accept the terms" in refused.text) == (422, True)
        assert sandbox.http.post(pay, data={"method": "visa", "terms": "accepted"}).status_code == 303
        paid = client.v1.checkout.sessions.retrieve(session.id)
        assert paid.consent
        assert (paid.payment_status, paid.consent.terms_of_service) == ("paid", "accepted")

    @pytest.mark.parametrize("card", typing.get_args(AskingCard))
    def test_the_bank_asks_and_remembers_which_card(
        self, sandbox: Running, client: stripe.StripeClient, card: str
    ) -> None:
        session = client.v1.checkout.sessions.create(SAVING)
        asked = sandbox.http.post(f"/sandbox/checkout/{session.id}/pay", data={"method": card})
        step = asked.headers["location"]
        action = re.search(r'action="([^"]+)"', sandbox.http.get(step).text)
        assert action
        assert sandbox.http.post(action.group(1), data={"answer": "complete"}).status_code == 303
        paid = client.v1.charges.list().data[0].payment_method_details
        assert paid
        assert paid.card
        assert paid.card.last4 == BY_KEY[card].last4

    def test_every_card_that_pays_can_be_named_by_a_test_and_is_on_the_page(
        self, sandbox: Running, client: stripe.StripeClient
    ) -> None:
        page = sandbox.http.get(str(client.v1.checkout.sessions.create(SESSION).url)).text
        paying = {card.key for card in BY_KEY.values() if not card.declines}
        assert set(typing.get_args(PayingCard)) == paying
        assert set(typing.get_args(AskingCard)) == {card.key for card in BY_KEY.values() if card.authenticate}
        for key in paying:
            assert f'value="{key}" data-number="{BY_KEY[key].number}"' in page
