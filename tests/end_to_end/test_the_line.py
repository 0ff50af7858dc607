"""The whole line, once: verify, hear what is owed, pay a part, agree a plan for the rest, meet a person and return."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from tests.end_to_end.conftest import Running
from tests.end_to_end.customer import ScriptedCustomer, card, texts

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

    with Agent(product, "ana@example.com") as ana, Agent(product, "sol@example.com") as sol:
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


class Agent:
    """An agent at the desk's JSON."""

    def __init__(self, product: Running, email: str) -> None:
        self.http = httpx.Client(base_url=f"{product.url}/api/desk/", timeout=30, trust_env=False)
        self.email = email

    def __enter__(self) -> Agent:
        signed = self.http.post("session", json={"email": self.email, "password": "kind-words-only"})
        assert signed.status_code == 200, signed.text
        self.http.headers["X-CSRF-Token"] = signed.json()["csrf_token"]
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str) -> dict[str, object]:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    def post(self, what: str, customer: ScriptedCustomer, **body: object) -> httpx.Response:
        return self.http.post(f"conversations/{customer.conversation_id}/{what}", json=body)
