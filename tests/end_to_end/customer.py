"""A scripted customer on the widget's API, with the phone that one-time codes arrive on, and Stripe's page."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx

from tests.end_to_end.running import Running


class ScriptedCustomer:
    """One chat session. `heard` is everything that was said to the customer, in order."""

    def __init__(self, product: Running, *, locale: str = "en-US", identity_token: str | None = None) -> None:
        self.product = product
        self.http = httpx.Client(base_url=product.url, timeout=60, trust_env=False)
        self.outside = httpx.Client(timeout=60, trust_env=False)
        signed_in = {"identity_token": identity_token} if identity_token else {}
        opened = self.http.post("/api/chat/sessions", json={"locale": locale, **signed_in})
        assert opened.status_code == 201, opened.text
        self.conversation_id: str = opened.json()["conversation_id"]
        self.http.headers["Authorization"] = f"Bearer {opened.json()['token']}"
        self.heard: list[dict[str, Any]] = self._read(None, 0)["messages"]
        self.state: dict[str, Any] = {}

    def close(self) -> None:
        """Leave."""
        self.http.close()
        self.outside.close()

    def say(self, text: str, *, answered: bool = True) -> list[dict[str, Any]]:
        """Write, and wait for what is answered; with `answered` false only look whether anything is."""
        return self._sent({"text": text}, answered=answered)

    def refused(self, text: str) -> str:
        """Write what is not taken, and read the sentence that says so; an empty one if it was taken."""
        sent = self._send({"text": text})
        return "" if sent.status_code == 202 else str(sent.json()["error"]["message"])

    def choose(self, payload: str) -> list[dict[str, Any]]:
        """Press a button or choose a card's option, and wait for what is answered."""
        return self._sent({"payload": payload})

    def await_news(self, *, author: str | None = None, card: str | None = None, tries: int = 6) -> dict[str, Any]:
        """Wait for a message by `author`, or with a card of this kind, that was not read yet."""
        for _ in range(tries):
            for message in self._news(10):
                is_card = card is None or (message["card"] or {}).get("kind") == card
                if is_card and author in (None, message["author"]):
                    return message
        raise AssertionError(f"nothing from {author or 'anybody'} with {card or 'any'} card; {self.state}")

    def await_text(self, parts: list[str], tries: int = 6) -> list[dict[str, Any]]:
        """Wait for messages that nobody asked for until these parts were all in them; gives these messages."""
        come: list[dict[str, Any]] = []
        for _ in range(tries):
            come += [message for message in self._news(10) if message["author"] != "customer"]
            if all(part.lower() in texts(come).lower() for part in parts):
                return come
        raise AssertionError(f"nothing with {parts}, only {texts(come)!r}")

    def code(self, phone: str) -> str:
        """The newest six digits that arrived at `phone`."""
        messages = self.outside.get(f"{self.product.sandbox}/sandbox/outbox", params={"to": phone}).json()
        assert messages, f"nothing was sent to {phone}"  # it is sent before the customer is told so
        found = re.search(r"\b\d{6}\b", messages[-1]["body"])
        assert found, messages[-1]
        return found.group()

    def verify(self, account: str, phone: str) -> list[dict[str, Any]]:
        """Prove who this is: account number, then the code from the phone."""
        self.say(account)
        return self.say(self.code(phone))

    def pay(self, url: str, how: str = "complete") -> None:
        """Open our pay page, go on to Stripe's, and finish there."""
        pay(self.outside, self.product, url, how)

    def _sent(self, body: dict[str, str], *, answered: bool = True) -> list[dict[str, Any]]:
        sent = self._send(body)
        assert sent.status_code == 202, sent.text
        answers: list[dict[str, Any]] = []
        for wait in (20, 20, 20, 20) if answered else (1, 1):
            answers += [message for message in self._news(wait) if message["author"] != "customer"]
            if answers:
                return answers
        assert not answered, f"no answer to {body}"
        return []

    def _send(self, body: dict[str, str]) -> httpx.Response:
        return self.http.post("/api/chat/messages", json={"client_id": str(uuid.uuid4()), **body})

    def _news(self, wait: float) -> list[dict[str, Any]]:
        news = self._read(self.heard[-1]["id"] if self.heard else None, wait)
        self.heard += news["messages"]
        self.state = news["state"]
        found: list[dict[str, Any]] = news["messages"]
        return found

    def _read(self, after: str | None, wait: float) -> dict[str, Any]:
        params: dict[str, Any] = {"wait": wait, **({"after": after} if after else {})}
        answer = self.http.get("/api/chat/messages", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def pay(browser: httpx.Client, product: Running, url: str, how: str) -> None:
    """Open our pay page with `browser`, go on to Stripe's, and finish there: complete, decline or expire."""
    page = browser.get(url)
    assert page.status_code == 200, page.text
    clicked = browser.post(f"{url}/checkout")
    assert clicked.status_code == 303, clicked.text
    session = clicked.headers["Location"].rstrip("/").rsplit("/", 1)[-1]
    done = browser.post(f"{product.sandbox}/sandbox/checkout/{session}/{how}", json={})
    assert done.status_code == 200, done.text


def texts(messages: list[dict[str, Any]]) -> str:
    """All that the messages say, in one string."""
    return "\n".join(message["text"] for message in messages)


def card(messages: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The card of this kind among the messages."""
    for message in messages:
        if (message["card"] or {}).get("kind") == kind:
            found: dict[str, Any] = message["card"]
            return found
    raise AssertionError(f"no {kind} card in {messages}")
