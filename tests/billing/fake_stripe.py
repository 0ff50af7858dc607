"""What Stripe would know, in memory, and what a customer, a bank and the business's dashboard do to it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections import Counter

from bot import clock
from bot.billing.gateway import CheckoutRequest, CheckoutSession, Decline, Intent, Return, ReturnKind, SavedCard
from bot.money import Money, total
from tests.billing import fake_events as told
from tests.billing.fake_events import EventLog

_CODES = {
    Decline.AUTHENTICATION: "authentication_required",
    Decline.SOFT: "insufficient_funds",
    Decline.HARD: "lost_card",
}


class FakeStripe:
    """`charges` counts for each of our payments how often money was taken: once, or something is wrong (S5).

    Where an act takes an `id`, it is a session's or a payment intent's. `refunds_wait` makes refunds pending until
    `settle_refund` or `fail_refund`. Any thread may call anything.
    """

    def __init__(self) -> None:
        self.sessions: dict[str, CheckoutSession] = {}
        self.charges: Counter[str] = Counter()
        self.refunds_wait = False
        self.log = EventLog()
        self._lock = threading.RLock()
        self._requests: dict[str, CheckoutRequest] = {}
        self._intents: dict[str, Intent] = {}
        self._customers: dict[str, str] = {}  # by intent
        self._cards: dict[str, SavedCard] = {}  # those that are still kept
        self._fates: dict[str, tuple[Decline, str]] = {}
        self._returns: dict[str, tuple[str, Return]] = {}  # with the intent that they are of

    def pay(self, id: str, *, expires: tuple[int, int] = (12, 2034)) -> CheckoutSession:
        """The customer pays by card, which is saved when they agreed to that. `expires` is its month and year."""
        with self._lock:
            intent = self._begun(id, "succeeded")
            request = self._requests.get(id)
            if request and request.consent:
                customer, method = (f"{kind}_{intent.id.removeprefix('pi_')}" for kind in ("cus", "pm"))
                card = SavedCard(method, customer, "visa", "4242", *expires)
                self._cards[method], self._customers[intent.id] = card, customer
                intent = dataclasses.replace(intent, saved_card=card)
            self._take(intent)
            return self._complete(id, "checkout.session.completed")

    def delay(self, id: str) -> CheckoutSession:
        """The customer chooses a method that answers days later. A bank account is not saved."""
        with self._lock:
            intent = self._keep(self._begun(id, "processing"))
            self.log.add(("charge.pending", told.charge(intent)), ("payment_intent.processing", told.intent(intent)))
            return self._complete(id, "checkout.session.completed")

    def answer(self, id: str, *, succeeds: bool) -> CheckoutSession:
        """The bank answers. What it says once more changes nothing."""
        with self._lock:
            intent = self._intents[self._intent_id(id)]
            if intent.status != "processing":
                assert intent.paid is succeeds, f"the bank has answered otherwise about {id}"
                return self.sessions[id]
            if succeeds:
                self._take(dataclasses.replace(intent, status="succeeded"))
                return self._complete(id, "checkout.session.async_payment_succeeded")
            failed = "payment_intent_payment_attempt_failed"
            self._fail(dataclasses.replace(intent, status="requires_payment_method", code=failed))
            return self._complete(id, "checkout.session.async_payment_failed")

    def lapse(self, id: str) -> CheckoutSession:
        """The page expires."""
        with self._lock:
            lapsed = dataclasses.replace(self.sessions[id], status="expired", url=None)
            self.sessions[id] = lapsed
            self.log.add(("checkout.session.expired", told.session(lapsed)))
            return lapsed

    def decline(self, payment_method: str, how: Decline | None, code: str = "") -> None:
        """From now on the saved card is declined like this, with Stripe's `code`; with None it pays again."""
        with self._lock:
            self._fates.pop(payment_method, None)
            if how is not None:
                self._fates[payment_method] = how, code or _CODES[how]

    def give_back(self, id: str, amount: Money | None = None) -> Return:
        """The business refunds `amount`, or all that is left, from Stripe's dashboard."""
        with self._lock:
            payment_intent = self._intent_id(id)
            return self._refunded(payment_intent, amount or self._left(payment_intent))

    def settle_refund(self, refund: str) -> Return:
        """The bank has paid a pending refund out."""
        return self._change(refund, "succeeded", True, "refund.updated", "charge.refund.updated")

    def fail_refund(self, refund: str) -> Return:
        """The bank has sent a refund back."""
        return self._change(refund, "failed", False, "refund.updated", "charge.refund.updated", "refund.failed")

    def dispute(self, id: str, amount: Money | None = None, *, inquiry: bool = False) -> Return:
        """The customer's bank takes `amount` back, or all of it; with `inquiry` it only asks."""
        with self._lock:
            intent = self._intents[self._intent_id(id)]
            assert intent.paid, f"nobody can dispute {id}: it is not paid"
            made = Return(
                id=f"dp_fake_{len(self._returns) + 1:03}",
                kind=ReturnKind.CHARGEBACK,
                amount=amount or intent.amount,
                withdrawn=not inquiry,
                status="warning_needs_response" if inquiry else "needs_response",
                created_at=_now(),
                reason="fraudulent",
            )
            self._returned(intent.id, made, "charge.dispute.created")
            if not inquiry:
                self.log.add(("charge.dispute.funds_withdrawn", told.money_back(made, intent.id)))
            return made

    def win(self, dispute: str) -> Return:
        """The bank decides for the business: the money comes back."""
        if self._is_inquiry(dispute):
            return self._change(dispute, "warning_closed", False, "charge.dispute.closed")
        return self._change(dispute, "won", False, "charge.dispute.closed", "charge.dispute.funds_reinstated")

    def lose(self, dispute: str) -> Return:
        """The bank decides for the customer. An inquiry is closed all the same, and has moved nothing."""
        if self._is_inquiry(dispute):
            return self.win(dispute)
        return self._change(dispute, "lost", True, "charge.dispute.closed")

    def webhooks(self, secret: str) -> list[tuple[bytes, str]]:
        """Every event so far, oldest first, as its webhook comes in: the raw body and its `Stripe-Signature`."""
        with self._lock:
            return [(each.raw, told.signature(each.raw, secret=secret)) for each in self.log.known()]

    def _begun(self, id: str, status: str) -> Intent:
        session = self.sessions[id]
        assert session.status == "open", f"the page {id} is {session.status}: nobody can pay there"
        made = Intent(id.replace("cs_", "pi_", 1), status, session.amount, session.payment_id, _now())
        self.log.add(("payment_intent.created", told.intent(made)))
        return made

    def _take(self, intent: Intent) -> Intent:
        self.charges[intent.payment_id] += 1
        self.log.add(("charge.succeeded", told.charge(intent)), ("payment_intent.succeeded", told.intent(intent)))
        return self._keep(intent)

    def _fail(self, intent: Intent) -> Intent:
        self.log.add(("charge.failed", told.charge(intent)), ("payment_intent.payment_failed", told.intent(intent)))
        return self._keep(intent)

    def _keep(self, intent: Intent) -> Intent:
        self._intents[intent.id] = intent
        return intent

    def _complete(self, id: str, kind: str) -> CheckoutSession:
        intent = self._intents[id.replace("cs_", "pi_", 1)]
        paid = "paid" if intent.paid else "unpaid"
        self.sessions[id] = dataclasses.replace(
            self.sessions[id], status="complete", url=None, payment_status=paid, payment_intent=intent.id
        )
        session = self._refresh(id)
        self.log.add((kind, told.session(session)))
        return session

    def _refresh(self, id: str) -> CheckoutSession:
        """Write down on the session what its intent says by now."""
        session = self.sessions[id]
        intent = self._intents.get(session.payment_intent or "")
        if intent is not None:
            session = dataclasses.replace(
                session,
                intent_status=intent.status,
                refunded=self._given_back(intent),
                disputed=any(each.kind is ReturnKind.CHARGEBACK for each in self._returns_of(intent.id)),
                saved_card=self._still_kept(intent.saved_card),
            )
            self.sessions[id] = session
        return session

    def _refunded(self, payment_intent: str, amount: Money) -> Return:
        made = Return(
            id=f"re_fake_{len(self._returns) + 1:03}",
            kind=ReturnKind.REFUND,
            amount=amount,
            withdrawn=True,
            status="pending" if self.refunds_wait else "succeeded",
            created_at=_now(),
        )
        self._returned(payment_intent, made, "refund.created")
        self.log.add(("charge.refunded", told.charge(self._intents[payment_intent])))
        return made

    def _returned(self, payment_intent: str, made: Return, *kinds: str) -> None:
        self._returns[made.id] = payment_intent, made
        self.log.add(*((kind, told.money_back(made, payment_intent)) for kind in kinds))
        for session in list(self.sessions.values()):
            if session.payment_intent == payment_intent:
                self._refresh(session.id)

    def _change(self, id: str, status: str, withdrawn: bool, *kinds: str) -> Return:
        with self._lock:
            payment_intent, before = self._returns[id]
            after = dataclasses.replace(before, status=status, withdrawn=withdrawn)
            self._returned(payment_intent, after, *kinds)
            return after

    def _is_inquiry(self, dispute: str) -> bool:
        return self._returns[dispute][1].status.startswith("warning_")

    def _left(self, payment_intent: str) -> Money:
        intent = self._intents[payment_intent]
        return intent.amount - self._given_back(intent)

    def _given_back(self, intent: Intent) -> Money:
        refunds = [each for each in self._returns_of(intent.id) if each.kind is ReturnKind.REFUND and each.withdrawn]
        return total((each.amount for each in refunds), intent.amount.currency)

    def _returns_of(self, payment_intent: str) -> list[Return]:
        found = [each for of, each in self._returns.values() if of == payment_intent]
        return sorted(found, key=lambda each: (each.created_at, each.id))

    def _still_kept(self, card: SavedCard | None) -> SavedCard | None:
        return card if card and card.payment_method in self._cards else None

    def _intent_id(self, id: str) -> str:
        return (self.sessions[id].payment_intent or "") if id in self.sessions else id


def _now() -> dt.datetime:
    return clock.now().replace(microsecond=0)
