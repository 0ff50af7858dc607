"""They say that it is paid: looked at first, then believed, and nobody asks for it meanwhile (K9, C9, C13).

What has arrived or is on its way is told. For anything else the invoice is held as reported, how it was paid is asked
once and openly, and a person looks for it (design section 10, 1 and 7). The rest goes on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from actions import records
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed, Form, Question
from actions.paying import said_paid
from actions.paying.history import arrived_on
from actions.paying.said_paid import FORM
from actions.proof import FORM as PROOF
from actions.reading import choices
from actions.reading.figures import plain
from actions.sensitive import may_answer
from actions.turn import TEXT_KEPT, Events, Turn, enter, leave, put
from bot.billing import payments
from bot.billing.invoices import OpenInvoice
from bot.errors import NotVerified
from bot.models import Case, Payment, PaymentStatus
from bot.money import Money

SLOTS = ("paid_invoices", "paid_how")
SKIPPED = "skipped"
ANSWERS = frozenset(
    {"inform", "already_paid", "nlu_fallback", "check_payment_status", "make_payment", "ask_payment_methods"}
)
_SKIP = re.compile(r"\b(?:skip|don'?t (?:know|remember)|can'?t remember|not sure|no idea|dunno|idk|forgot|pass)\b")


class AlreadyPaid(Deed):
    """It has been paid. Believed before verification too, with nothing told (P1, C13)."""

    title = "action_already_paid"
    intent = "already_paid"

    async def act(self, turn: Turn) -> Events:
        """Tell what arrived or is on its way; else hold the invoice that is meant, or ask which one."""
        try:
            mine, found = await turn.write(lambda session: _look(session, turn))
        except NotVerified:
            return await self._unknown(turn)
        payment = said_paid.seen(turn, mine, found)
        if payment is not None:
            return _tell(turn, mine, payment)
        if say_if_clear(turn, mine):
            return leave(*SLOTS)
        chosen = said_paid.invoices(turn, mine)
        if not chosen and len(mine.standing.items) == 1:
            chosen = mine.standing.items
        if not chosen:
            wish = {"intent": self.intent, "text": turn.text[:TEXT_KEPT], "entities": {}}
            return enter(FORM, paid_invoices=None, paid_how=None, topic="already_paid", wish=wish)
        await hold(turn, chosen)
        if said_paid.says_how(turn.words):
            return await _noted(turn)
        turn.say("utter_already_paid_held", invoices=_numbers(mine, chosen))
        ids = [str(item.invoice.id) for item in chosen]
        return enter(FORM, paid_invoices=ids, paid_how=None, topic="already_paid")

    async def _unknown(self, turn: Turn) -> Events:
        await turn.write(lambda session: records.open_case(session, turn, "already_paid", None))
        turn.say("utter_already_paid_unknown")
        wish = {"intent": self.intent, "text": turn.text[:TEXT_KEPT], "entities": turn.entities}
        return put(wish=wish) if turn.loop == PROOF else [*leave(), *put(offer=wish, wish=wish, topic="already_paid")]


class PaidForm(Form):
    """Takes which invoice, which is held at once, and how it was paid."""

    form = FORM
    slots = SLOTS

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The invoices, or the words about how; a no or "I don't know" leaves those open."""
        if not turn.is_answer or not may_answer(turn, ANSWERS):
            return {}
        mine = await turn.write(lambda session: account(session, turn))
        if turn.requested == "paid_how":
            return self._how(turn)
        chosen = said_paid.invoices(turn, mine)
        if chosen:
            words = turn.slot("wish") or {}
            await hold(turn.wishing(words) if words.get("intent") == "already_paid" else turn, chosen)
            said = said_paid.says_how(turn.words) or bool(words and said_paid.says_how(turn.wishing(words).words))
            if not said:
                turn.say("utter_already_paid_held", invoices=_numbers(mine, chosen))
            ids = [str(item.invoice.id) for item in chosen]
            return {"paid_invoices": ids, "paid_how": turn.text[:TEXT_KEPT] or SKIPPED if said else None, "wish": None}
        if turn.intent in ("inform", "nlu_fallback") and turn.text:
            turn.say("utter_already_paid_unclear")
            return {"paid_invoices": None}
        return {}

    def _how(self, turn: Turn) -> dict[str, Any]:
        is_skipped = turn.entities.get("paid") == SKIPPED or turn.intent == "deny" or _SKIP.search(plain(turn.words))
        if is_skipped or choices.is_plain_no(turn.words):
            return {"paid_how": SKIPPED}
        if turn.text and (turn.intent in ("inform", "already_paid", "nlu_fallback") or said_paid.says_how(turn.words)):
            return {"paid_how": turn.text[:TEXT_KEPT]}
        return {}


class AskPaidInvoices(Question):
    """Asks which invoice, with each as a button."""

    title = "action_ask_paid_invoices"

    async def ask(self, turn: Turn) -> Events:
        """Ask."""
        mine = await turn.write(lambda session: account(session, turn))
        turn.say("utter_ask_paid_invoices", buttons=mine.choices(_payload))
        return []


class AskPaidHow(Question):
    """Asks when and how, once; it may be left open."""

    title = "action_ask_paid_how"

    async def ask(self, turn: Turn) -> Events:
        """Ask."""
        turn.say("utter_ask_paid_how")
        return []


class RecordPaid(Deed):
    """What was said of it is with the case."""

    title = "action_record_paid"
    wish = "already_paid"

    async def act(self, turn: Turn) -> Events:
        """Keep the words and say what goes on. Raises `NotVerified`."""
        await turn.write(lambda session: turn.customer(session))
        how = turn.slot("paid_how")
        if not turn.slot("paid_invoices") or not how:
            return enter(FORM)
        if how != SKIPPED:
            words = turn.wishing({"intent": "already_paid", "text": how})
            await turn.write(lambda session: records.open_case(session, words, "already_paid", turn.customer(session)))
        return await _noted(turn)


async def hold(turn: Turn, items: Sequence[OpenInvoice]) -> None:
    """Hold `items` as reported, so that nobody asks for them meanwhile, with a case and the customer's words. The hold
    is a dispute's: what it stops is the same (C9)."""

    def work(session: Session) -> Case:
        customer = turn.customer(session)
        records.dispute(session, turn, customer, [item.invoice for item in items])
        note = f"Said to be paid already: {', '.join(item.invoice.number for item in items)}."
        return records.open_case(session, turn, "already_paid", customer, note=note)

    await turn.write(work)


async def _noted(turn: Turn) -> Events:
    """Thanks, and the rest as it stands."""
    mine = await turn.write(lambda session: account(session, turn))
    held = [item.invoice.number for item in mine.standing.items if item.disputed]
    turn.say("utter_already_paid_noted", invoices=mine.phrases.listed(held))
    if mine.standing.payable:
        turn.say("utter_already_paid_rest", rest=mine.phrases.money(mine.standing.payable))
    return [*leave(*SLOTS, "wish"), *put(topic="already_paid")]


def _look(session: Session, turn: Turn) -> tuple[Account, list[Payment]]:
    mine = account(session, turn)
    return mine, payments.history(session, mine.customer, limit=20)


def _tell(turn: Turn, mine: Account, payment: Payment) -> Events:
    """That it arrived, or is on its way, with thanks (K9, S2)."""
    say = mine.phrases
    values: dict[str, Any] = {
        "amount": say.money(Money(payment.amount, payment.currency)),
        "day": say.day(arrived_on(payment, mine)),
    }
    if payment.status == PaymentStatus.PROCESSING:
        turn.say("utter_paid_coming", **values)
    elif mine.standing.total:
        turn.say("utter_paid_arrived", total=say.money(mine.standing.total), **values)
    else:
        turn.say("utter_payment_arrived_clear", **values)
    return [*leave(*SLOTS), *put(topic="already_paid")]


def _numbers(mine: Account, items: Sequence[OpenInvoice]) -> str:
    return mine.phrases.listed([item.invoice.number for item in items])


def _payload(number: str) -> str:
    return f'/already_paid{{"paid": "{number}"}}'
