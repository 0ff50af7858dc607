"""Something is wrong: the invoice is held at once, the rest goes on (C9; design section 10, 1 and 7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from actions import records
from actions.balance import Account, account
from actions.care import concern, story
from actions.deed import Deed, Form, Question
from actions.reading import amounts, descriptions
from actions.reading.amounts import Share
from actions.reading.figures import plain
from actions.sensitive import SENSITIVE, TRUST
from actions.turn import TEXT_KEPT, Events, Turn, enter, leave, put
from bot.billing.invoices import OpenInvoice
from bot.errors import NotVerified

FORM = "dispute_form"
# Heard by themselves, even when they name an invoice.
UNHEARD = SENSITIVE - {"dispute_debt"} | TRUST | {
    "cancel", "deny", "make_payment", "request_plan", "propose_plan", "promise_to_pay", "check_balance",
    "check_due_date", "explain_balance", "check_payment_status", "check_plan", "ask_consequences", "ask_fees",
    "ask_minimum_payment", "ask_payment_methods", "request_statement",
}  # fmt: skip
# A question about what it names, which disputes nothing.
_ASKS = re.compile(r"\b(?:how (?:much|many|long|old|late)|when (?:is|was|are|were)|(?:can|could|may|should|do) i)\b")
# Said after one was held: not more about that one, but all the others too.
_WHOLE = re.compile(
    r"\b(?:all of (?:it|them|this|these)|everything|both(?: of them)?|(?:it|they)(?:'s|'re| is| are) all|"
    r"all (?:the |my )?(?:bills|invoices|items)|the whole (?:thing|lot|account|bill))\b.{0,12}"
    r"\b(?:wrong|incorrect|not right|is(?:n'?t| not) (?:mine|right)|are(?:n'?t| not) (?:mine|right)|not mine|"
    r"a mistake|disput\w+)\b"
)
_WITHDRAWS = re.compile(
    r"\b(?:don'?t|do not|no longer|not) (?:(?:want|wish|need|like|going) )?(?:to )?disput\w*\b|"
    r"\b(?:withdraw|drop|cancel|take back|stop|remove|lift)\w* "
    r"(?:(?:the|my|this|that|our) (?:\w+ )?)?disput(?:e|es|ing)\b"
)
_WRONG = re.compile(
    r"\b(?:disput\w*|wrong|incorrect|not (?:mine|right)|isn'?t (?:mine|right)|"
    r"never (?:got|received|ordered))\b"
)
_REASON = re.compile(
    r"\b(?:because|since|never|not mine|isn'?t mine|did ?n'?t|have ?n'?t|was ?n'?t|already|return\w*|sent (?:it )?back|"
    r"cancel\w*|refus\w*|broken|damaged|faulty|defect\w*|missing|twice|double|duplicate|wrong (?!one\b)\w+|"
    r"too (?:much|high)|should (?:be|have been)|supposed to|instead of|agreed|promised|discount|recogni[sz]e)\b"
)


# What it should have cost, which no invoice need come to; and what it was charged as.
_RIGHT_PRICE = re.compile(
    r"\b(?:should(?:'ve| have)?|meant|supposed|agreed|quoted|promised|told)\b(?:\s(?!not\b)[a-z']+){0,4}\s+"
    r"[$£€]?\d+(?:[.,]\d+)*"
)
_CHARGED = re.compile(r"\b(?:not|instead of|rather than)\s+(?=[$£€]?\d)")


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
        if any(item.disputed for item in mine.standing.items) and _is_withdrawn(turn.words):
            return await _withdraw(turn)
        chosen = meant(turn, mine)
        if not chosen and turn.loop == story.FORM and turn.slot("story_of") == self.intent:
            return await _add(turn)
        if not chosen and len(mine.standing.items) == 1:
            chosen = mine.standing.items
        if chosen:
            return await hold(turn, chosen)
        wish = {"intent": self.intent, "text": turn.text[:TEXT_KEPT], "entities": {}}
        return enter(FORM, disputed=None, topic="dispute", wish=wish)

    async def _unknown(self, turn: Turn) -> Events:
        await turn.write(lambda session: records.open_case(session, turn, "dispute_debt", None))
        turn.say("utter_dispute_unknown")
        return await concern.unproven(turn, self.intent, topic="dispute", offer="")


class DisputeForm(Form):
    """Takes which invoice it is about."""

    form = FORM
    slots = ("disputed",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The invoices, when the message names them."""
        if not turn.is_answer or turn.intent in UNHEARD:
            return {}
        mine = await turn.write(lambda session: account(session, turn))
        asks = turn.intent != "dispute_debt" and _ASKS.search(plain(turn.words))
        chosen = [] if asks else meant(turn, mine)
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
        turn.say("utter_ask_disputed", buttons=mine.choices(_payload))
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
    """Hold `items` as disputed, open a case with the customer's words, say what goes on, and ask openly what is wrong
    where it was not said yet. From then on further words go to the case."""
    is_known = all(item.disputed for item in items)

    def work(session: Session) -> Account:
        customer = turn.customer(session)
        records.dispute(session, turn, customer, [item.invoice for item in items])
        records.open_case(session, turn, "dispute_debt", customer)
        return account(session, turn)

    mine = await turn.write(work)
    say = mine.phrases
    numbers = say.listed([item.invoice.number for item in items])
    if is_known:
        turn.say("utter_dispute_known", invoices=numbers)
    else:
        ask = say.say("dispute_more" if tells_why(turn.words) else "dispute_why")
        turn.say("utter_dispute_recorded", invoices=numbers, ask=ask)
    if mine.standing.payable:
        turn.say("utter_dispute_rest", rest=say.money(mine.standing.payable))
    return [*put(disputed=None), *story.begin(turn, "dispute_debt")]


def _is_withdrawn(text: str) -> bool:
    """Whether `text` takes a dispute back, and does not dispute something else beside it (C13)."""
    words = plain(text)
    return bool(_WITHDRAWS.search(words)) and not _WRONG.search(_WITHDRAWS.sub(" ", words))


async def _withdraw(turn: Turn) -> Events:
    """It is disputed no more: whoever looks into it is told and lifts the hold."""
    note = "The customer says that they no longer dispute it."
    await turn.write(
        lambda session: records.open_case(session, turn, "dispute_debt", turn.customer(session), note=note)
    )
    turn.say("utter_dispute_withdrawn")
    return [*leave("disputed"), *put(topic="dispute")]


async def _add(turn: Turn) -> Events:
    """More about what was disputed just now, with no other invoice named."""
    await turn.write(lambda session: records.open_case(session, turn, "dispute_debt", turn.customer(session)))
    turn.say("utter_story_kept")
    return []


def tells_why(text: str) -> bool:
    """Whether `text` says what is wrong, beside that something is."""
    return bool(_REASON.search(text.lower().replace("’", "'"))) or len(text.split()) >= story.LONG


def meant(turn: Turn, mine: Account) -> list[OpenInvoice]:
    """The open invoices that the message names; none where it leaves that open."""
    items = mine.standing.items
    button = turn.entities.get("invoice")
    if button is not None:
        return items if button == "all" else [item for item in items if item.invoice.number == button]
    numbers = [item.invoice.number for item in items]
    words = _CHARGED.sub("", _RIGHT_PRICE.sub(" ", plain(turn.words)))
    said = amounts.read(words, mine.standing.currency, mine.phrases.locale, numbers)
    names_none = said is None or not said.invoices
    if names_none and (described := _described(turn.text, items)):
        return described
    if said is None:
        return []
    if said.invoices:
        return [item for item in items if item.invoice.number in said.invoices]
    if said.amount is not None:
        return [item for item in items if item.owed == said.amount]
    if said.place is not None:
        place = said.place - 1 if said.place > 0 else said.place
        return items[place:][:1] if -len(items) <= place < len(items) else []
    if turn.loop != FORM and not (turn.loop == story.FORM and _WHOLE.search(plain(turn.words))):
        return []  # "it is all wrong" in the first message is not yet a choice of invoices
    return {
        Share.BOTH: items if len(items) == 2 else [],
        Share.OTHER: [item for item in items if not item.disputed],
        Share.ALL: items,
        Share.OLDEST: items[:1],
        Share.NEWEST: items[-1:],
        Share.OVERDUE: [item for item in items if item.days_late],
        Share.SMALLEST: sorted(items, key=lambda item: item.owed.minor)[:1],
        Share.LARGEST: sorted(items, key=lambda item: -item.owed.minor)[:1],
    }.get(said.share or Share.ALL, [])


def _described(text: str, items: Sequence[OpenInvoice]) -> list[OpenInvoice]:
    """The one invoice that `text` names by what was bought. None where the words fit several."""
    place = descriptions.named(text, [item.invoice.description for item in items])
    return [] if place is None else [items[place]]


def _payload(number: str) -> str:
    return f'/inform{{"invoice": "{number}"}}'
