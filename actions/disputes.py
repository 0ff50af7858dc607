"""Something is wrong: the invoice is held at once, the rest goes on (C9; design section 10, 1 and 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from actions import amounts, records
from actions.amounts import Share
from actions.balance import Account, account
from actions.deed import Deed, Form, Question
from actions.proof import FORM as PROOF
from actions.turn import TEXT_KEPT, Events, Turn, enter, leave, put
from bot.billing.invoices import OpenInvoice
from bot.errors import NotVerified

FORM = "dispute_form"
UNHEARD = frozenset(
    {
        "express_crisis",
        "report_vulnerability",
        "report_hardship",
        "request_human",
        "cease_contact",
        "wrong_person",
        "cancel",
        "deny",
        "make_payment",
        "request_plan",
    }
)


class DisputeDebt(Deed):
    """Not mine, the wrong amount, never got it. Acknowledged before verification too, with nothing told (P1, C13)."""

    title = "action_dispute_debt"
    intent = "dispute_debt"

    async def act(self, turn: Turn) -> Events:
        """Hold the invoice that was named, ask which one, or pass it on."""
        try:
            mine = await turn.write(lambda session: account(session, turn))
        except NotVerified:
            return await self._unknown(turn)
        if not mine.standing.items:
            turn.say("utter_dispute_nothing")
            return leave("disputed")
        chosen = _meant(turn, mine)
        if not chosen and len(mine.standing.items) == 1:
            chosen = mine.standing.items
        if chosen:
            return await hold(turn, chosen)
        wish = {"intent": self.intent, "text": turn.text[:TEXT_KEPT], "entities": {}}
        return enter(FORM, disputed=None, topic="dispute", wish=wish)

    async def _unknown(self, turn: Turn) -> Events:
        await turn.write(lambda session: records.open_case(session, turn, "dispute_debt", None))
        turn.say("utter_dispute_unknown")
        wish = {"intent": self.intent, "text": turn.text[:TEXT_KEPT], "entities": turn.entities}
        return put(wish=wish) if turn.loop == PROOF else [*leave(), *put(offer=wish, topic="dispute")]


class DisputeForm(Form):
    """Takes which invoice it is about."""

    form = FORM
    slots = ("disputed",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The invoices, when the message names them."""
        if not turn.is_answer or turn.intent in UNHEARD:
            return {}
        mine = await turn.write(lambda session: account(session, turn))
        chosen = _meant(turn, mine)
        if chosen:
            return {"disputed": [str(item.invoice.id) for item in chosen]}
        if turn.intent in ("inform", "nlu_fallback") and turn.text:
            turn.say("utter_disputed_unclear")
            return {"disputed": None}
        return {}


class AskDisputed(Question):
    """Asks which invoice, with each as a button."""

    title = "action_ask_disputed"

    async def ask(self, turn: Turn) -> Events:
        """Ask."""
        mine = await turn.write(lambda session: account(session, turn))
        buttons = [
            {
                "title": f"{item.invoice.number}, {mine.phrases.money(item.owed)}",
                "payload": _payload(item.invoice.number),
            }
            for item in mine.standing.items
        ]
        buttons.append({"title": mine.phrases.say("all_invoices"), "payload": _payload("all")})
        turn.say("utter_ask_disputed", buttons=buttons)
        return []


class RecordDispute(Deed):
    """The invoice is known: hold it."""

    title = "action_record_dispute"

    async def act(self, turn: Turn) -> Events:
        """Hold and say so. Raises `NotVerified`."""
        ids = turn.slot("disputed") or []
        try:
            mine = await turn.write(lambda session: account(session, turn))
        except NotVerified:
            return await DisputeDebt().act(turn.wishing(turn.slot("wish") or {"intent": "dispute_debt"}))
        chosen = [item for item in mine.standing.items if str(item.invoice.id) in ids]
        if not chosen:
            return enter(FORM, disputed=None)
        return await hold(turn.wishing(turn.slot("wish") or {"intent": "dispute_debt"}), chosen)


async def hold(turn: Turn, items: Sequence[OpenInvoice]) -> Events:
    """Hold `items` as disputed, open a case with the customer's words, and say what goes on."""

    def work(session: Session) -> Account:
        customer = turn.customer(session)
        records.dispute(session, turn, customer, [item.invoice for item in items])
        records.open_case(session, turn, "dispute_debt", customer)
        return account(session, turn)

    mine = await turn.write(work)
    say = mine.phrases
    turn.say("utter_dispute_recorded", invoices=say.listed([item.invoice.number for item in items]))
    if mine.standing.payable:
        turn.say("utter_dispute_rest", rest=say.money(mine.standing.payable))
    return [*leave("disputed", "wish"), *put(topic="dispute")]


def _meant(turn: Turn, mine: Account) -> list[OpenInvoice]:
    items = mine.standing.items
    button = turn.entities.get("invoice")
    if button is not None:
        return items if button == "all" else [item for item in items if item.invoice.number == button]
    numbers = [item.invoice.number for item in items]
    said = amounts.read(turn.text, mine.standing.currency, mine.phrases.locale, numbers)
    if said is None:
        return []
    if said.invoices:
        return [item for item in items if item.invoice.number in said.invoices]
    if said.amount is not None:
        return [item for item in items if item.owed == said.amount]
    if turn.loop != FORM:
        return []  # "it is all wrong" in the first message is not yet a choice of invoices
    return {
        Share.ALL: items,
        Share.OLDEST: items[:1],
        Share.NEWEST: items[-1:],
        Share.OVERDUE: [item for item in items if item.days_late],
        Share.SMALLEST: sorted(items, key=lambda item: item.owed.minor)[:1],
        Share.LARGEST: sorted(items, key=lambda item: -item.owed.minor)[:1],
    }.get(said.share or Share.ALL, [])


def _payload(number: str) -> str:
    return f'/inform{{"invoice": "{number}"}}'
