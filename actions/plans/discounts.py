"""A reduction that is asked for: the policy's offer for settling at once, told on request and never as pressure; else
truthfully that a person decides (K7, K16)."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from actions import records
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed
from actions.plans import offers
from actions.turn import Events, Turn, enter, leave
from bot.billing.plans.early_settlement import quote_early
from bot.errors import InvalidInput
from bot.models import Plan


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


def _offered(session: Session, turn: Turn, chosen: list[uuid.UUID] | None) -> Plan:
    return quote_early(session, turn.customer(session), conversation_id=turn.conversation_id, invoice_ids=chosen)
