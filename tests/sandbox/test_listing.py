"""Lists, as a reconciliation reads them: paged, bounded by time, narrowed, expanded."""

from __future__ import annotations

from typing import Any, cast

import pytest
import stripe

from tests.sandbox.requests import SESSION
from tests.sandbox.running import Running


def test_pages_go_both_ways_and_the_library_walks_them(client: stripe.StripeClient) -> None:
    ids = [client.v1.customers.create({"description": str(n)}).id for n in range(5)]
    newest_first = ids[::-1]
    first = client.v1.customers.list({"limit": 2})
    assert ([c.id for c in first.data], first.has_more) == (newest_first[:2], True)
    second = client.v1.customers.list({"limit": 2, "starting_after": newest_first[1]})
    assert [c.id for c in second.data] == newest_first[2:4]
    back = client.v1.customers.list({"limit": 2, "ending_before": newest_first[3]})
    assert ([c.id for c in back.data], back.has_more) == (newest_first[1:3], True)
    assert [c.id for c in client.v1.customers.list({"limit": 2}).auto_paging_iter()] == newest_first


@pytest.mark.parametrize("bad", [{"limit": 0}, {"limit": 101}, {"starting_after": "cus_nobody"}])
def test_a_limit_or_cursor_that_is_none_is_refused(client: stripe.StripeClient, bad: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.list(cast(Any, bad))
    assert refused.value.param == next(iter(bad))


def test_events_are_listed_by_type_time_and_place(sandbox: Running, client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(SESSION)
    sandbox.act(session.id, "complete")
    every = client.v1.events.list().data
    assert [event.type for event in every] == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]
    assert [e.type for e in client.v1.events.list({"type": "charge.*"}).data] == ["charge.succeeded"]
    two: Any = {"types": ["charge.succeeded", "payment_intent.succeeded"]}
    assert len(client.v1.events.list(two).data) == 2
    assert len(client.v1.events.list({"created": {"gte": every[0].created}}).data) >= 1
    assert client.v1.events.list({"created": {"gt": every[0].created}}).data == []
    assert [e.id for e in client.v1.events.list({"ending_before": every[1].id}).data] == [every[0].id]
    assert [e.id for e in client.v1.events.list({"starting_after": every[2].id}).data] == [every[3].id]
    assert client.v1.events.retrieve(every[0].id).type == "checkout.session.completed"


def test_sessions_are_found_by_their_intent_and_status(sandbox: Running, client: stripe.StripeClient) -> None:
    paid, other = (client.v1.checkout.sessions.create(SESSION) for _ in range(2))
    sandbox.act(paid.id, "complete")
    intent = client.v1.payment_intents.list().data[0]
    assert [s.id for s in client.v1.checkout.sessions.list({"payment_intent": intent.id}).data] == [paid.id]
    assert [s.id for s in client.v1.checkout.sessions.list({"status": "open"}).data] == [other.id]


def test_everything_that_a_reconciliation_reads_is_paged_and_bounded_by_time(
    sandbox: Running, client: stripe.StripeClient
) -> None:
    for _ in range(3):
        session = client.v1.checkout.sessions.create(SESSION)
        sandbox.act(session.id, "complete")
        refund = sandbox.act(session.id, "refund", amount=50)
        sandbox.switch(f"charges/{refund['charge']}/dispute", amount=100)
        sandbox.http.post("/sandbox/clock", json={"advance": "PT1H"})
    v1 = client.v1
    lists: list[Any] = [v1.checkout.sessions, v1.payment_intents, v1.charges, v1.refunds, v1.disputes]
    for resource in lists:
        newest, middle, oldest = resource.list().data
        first = resource.list({"limit": 2})
        assert ([one.id for one in first.data], first.has_more) == ([newest.id, middle.id], True)
        second = resource.list({"limit": 2, "starting_after": middle.id})
        assert ([one.id for one in second.data], second.has_more) == ([oldest.id], False)
        assert [one.id for one in resource.list({"ending_before": middle.id}).data] == [newest.id]
        for bound, expected in (
            ({"gte": middle.created}, [newest, middle]),
            ({"gt": middle.created}, [newest]),
            ({"lte": middle.created}, [middle, oldest]),
            ({"lt": middle.created}, [oldest]),
            ({"gt": oldest.created, "lt": newest.created}, [middle]),
        ):
            assert [one.id for one in resource.list({"created": bound}).data] == [one.id for one in expected]


def test_lists_are_narrowed_to_one_payment_or_customer(sandbox: Running, client: stripe.StripeClient) -> None:
    customers = [client.v1.customers.create({"email": f"{n}@example.com"}).id for n in range(2)]
    for customer in customers:
        session = client.v1.checkout.sessions.create({**SESSION, "customer": customer})
        sandbox.act(session.id, "complete")
        refund = sandbox.act(session.id, "refund", amount=50)
        sandbox.switch(f"charges/{refund['charge']}/dispute")
    charge = client.v1.charges.list({"customer": customers[0]}).data[0]
    intent = str(charge.payment_intent)
    assert [one.id for one in client.v1.payment_intents.list({"customer": customers[0]}).data] == [intent]
    assert [one.id for one in client.v1.charges.list({"payment_intent": intent}).data] == [charge.id]
    narrowed: list[Any] = [client.v1.refunds, client.v1.disputes]
    for resource in narrowed:
        for by in ({"charge": charge.id}, {"payment_intent": intent}):
            assert [one.charge for one in resource.list(by).data] == [charge.id]
        assert len(resource.list().data) == 2
    mailed = client.v1.checkout.sessions.create({**SESSION, "customer_email": "maya@example.com"})
    found = client.v1.checkout.sessions.list({"customer_details": {"email": "maya@example.com"}})
    assert [one.id for one in found.data] == [mailed.id]


def test_ids_are_expanded_along_a_path(sandbox: Running, client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(SESSION)
    sandbox.act(session.id, "complete")
    expand: Any = {"expand": ["payment_intent.latest_charge.balance_transaction", "line_items"]}
    found = client.v1.checkout.sessions.retrieve(session.id, expand)
    assert isinstance(found.payment_intent, stripe.PaymentIntent)
    assert isinstance(found.payment_intent.latest_charge, stripe.Charge)
    assert isinstance(found.payment_intent.latest_charge.balance_transaction, stripe.BalanceTransaction)
    assert found.line_items
    assert found.line_items.data[0].amount_total == 8050
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.retrieve(session.id, {"expand": ["colour"]})
