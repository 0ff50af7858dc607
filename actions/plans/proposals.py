"""Terms in the customer's own words: taken as they are, met with the nearest, or passed to a person (K4, K5, K7)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from actions import records
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed
from actions.paying import remainder
from actions.plans import offers, wishes
from actions.plans.offers import FORM
from actions.reading import terms
from actions.reading.terms import Proposed
from actions.talk.handoff import hand_over
from actions.turn import Events, Turn, enter, leave, leave_all, put
from bot import policies
from bot.billing.plans.counter_offers import Limit, Wish
from bot.billing.plans.extended_terms import quote_extended
from bot.billing.plans.proposals import Reply, propose
from bot.billing.plans.schedules import last_first_day
from bot.errors import InvalidInput
from bot.models import Frequency, HoldKind, Plan, ProposalOutcome
from bot.money import Money

_CANNOT = re.compile(
    r"\b(?:can'?t|cannot|can not|couldn'?t|won'?t be able to|not able to|unable to|not going to be able to)\s+"
    r"(?:\w+\s+){0,2}(?:afford|manage|pay|do|cover|make|meet|keep up)\b|\bgoing to (?:miss|be late)\b"
)
# A sum and nothing else is paid once.
_PAYS = re.compile(
    r"\W*(?:(?:please|ok|okay|just|i'?ll|let me|i(?:'d| would) like to|i want to|i wanna|can i)\s+)*"
    r"pay\s+(?:just |only )?(?:[$£€]|r\$)?\s?\d+(?:[.,]\d+)*"
    r"(?:\s?(?:dollars?|bucks|pounds?|quid|euros?|now|today|please|pls))*\W*"
)
_PAYS_NOW = re.compile(r"\bpay(?:ing)?\b[^.;!?]{0,20}\b(?:now|today|tonight|right away|straight away)\b")
_ON_TOP = re.compile(r"\b(?:also|on top|as well|too|in addition|extra)\b")
_STEEP = re.compile(
    r"\b(?:too (?:much|high|steep|expensive|big|rich|dear)|steep|a (?:bit|little|lot) (?:much|high|rich)|"
    r"more than i (?:can|could|have)|(?:over|beyond|above|outside) my (?:budget|means))\b"
)
_TOO_MUCH = re.compile(
    r"\b(?:don'?t have (?:that|this|it|enough|so much)|"
    r"(?:that'?s|it'?s|that is|it is) (?:quite |still |just |really )?a lot|"
    r"(?:a bit |something )?(?:less|lower|smaller|cheaper)|out of (?:my )?reach|struggl\w+|stretch)\b"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a wish: the engine's reply, none while more has to be asked. `longer` waits for a person's
    yes; `is_beyond` says that in hardship even that would not be enough."""

    mine: Account
    wish: Wish
    reply: Reply | None = None
    longer: Plan | None = None
    is_beyond: bool = False


class ProposePlan(Deed):
    """So much, so often, from when. Without terms that can be read it is asked openly what would work."""

    title = "action_propose_plan"
    intent = "propose_plan"

    async def act(self, turn: Turn) -> Events:
        """Answer the terms. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if say_if_clear(turn, mine):
            return leave(*offers.SLOTS)
        if turn.loop is None and remainder.first_later(turn.words, mine) is not None:
            return await Deed.by_intent["promise_to_pay"].act(turn)  # "50 on the 5th and the rest at christmas"
        said = named_terms(turn, mine)
        is_payment = turn.slot("topic") == "payment" or bool(_PAYS.fullmatch(turn.words.lower()))
        if turn.loop is None and is_payment and said.amount and said == Proposed(said.amount):
            return await Deed.by_intent["make_payment"].act(turn)  # "sorry, fifty after all"
        is_day = bool(said.first_on) and said == Proposed(said.amount, first_on=said.first_on)
        if turn.loop is None and turn.slot("topic") == "promise" and is_day:
            return await Deed.by_intent["promise_to_pay"].act(turn)  # "make it Saturday, 60"
        if said or turn.loop == FORM:
            return await answer(turn, mine, said)
        return await Deed.by_intent["request_plan"].act(turn)


def named_terms(turn: Turn, mine: Account) -> Proposed:
    """The terms that the message names, or its button; empty when it names none."""
    rhythm = turn.entities.get("rhythm")
    if rhythm in list(Frequency):
        return Proposed(frequency=Frequency(rhythm))
    said = terms.read(turn.words, mine.standing.currency, mine.phrases.locale, mine.today)
    spoken = (turn.slot("plan_wish") or {}).get("count")
    if spoken and said.amount and (count := terms.other_count(turn.words, spoken)):
        return replace(said, amount=None, count=count)
    names_whole = said.amount is not None and said.amount in (mine.standing.total, mine.overdue, _rest(mine))
    if names_whole and said.frequency is None:  # "can I pay the 200.50 in instalments" names no instalment
        return Proposed(count=said.count, months=said.months, first_on=said.first_on, down=said.down)
    is_today = said.amount is not None and said == Proposed(said.amount, first_on=mine.today)
    if turn.slot("quotes") and is_today and _ON_TOP.search(turn.words.lower()):
        return Proposed(down=said.amount)  # "can I also pay 50 today on top"
    return said


def pays_now(turn: Turn, mine: Account) -> bool:
    """Whether the message turns from a plan to one payment at once: "no, I'll pay 50 today"."""
    said = named_terms(turn, mine)
    is_one = said.amount is not None and said in (Proposed(said.amount), Proposed(said.amount, first_on=mine.today))
    return is_one and bool(_PAYS_NOW.search(turn.words.lower().replace("’", "'"))) and not is_steep(turn.words)


def names_length(turn: Turn, mine: Account) -> bool:
    """Whether the message spreads what it speaks of: "over two years", "in 3 payments", "weekly"."""
    said = named_terms(turn, mine)
    return bool(said.months or said.count or said.frequency)


def is_too_much(text: str) -> bool:
    """Whether `text` says that an amount is more than they can manage."""
    return is_steep(text) or bool(_TOO_MUCH.search(text.lower().replace("’", "'")))


def is_steep(text: str) -> bool:
    """Whether `text` refuses an amount as more than they can manage, and does not only ask for a smaller one."""
    return is_unable(text) or bool(_STEEP.search(text.lower().replace("’", "'")))


def is_unable(text: str) -> bool:
    """Whether `text` says that they cannot pay."""
    return bool(_CANNOT.search(text.lower().replace("’", "'")))


async def answer(turn: Turn, mine: Account, said: Proposed, before: Wish = wishes.NOTHING) -> Events:
    """Answer `said`, which goes on from what was asked `before`. Raises `NotVerified`."""
    if said.odd or said.amount == Money.zero(mine.standing.currency):
        turn.say("utter_plan_rhythms" if said.odd else "utter_amount_none")
        return enter(FORM, **_asking("terms", offers.over(turn)), topic="plan")
    chosen = offers.named(turn, mine) or offers.over(turn)
    if chosen and mine.plan is not None:
        turn.say("utter_plan_one_at_a_time", invoices=mine.phrases.listed(_planned(mine)))
        return leave(*offers.SLOTS)
    try:
        heard = await turn.write(lambda session: _hear(session, turn, said, before, chosen))
    except InvalidInput:
        return _nothing(turn, mine)
    if heard.reply is None:
        if wishes.needs_rhythm(heard.wish):
            return enter(FORM, **_asking("rhythm", chosen, heard.wish), topic="plan")
        if heard.wish != wishes.NOTHING:
            return enter(FORM, **_asking("amount", chosen, heard.wish), topic="plan")
        # Invoices alone were chosen, or nothing was named that could be read.
        return enter(FORM, **_asking("offers" if chosen else "terms", chosen), topic="plan")
    if heard.longer is not None:
        return _say_longer(turn, heard, heard.longer)
    if heard.is_beyond:
        return await _to_person(turn)
    match heard.reply.outcome:
        case ProposalOutcome.ACCEPTED:
            return _take(heard, heard.reply, chosen)
        case ProposalOutcome.COUNTERED:
            return _counter(turn, heard, heard.reply, chosen)
        case _:
            return await _to_person(turn)


def _hear(session: Session, turn: Turn, said: Proposed, before: Wish, chosen: Sequence[uuid.UUID] | None) -> Heard:
    mine = account(session, turn)
    wish = wishes.added(said, before, offers.whole(session, mine, chosen))
    if mine.plan is not None and wish != wishes.NOTHING:
        wish = wishes.going_on(wish, mine.plan, offers.next_day(mine))
    # Who finds it too much is not shown sums: how much is theirs to say (K7).
    is_open = turn.slot("plan_question") in ("terms", "amount", "nearest") and not wishes.names_size(wish)
    if wish == wishes.NOTHING or wishes.needs_rhythm(wish) or is_open:
        return Heard(mine, wish)
    reply = propose(session, mine.customer, wish, conversation_id=turn.conversation_id, invoice_ids=chosen)
    is_short = reply.lasts is not None and reply.outcome == ProposalOutcome.COUNTERED
    if not is_short or not records.told_hardship(session, turn, mine.customer):
        return Heard(mine, wish, reply)
    if chosen or wish.down or (reply.lasts or 0) > policies.plans().extended_months:
        return Heard(mine, wish, reply, is_beyond=True)
    return Heard(mine, wish, reply, _longer(session, turn, mine, wish, reply.lasts or 0))


def _longer(session: Session, turn: Turn, mine: Account, wish: Wish, months: int) -> Plan | None:
    """Longer terms that now wait for a person; None where the parts would be too small to be charged."""
    records.hold_contact(session, turn, HoldKind.HARDSHIP, mine.customer)
    rhythm = wishes.rhythm(wish).nearest(mine.today)
    try:
        return quote_extended(
            session, mine.customer, conversation_id=turn.conversation_id, months=months, rhythm=rhythm
        )
    except InvalidInput:
        return None


def _take(heard: Heard, reply: Reply, chosen: Sequence[uuid.UUID] | None) -> Events:
    """Exactly what was asked for: the terms of one offer lead to the yes, several to a choice."""
    only = str(reply.plans[0].id) if len(reply.plans) == 1 else None
    asking = _asking("offers", chosen, heard.wish) | {"plan": only, "quotes": offers.ids(reply.plans)}
    return enter(FORM, **asking, topic="plan")


def _counter(turn: Turn, heard: Heard, reply: Reply, chosen: Sequence[uuid.UUID] | None) -> Events:
    """The nearest terms as a choice, after why (K7)."""
    turn.say("utter_plan_countered", reasons=" ".join(_reasons(heard, reply)))
    asking = _asking("nearest", chosen) | {"quotes": offers.ids(reply.plans)}
    return enter(FORM, **asking, topic="plan")


def _reasons(heard: Heard, reply: Reply) -> list[str]:
    phrases, wish = heard.mine.phrases, heard.wish
    values: dict[str, Any] = {
        "lasts": reply.lasts,
        "longest": policies.plans().longest_months,
        "last": phrases.day(last_first_day(heard.mine.today)),
        "each": phrases.each(wish.each, reply.plans[0].frequency) if wish.each else "",
    }
    keys = [f"limit_{limit}" for limit in Limit if limit in reply.limits]
    return [phrases.say(f"{key}_each" if key == "limit_length" and wish.each else key, **values) for key in keys]


async def _to_person(turn: Turn) -> Events:
    await hand_over(turn, "counter_offers")
    turn.say("utter_plan_to_person")
    return leave_all()


def _say_longer(turn: Turn, heard: Heard, plan: Plan) -> Events:
    turn.say("utter_plan_longer_asked", terms=heard.mine.phrases.terms(plan))
    return [*leave(*offers.SLOTS), *put(topic="plan")]


def _nothing(turn: Turn, mine: Account) -> Events:
    """Nothing can be spread out like that."""
    if mine.plan is None and not mine.standing.payable_overdue:
        turn.say("utter_only_disputed" if mine.standing.overdue else "utter_plan_nothing")
    else:
        turn.say("utter_plan_too_small", total=mine.phrases.money(_rest(mine) or mine.standing.payable))
    return leave(*offers.SLOTS)


def _asking(question: str, chosen: Sequence[uuid.UUID] | None, wish: Wish = wishes.NOTHING) -> dict[str, Any]:
    return offers.begin() | {
        "plan_question": question,
        "plan_over": [str(id_) for id_ in chosen] if chosen else None,
        "plan_wish": wishes.in_slot(wish),
    }


def _planned(mine: Account) -> list[str]:
    return [item.invoice.number for item in mine.standing.items if item.invoice.id in mine.planned]


def _rest(mine: Account) -> Money | None:
    return mine.progress.remaining if mine.progress else None
