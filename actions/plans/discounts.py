"""A reduction that is asked for: the policy's offer for settling at once, told on request and never as pressure; else
truthfully that a person decides (K7, K16)."""

from __future__ import annotations

import re
import uuid

from sqlalchemy.orm import Session

from actions import records
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed
from actions.plans import offers, proposals
from actions.reading.figures import plain
from actions.turn import Events, Turn, enter, leave
from bot.billing.plans.early_settlement import quote_early
from bot.errors import InvalidInput
from bot.models import Plan

# Asks for less in all, and not for less at a time.
_CLEAR = re.compile(
    r"\b(?:discount\w*|rebate|knock\w*|waive\w*|write (?:it |some |part )?off|"
    r"(?:money|something|bit|more|much|some|\d+%?|percent|take|get) off|settle\w*|lump sum|"
    r"(?:pay|paid) (?:it |everything |all )?(?:off|at once|in (?:one|1) go|early|up ?front|in full)|goodwill|"
    r"reduc\w+ (?:in |on |of |to )?(?:the |my |what i )?(?:bill|total|balance|debt|owe)|forgiv\w+|"
    r"(?:a|any|some) deals?)\b"
)
_AT_A_TIME = re.compile(r"\b(?:too (?:much|high|steep|big)|steep|smaller|instal\w*|each|a (?:week|month|fortnight))\b")


class RequestDiscount(Deed):
    """Can it be less?"""

    title = "action_request_discount"
    intent = "request_discount"

    async def act(self, turn: Turn) -> Events:
        """Lead to the terms of the offer if there is one, else say who could decide. Raises `NotVerified`."""

        def look(session: Session) -> tuple[Account, bool]:
            mine = account(session, turn)
            return mine, records.told_hardship(session, turn, mine.customer)

        mine, in_hardship = await turn.write(look)
        if say_if_clear(turn, mine):
            return leave(*offers.SLOTS)
        if _is_about_instalments(turn, mine):
            by = "change_plan" if mine.plan is not None and turn.loop != offers.FORM else "propose_plan"
            return await Deed.by_intent[by].act(turn)
        if mine.plan is not None and mine.plan.discount and mine.progress is not None:
            day = mine.phrases.day(mine.plan.instalments[-1].due_on)
            turn.say("utter_discount_agreed_before", left=mine.phrases.money(mine.progress.remaining), day=day)
            return leave(*offers.SLOTS)
        chosen = offers.named(turn, mine)
        try:
            offered = await turn.write(lambda session: _offered(session, turn, chosen))
        except InvalidInput:
            turn.say("utter_discount_none_hardship" if in_hardship else "utter_discount_none")
            return leave(*offers.SLOTS)
        if in_hardship:
            turn.say("utter_discount_hardship")
        over = [str(id_) for id_ in chosen] if chosen else None
        return enter(offers.FORM, **offers.begin() | {"plan": str(offered.id), "plan_over": over}, topic="plan")


def _is_about_instalments(turn: Turn, mine: Account) -> bool:
    """Whether less at a time is meant: any wish for less beside a plan in force, unless it speaks of a discount."""
    words = plain(turn.words)
    if not words or _CLEAR.search(words):
        return False
    said = proposals.named_terms(turn, mine)
    is_offered = turn.loop == offers.FORM or bool(turn.slot("quotes"))
    names_one = bool(said.frequency or said.count or said.months or (said.amount and is_offered))
    has_plan = mine.plan is not None and not mine.plan.discount
    return has_plan or names_one or bool(_AT_A_TIME.search(words))


def _offered(session: Session, turn: Turn, chosen: list[uuid.UUID] | None) -> Plan:
    return quote_early(session, turn.customer(session), conversation_id=turn.conversation_id, invoice_ids=chosen)
