"""To a person: asked for in any state, with a summary that saves the customer from repeating it (C13, K13)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.deed import Deed
from actions.escalation import criteria
from actions.sensitive import names_adviser
from actions.turn import TEXT_KEPT, Events, Turn, leave_all
from bot import clock
from bot.billing import invoices, plans, promises
from bot.billing.plans.proposals import REMEMBERED
from bot.conversations import handoff, hours, places, preferences, waits
from bot.conversations.router import BACK_TO_ASSISTANT, CALL_BACK
from bot.models import Customer, Proposal
from bot.money import Money
from bot.words import say as words

INTENTS_KEPT = 5
PROPOSALS_KEPT = 3


class RequestHuman(Deed):
    """The customer wants a person."""

    title = "action_request_human"
    intent = "request_human"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Put the conversation into the queue and say what happens next. Their own adviser is no person of ours."""
        if names_adviser(turn.words):
            return await Deed.by_intent["report_attorney"].act(turn)
        await hand_over(turn, "request_human")
        turn.say("utter_handoff")
        await say_wait(turn)
        return leave_all()


async def hand_over(turn: Turn, intent: str) -> None:
    """Move the conversation to a person by the criteria for `intent`. Asked again, it stays where it is."""
    turn.course.handed_over = True
    criterion = criteria().hand_over[intent]
    skill = criterion.skill
    if skill == "general":
        skill = criteria().skill_by_topic.get(_topic(turn), skill)
    await turn.write(
        lambda session: handoff.request(
            session,
            turn.conversation_id,
            reason=criterion.reason,
            skill=skill,
            priority=criterion.priority,
            summary=summary(session, turn),
            actor="bot",
        )
    )


async def say_wait(turn: Turn) -> None:
    """After a hand-over, what is true of the wait: the place and how long it usually takes, or when people are back and
    what can be done until then. Where nobody is ahead and nothing is known, nothing is said."""

    def look(session: Session) -> tuple[str, str | None, str | None]:
        conversation = turn.conversation(session)
        back, locale = waits.closed_until(clock.now()), conversation.locale
        if back is not None:
            return locale, hours.spoken(back, locale, waits.zone_of(session, conversation)), None
        is_known = (places.place(session, conversation) or 1) > 1 or waits.estimate(session) is not None
        return locale, None, waits.told(session, conversation) if is_known else None

    locale, when, where = await turn.write(look)
    if when is not None:
        buttons = [
            {"title": words(key, locale), "payload": payload}
            for key, payload in (("button_call", CALL_BACK), ("button_assistant", BACK_TO_ASSISTANT))
        ]
        turn.say("utter_handoff_closed", buttons=buttons, when=when)
    elif where is not None:
        turn.say("utter_handoff_wait", where=where)


def summary(session: Session, turn: Turn) -> dict[str, Any]:
    """What the agent should know at a glance: what was going on, and where the account stands. Not the transcript.

    Without a proof of identity it says nothing of any account. Amounts are {minor, currency}.
    """
    customer = turn.customer_if_known(session)
    wish = turn.slot("wish") or {}
    told: dict[str, Any] = {
        "said": turn.text[:TEXT_KEPT],
        "doing": (turn.loop or "").removesuffix("_form"),
        "topic": turn.slot("topic"),
        "wish": wish.get("intent"),
        "last_intents": turn.recent_intents(INTENTS_KEPT),
        "verified": customer is not None,
        "language": preferences.of(session, turn.conversation_id, customer.id if customer else None).language,
    }
    if turn.slot("amount"):
        told["amount_named"] = {name: turn.slot("amount")[name] for name in ("minor", "currency")}
    if customer is not None:
        told |= _account(session, customer)
    return {key: value for key, value in told.items() if value not in (None, "", [])}


def _account(session: Session, customer: Customer) -> dict[str, Any]:
    standing = invoices.standing(session, customer)
    told: dict[str, Any] = {
        "overdue": _money(standing.payable_overdue),
        "total": _money(standing.total),
        "invoices": [item.invoice.number for item in standing.items],
        "disputed": [item.invoice.number for item in standing.items if item.disputed],
    }
    if (plan := plans.current(session, customer)) is not None:
        progress = plans.progress(session, plan)
        told["plan"] = {
            "total": _money(Money(plan.total, plan.currency)),
            "paid": _money(progress.paid),
            "instalments": len(plan.instalments),
            "next_due_on": progress.next.due_on.isoformat() if progress.next else None,
        }
    if asked := _asked_for(session, customer):
        told["asked_for"] = asked
    if made := promises.promises(session, customer):
        told["promise"] = {
            "amount": _money(Money(made[0].amount, made[0].currency)),
            "due_on": made[0].due_on.isoformat(),
        }
    return told


def _asked_for(session: Session, customer: Customer) -> list[dict[str, Any]]:
    """The newest terms that the customer asked for in their own words, the last one first."""
    found = session.scalars(
        sa.select(Proposal)
        .where(Proposal.customer_id == customer.id, Proposal.created_at > clock.now() - REMEMBERED)
        .order_by(Proposal.created_at.desc(), Proposal.id.desc())
        .limit(PROPOSALS_KEPT)
    )
    return [
        {
            key: {"minor": value, "currency": customer.currency} if key in ("each", "down") else value
            for key, value in proposal.asked.items()
        }
        for proposal in found
    ]


def _money(amount: Money) -> dict[str, Any]:
    return {"minor": amount.minor, "currency": amount.currency}


def _topic(turn: Turn) -> str:
    by_form = {
        "payment_form": "payment",
        "plan_form": "plan",
        "change_form": "plan",
        "cancel_form": "plan",
        "promise_form": "promise",
        "dispute_form": "dispute",
    }
    return by_form.get(turn.loop or "") or turn.slot("topic") or ""
