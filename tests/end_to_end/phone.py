"""A customer with a phone: texts the product by SMS or WhatsApp through the sandbox, and reads what arrives."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.end_to_end.patience import until
from tests.end_to_end.running import Running

Bubble = dict[str, Any]


class Phone:
    """One number on one medium. `provider` carries WhatsApp: twilio or meta."""

    def __init__(self, product: Running, number: str, channel: str = "sms", provider: str = "twilio") -> None:
        self.product = product
        self.number, self.channel, self.provider = number, channel, provider
        self.http = httpx.Client(base_url=product.sandbox, timeout=30, trust_env=False)
        self._read = len(self.arrived())

    def close(self) -> None:
        """Put it down."""
        self.http.close()

    def send(self, **message: Any) -> Bubble:
        """Send something; `text`, `choice`, `media`, `location` … as the phone page does. What came before is read."""
        self._read = len(self.arrived())
        body = {"from": self.number, "channel": self.channel, "provider": self.provider, **message}
        answer = self.http.post("/sandbox/phone/messages", json=body)
        assert answer.is_success, answer.text
        found: Bubble = answer.json()
        return found

    def say(self, text: str, *parts: str) -> str:
        """Send a text, and wait until the answers hold all of `parts` (in any case); gives the answers."""
        self.send(text=text)
        return self.hear(*parts)

    def choose(self, choice: str, *parts: str) -> str:
        """Tap a button or a row once it is there, and wait likewise."""

        def offered() -> bool | None:
            titles = [one["title"] for bubble in self.arrived() for one in bubble["choices"]]
            return choice in titles or None

        until(offered, lambda: f"no {choice!r} to tap: {self.arrived()}")
        self.send(choice=choice)
        return self.hear(*parts)

    def hear(self, *parts: str) -> str:
        """Wait for what was not read yet until it holds all of `parts`, or is anything at all."""

        def told() -> str | None:
            said = "\n".join(bubble["text"] for bubble in self.arrived()[self._read :])
            return said if said and all(part.lower() in said.lower() for part in parts) else None

        return until(told, lambda: f"{self.channel} to {self.number}: {parts} not in {self.arrived()[self._read :]}")

    def arrived(self) -> list[Bubble]:
        """What the business sent and the provider took, oldest first."""
        return [bubble for bubble in self.thread()["bubbles"] if bubble["side"] == "business"]

    def thread(self) -> dict[str, Any]:
        """The phone's screen."""
        answer = self.http.get("/sandbox/phone/thread", params={"number": self.number, "channel": self.channel})
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def link(self) -> str:
        """The newest address in what arrived."""
        for bubble in reversed(self.arrived()):
            found = re.findall(r"https?://\S+", bubble["text"])
            if found:
                return str(found[-1]).rstrip(".,)")
        raise AssertionError(f"no link in {self.arrived()}")

    def pay(self) -> None:
        """Open the newest link, go on to Stripe's page, and pay there."""
        url = self.link()
        assert self.http.get(url).status_code == 200
        clicked = self.http.post(f"{url}/checkout")
        assert clicked.status_code == 303, clicked.text
        session = clicked.headers["Location"].rstrip("/").rsplit("/", 1)[-1]
        assert self.http.post(f"/sandbox/checkout/{session}/complete", json={}).status_code == 200

    def advance(self, duration: str) -> None:
        """Let time pass in the whole product (ISO 8601)."""
        assert self.http.post("/sandbox/clock", json={"advance": duration}).is_success
