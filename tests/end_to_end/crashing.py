"""A product whose processes are killed on purpose, and a customer who does what people do then: reload, click again."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import signal
import uuid
from functools import partial
from typing import Any

import httpx
import psutil
import sqlalchemy as sa
from dotenv import dotenv_values

from bot import clock, failpoints
from bot.billing import ledger
from bot.billing.stripe import StripeGateway
from bot.db import Database
from bot.models import ExternalEvent, Mandate, MandateStatus, Message, Payment, Posting
from tests.billing.autopaid import Autopaid
from tests.end_to_end.customer import ScriptedCustomer
from tests.end_to_end.patience import until
from tests.end_to_end.running import Running

ANSWER_S = 30
TRIES = 4


class Crashing:
    """The running demo with its failpoints, its database and its Stripe."""

    def __init__(self, product: Running) -> None:
        self.product = product
        self.file = failpoints.armed(product.var)
        self.db = Database(f"sqlite:///{product.var / 'goodterms.db'}")
        key = dotenv_values(product.var / "demo.env")["STRIPE_API_KEY"]
        self.stripe = StripeGateway(str(key), product.sandbox)
        self.sandbox = httpx.Client(base_url=f"{product.sandbox}/sandbox/", timeout=30, trust_env=False)

    def close(self) -> None:
        """Let go."""
        self.db.dispose()
        self.sandbox.close()

    def arm(self, point: str) -> None:
        """The next process that reaches `point` dies there."""
        aside = self.file.with_suffix(".new")
        aside.write_text(point)
        aside.rename(self.file)

    def died(self, point: str) -> None:
        """Wait until a process has died at `point`."""
        until(lambda: not self.file.exists(), f"nobody came to {point}")

    def advance(self, duration: str) -> None:
        """Move the demo's clock."""
        self.sandbox.post("clock", json={"advance": duration}).raise_for_status()

    def lose_webhooks(self, lost: bool = True) -> None:
        """From now on nothing that happens at Stripe is told to us; or it is told again."""
        self.sandbox.post("stripe/faults", json={"drop_webhooks": lost}).raise_for_status()

    def restart_worker(self) -> None:
        """Kill the worker, if it is not dead already; the new one sweeps at once."""
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            for child in psutil.Process(self.product.pid).children():
                if child.cmdline()[-1:] == ["bot.worker"]:
                    child.send_signal(signal.SIGKILL)

    def is_quiet(self) -> bool:
        """Whether everything that Stripe told us was acted on."""
        with self.db.reading() as session:
            waiting = sa.select(ExternalEvent.id).where(ExternalEvent.processed_at.is_(None))
            return session.scalars(waiting.limit(1)).first() is None

    def payment(self, url: str) -> uuid.UUID:
        """The payment behind a link."""
        with self.db.reading() as session:
            return session.scalars(sa.select(Payment.id).where(Payment.token == url.rsplit("/", 1)[-1])).one()

    def has_receipt(self, payment_id: uuid.UUID) -> bool:
        """Whether the customer was thanked for it."""
        return self.outcome(payment_id)[3] > 0

    def outcome(self, payment_id: uuid.UUID) -> tuple[int, int, int, int]:
        """Of one payment: charges at Stripe, times that money was posted, minor units of that, receipts."""
        now = clock.now()
        at_stripe = self.stripe.intents(now - dt.timedelta(days=9), now + dt.timedelta(days=9))
        charges = sum(intent.paid and intent.payment_id == str(payment_id) for intent in at_stripe)
        with self.db.reading() as session:
            ours = sa.select(Posting).where(
                Posting.reference.startswith(f"payment:{payment_id}:"), Posting.destination == ledger.STRIPE
            )
            posted = session.scalars(ours).all()
            cards = session.scalars(sa.select(Message.card).where(Message.card.is_not(None)))
            receipts = [card for card in cards if card and card.get("payment_id") == str(payment_id)]
        monies = {posting.reference.rsplit(":", 1)[0] for posting in posted}
        return charges, len(monies), sum(posting.amount for posting in posted), len(receipts)


class Patient(ScriptedCustomer):
    """A customer who waits for an answer, and asks again when something went wrong."""

    def prove_who(self, account: str, phone: str) -> None:
        """Ask what is owed, and say account and code, until the answer is there."""
        for _ in range(TRIES):
            self._write("how much do I owe?")
            before = len(self._codes(phone))
            self._write(account)
            with contextlib.suppress(AssertionError):
                code = until(partial(self._code_after, phone, before), "a new code", 15)
                if self._write(code, card="invoices"):
                    return
        raise AssertionError(f"{account} was never believed: {self._lately()}")

    def link_over(self, minor: int) -> dict[str, Any]:
        """Ask for a link over so many cents until it is there."""
        for _ in range(TRIES):
            link = self._write(f"I'd like to pay {minor / 100:.2f}", card="pay_link")
            if link is not None and link["amount"] == minor:
                return link
        raise AssertionError(f"no link over {minor}: {self._lately()}")

    def click(self, url: str) -> str:
        """Click on our pay page until Stripe's is there; its session."""

        def session() -> str | None:
            answer = self.outside.post(f"{url}/checkout")
            leads_on = answer.status_code == 303 and answer.headers["Location"].startswith(self.product.sandbox)
            return answer.headers["Location"].rstrip("/").rsplit("/", 1)[-1] if leads_on else None

        return until(session, "no checkout page")

    def pay_at(self, session: str) -> None:
        """Pay on Stripe's page, once."""
        done = self.outside.post(f"{self.product.sandbox}/sandbox/checkout/{session}/complete", json={})
        assert done.status_code == 200, done.text

    def come_back(self, url: str) -> None:
        """Come back from Stripe's page to ours, and look again until it is there."""
        until(lambda: self.outside.get(f"{url}?returned=1").status_code == 200, "no pay page")

    def _write(self, text: str, card: str = "") -> dict[str, Any] | None:
        """Send a text as the widget does, the same again until it is taken in; the card of this kind in the answer.

        When what comes is an apology, or nothing at all for a while, everything is left to recover first.
        """
        until(lambda: self._news(0) is not None, "nothing to read")  # what came before is no answer
        before = len(self.heard)
        body = {"client_id": str(uuid.uuid4()), "text": text}
        until(lambda: self.http.post("/api/chat/messages", json=body).status_code == 202, "not taken in")
        with contextlib.suppress(AssertionError):
            until(lambda: self._answers(before), "no answer", ANSWER_S)
        until(lambda: self.http.get("/healthz").status_code == 200, "the product is not well again")
        cards = [message["card"] for message in self._answers(before) if message["card"]]
        return next((each for each in cards if each["kind"] == card), None)

    def _lately(self) -> str:
        said = (f"{each['created_at'][11:23]} {each['author']}: {each['text']}" for each in self.heard[-12:])
        return "\n".join(("", *said))

    def _answers(self, after: int) -> list[dict[str, Any]]:
        self._news(0)
        return [message for message in self.heard[after:] if message["author"] != "customer"]

    def _code_after(self, phone: str, count: int) -> str | None:
        return next(iter(self._codes(phone)[count:][-1:]), None)

    def _codes(self, phone: str) -> list[str]:
        messages = self.outside.get(f"{self.product.sandbox}/sandbox/outbox", params={"to": phone}).json()
        return [code for message in messages for code in re.findall(r"\b\d{6}\b", message["body"])]


class AtDemo(Autopaid):
    """A customer whose card was saved at the demo's Stripe, and whose first instalment is due on `day`."""

    def __init__(self, crashing: Crashing, zone: str, day: dt.date) -> None:
        self.crashing = crashing
        parts = ((day, 5_000), (day + dt.timedelta(days=30), 5_050))
        super().__init__(crashing.db, parts, gateway=crashing.stripe, time_zone=zone)  # type: ignore[arg-type]

    def pay(self, page: str, *, expires: tuple[int, int] = (12, 2034)) -> Mandate:
        """On the sandbox's page; the webhook brings the card to us."""
        self.crashing.sandbox.post(f"checkout/{page}/complete", json={}).raise_for_status()
        until(lambda: self.mandate().status == MandateStatus.ACTIVE, "the card was not saved")
        return self.mandate()
