"""The whole line, once: verify, hear what is owed, pay a part, agree a plan for the rest, meet a person and return."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.demo import PASSWORD
from tests.end_to_end.customer import ScriptedCustomer, card, texts
from tests.end_to_end.desk import Agent
from tests.end_to_end.running import Running

pytestmark = pytest.mark.slow


@pytest.fixture
def maya(product: Running) -> Iterator[ScriptedCustomer]:
    """GT-1001, not verified yet."""
    with closing(ScriptedCustomer(product)) as customer:
        yield customer


def test_a_customer_settles_by_chat_and_the_ledger_agrees(product: Running, maya: ScriptedCustomer) -> None:
    assert "not a person" in texts(maya.heard)

    maya.say("hi, how much do I owe?")
    told = maya.verify("GT-1001", "+12105550101")
    if not any((message["card"] or {}).get("kind") == "invoices" for message in told):
        told = maya.say("how much do I owe?")
    invoices = card(told, "invoices")
    assert (invoices["overdue"], invoices["total"], invoices["currency"]) == (20_050, 26_050, "USD")
    assert {"INV-1001", "INV-1002", "INV-1003"} == {item["number"] for item in invoices["items"]}
    assert "200.50" in texts(told)
    assert "260.50" in texts(told)

    link = card(maya.say("I'd like to pay 80.50"), "pay_link")
    assert (link["amount"], link["currency"]) == (8_050, "USD")
    maya.pay(link["url"])
    receipt = maya.await_news(card="receipt")["card"]
    assert (receipt["amount"], receipt["balance"]) == (8_050, 18_000)

    offered = card(maya.say("can I pay the rest in instalments?"), "plan_options")
    assert offered["total"] == 12_000
    assert [len(option["instalments"]) for option in offered["options"]] == [3, 4, 5, 6]
    for option in offered["options"]:
        assert sum(part["amount"] for part in option["instalments"]) == 12_000
    shown = maya.choose(offered["options"][0]["payload"])
    assert "?" in texts(shown)
    agreed = card(maya.say("yes, I agree"), "plan_schedule")
    assert sum(part["amount"] for part in agreed["instalments"]) == 12_000

    maya.say("I'd like to talk to a person please")
    assert maya.state["holder"] == "queue"

    with closing(at_desk(product, "ana")) as ana, closing(at_desk(product, "sol")) as sol:
        waiting = ana.get("queue")["waiting"]
        assert maya.conversation_id in str(waiting)
        assert ana.post("claim", maya).status_code == 200
        late = sol.post("claim", maya)
        assert late.status_code == 409
        assert "Ana" in late.json()["error"]["message"]
        assert "Ana" in maya.await_news(author="system")["text"]
        thread = ana.get(f"conversations/{maya.conversation_id}")
        assert "Maya Torres" in str(thread)
        same = str(uuid.uuid4())
        for _ in range(2):
            assert ana.post("messages", maya, client_id=same, text="Hello Maya, Ana here.").status_code in (200, 201)
        assert maya.await_news(author="agent")["text"] == "Hello Maya, Ana here."
        assert [message["text"] for message in maya.heard].count("Hello Maya, Ana here.") == 1
        assert ana.post("return", maya).status_code in (200, 204)
        assert "assistant" in maya.await_news(author="system")["text"]

    told = maya.say("how much do I owe now?")
    assert card(told, "invoices")["total"] == 18_000


def at_desk(product: Running, name: str) -> Agent:
    """One of the demo's agents, signed in."""
    return Agent(product, f"{name}@example.com", PASSWORD)
