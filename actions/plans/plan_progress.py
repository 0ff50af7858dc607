"""How a plan stands: what is paid already, what comes next, and how it can be changed (K9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions import cards
from actions.balance import Account, account
from actions.deed import Deed
from actions.plans import offers
from actions.turn import Events, Turn, leave, put
from bot.billing import promises
from bot.billing.plans.progress import unpaid
from bot.models import Instalment, Plan, PlanStatus
from bot.money import Money


@dataclass(frozen=True, slots=True)
class Standing:
    """A plan in force with what is unpaid of it, in order, each with the minor units that are missing."""

    plan: Plan
    ahead: list[tuple[Instalment, int]]

    @property
    def paid(self) -> int:
        """How many instalments are paid in full."""
        return len(self.plan.instalments) - len(self.ahead)


class CheckPlan(Deed):
    """How does my plan stand? Progress is recognised first; without a plan it is said what there is instead."""

    title = "action_check_plan"
    intent = "check_plan"

    async def act(self, turn: Turn) -> Events:
        """Say it. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if await _say_promise(turn, mine):
            return put(topic="promise")
        if mine.progress is None:
            return await _say_none(turn, mine)
        standing = await turn.write(lambda session: _standing(session, mine))
        key = "late" if _is_late(mine, standing) else "paid" if mine.progress.paid else "begins"
        turn.say(f"utter_plan_stands_{key}", **_said(mine, standing))
        return put(topic="plan")


async def say_in_force(turn: Turn, mine: Account) -> Events:
    """There is a plan already: show it, and ask what would make it easier. `mine` has a plan in force."""
    standing = await turn.write(lambda session: _standing(session, mine))
    if _is_late(mine, standing):
        return await Deed.by_intent["change_plan"].act(turn.wishing({"intent": "change_plan"}))
    paid = mine.progress is not None and mine.progress.paid
    turn.say("utter_plan_exists" if paid else "utter_plan_begins", **_said(mine, standing))
    return [*leave(*offers.SLOTS), *put(topic="plan")]


async def _say_promise(turn: Turn, mine: Account) -> bool:
    """Say the promise that stands, where there is no plan or it is the promise that is asked about. Whether it was."""
    made = await turn.write(lambda session: next(iter(promises.promises(session, mine.customer)), None))
    if made is None or (mine.progress is not None and "promis" not in turn.words.lower()):
        return False
    amount = mine.phrases.money(Money(made.amount, made.currency))
    turn.say("utter_promise_stands", amount=amount, day=mine.phrases.day(made.due_on))
    return True


async def _say_none(turn: Turn, mine: Account) -> Events:
    def look(session: Session) -> tuple[Plan | None, Plan | None, PlanStatus | None]:
        last = session.scalars(
            sa.select(Plan)
            .where(Plan.customer_id == mine.customer.id, Plan.status.in_(_ENDED))
            .order_by(Plan.created_at.desc(), Plan.id.desc())
        ).first()
        approved = offers.approved(session, mine.customer)
        return approved, offers.at_a_person(session, mine.customer), last.status if last else None

    approved, asked, ended = await turn.write(look)
    if approved is not None:
        return await Deed.by_intent["request_plan"].act(turn.wishing({"intent": "request_plan"}))
    if asked is not None:
        turn.say("utter_plan_at_a_person", terms=mine.phrases.terms(asked))
    elif ended == PlanStatus.COMPLETED and not mine.overdue:
        turn.say("utter_plan_completed", name=mine.name)
    elif mine.standing.payable_overdue:
        turn.say("utter_plan_none_open", total=mine.phrases.money(mine.standing.payable_overdue))
        return put(offer={"intent": "request_plan", "entities": {}}, topic="plan")
    else:
        turn.say("utter_plan_none")
    return []


_ENDED = (PlanStatus.COMPLETED, PlanStatus.BROKEN, PlanStatus.CANCELLED)


def _standing(session: Session, mine: Account) -> Standing:
    assert mine.plan is not None
    plan = session.get_one(Plan, mine.plan.id)
    return Standing(plan, unpaid(session, plan))


def _is_late(mine: Account, standing: Standing) -> bool:
    return bool(standing.ahead) and standing.ahead[0][0].due_on < mine.today


def _said(mine: Account, standing: Standing) -> dict[str, Any]:
    plan, progress = standing.plan, mine.progress
    assert progress is not None
    return {
        "card": cards.plan_schedule(plan, standing.paid),
        "name": mine.name,
        "paid": mine.phrases.money(progress.paid),
        "left": mine.phrases.money(progress.remaining),
        "total": mine.phrases.money(Money(plan.total, plan.currency)),
        "done": standing.paid,
        "count": len(plan.instalments),
        "next_amount": mine.phrases.money(progress.next_amount),
        "next_day": mine.phrases.day(standing.ahead[0][0].due_on) if standing.ahead else "",
        "lines": mine.phrases.instalments(standing.ahead, plan.currency),
    }
