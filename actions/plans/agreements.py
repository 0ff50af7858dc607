"""The end of the dialogue about a plan: a clear yes brings it into force, terms of their own are answered (K8)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from actions import cards
from actions.balance import Account, account
from actions.deed import Deed
from actions.paying.payments import give_link
from actions.paying.wanted import Wanted
from actions.plans import offers, proposals, wishes
from actions.plans.offers import FORM
from actions.plans.plan_questions import terms
from actions.proof import ask_for_proof
from actions.turn import Events, Turn, enter, leave, put
from bot.billing import plans
from bot.billing.plans.counter_offers import Wish
from bot.errors import Conflict, NotFound
from bot.models import Plan, PlanKind
from bot.money import Money


@dataclass(frozen=True, slots=True)
class Agreed:
    """What came into force, in the words that repeat it."""

    mine: Account
    plan: Plan
    values: dict[str, Any]


class AgreePlan(Deed):
    """The customer said yes: the plan comes into force and is repeated in writing (K8)."""

    title = "action_agree_plan"
    wish = "request_plan"

    async def act(self, turn: Turn) -> Events:
        """Agree and confirm; or answer terms of their own, which ended the form. When the offer no longer holds, that
        is said and new ones are made; when the proof of identity has run out, choice and words are remembered."""
        chosen = turn.slot("plan")
        if await turn.write(turn.customer_if_known) is None:
            kept = {"plan": chosen} if chosen else dict(turn.entities)
            words = "" if turn.slot("plan_agreed") else turn.text
            wished = turn.wishing({"intent": self.wish, "text": words, "entities": kept})
            return [*put(plan=None), *ask_for_proof(wished, self.wish)]
        if not chosen or turn.slot("plan_agreed") is not True:
            return await _own_terms(turn)
        try:
            agreed = await turn.write(lambda session: _agree(session, turn, uuid.UUID(chosen)))
        except (Conflict, NotFound):
            turn.say("utter_plan_gone")
            return enter(FORM, **offers.begin() | {"plan_over": turn.slot("plan_over")})
        turn.say(
            "utter_discount_agreed" if agreed.plan.kind == PlanKind.EARLY else "utter_plan_agreed",
            card=cards.plan_schedule(agreed.plan),
            name=agreed.mine.name,
            **agreed.values,
        )
        offer = {"intent": "manage_autopay", "entities": {}} if agreed.plan.kind != PlanKind.EARLY else None
        return [*leave(*offers.SLOTS), *await _due_now(turn, agreed), *put(offer=offer, topic="plan")]


async def _own_terms(turn: Turn) -> Events:
    def look(session: Session) -> tuple[Account, Wish]:
        mine = account(session, turn)
        if turn.slot("plan_wish"):
            return mine, wishes.from_slot(turn.slot("plan_wish"), mine.standing.currency)
        chosen = turn.slot("plan")
        plan = next(iter(offers.open_ones(session, turn, [chosen] if chosen else [])), None)
        is_usual = plan is not None and plan.kind != PlanKind.EARLY
        return mine, wishes.of_plan(plan) if plan and is_usual else wishes.NOTHING

    mine, before = await turn.write(look)
    if proposals.pays_now(turn, mine):
        return await Deed.by_intent["make_payment"].act(turn)
    said = proposals.named_terms(turn, mine)
    if said or offers.named(turn, mine):
        return await proposals.answer(turn, mine, said, before)
    return enter(FORM, **offers.begin() | {"plan_over": turn.slot("plan_over")})


def _agree(session: Session, turn: Turn, plan_id: uuid.UUID) -> Agreed:
    plan = plans.agree(session, plan_id, turn.customer(session), actor="customer")
    mine = account(session, turn)
    return Agreed(mine, plan, terms(session, plan, mine))


async def _due_now(turn: Turn, agreed: Agreed) -> Events:
    """A link for what is paid at once, if anything is: the part paid down, or all of it at a discount."""
    first, plan = agreed.plan.instalments[0], agreed.plan
    if first.number > 0 and plan.kind != PlanKind.EARLY:
        return []
    ids = tuple(part.invoice_id for part in plan.invoices)
    return await give_link(turn, Wanted(Money(first.amount, plan.currency), ids))
