"""A talk about a plan: forms, questions and what ends them, run in the order in which the rules run them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from rasa_sdk import Action

from actions.care import care
from actions.deed import Deed
from actions.paying import payments, promises
from actions.plans import (
    agreements,
    autopay,
    change_questions,
    discounts,
    plan_changes,
    plan_ends,
    plan_progress,
    plan_questions,
    plans,
)
from actions.talk import fresh_start, handoff, talk
from bot.billing import ledger
from bot.billing import plans as billing
from bot.models import Conversation, Customer, Handoff, Plan, PlanStatus
from bot.money import Money
from tests.actions.scene import Answer, Scene

FORMS: dict[str, tuple[Action, Action]] = {
    "plan_form": (plans.PlanForm(), agreements.AgreePlan()),
    "change_form": (plan_changes.ChangeForm(), plan_changes.MakeChange()),
    "cancel_form": (plan_ends.CancelForm(), plan_ends.EndPlan()),
}
ASKED = {
    "plan_form": ("plan", "plan_agreed"),
    "change_form": ("change", "change_agreed"),
    "cancel_form": ("cancel_agreed",),
}
QUESTIONS: dict[str, Action] = {
    "plan": plan_questions.AskPlan(),
    "plan_agreed": plan_questions.AskPlanAgreed(),
    "change": change_questions.AskChange(),
    "change_agreed": change_questions.AskChangeAgreed(),
    "cancel_agreed": plan_ends.AskCancelAgreed(),
}
# What is imported has its deeds known by their intents.
DEEDS = (autopay, care, discounts, fresh_start, payments, plan_progress, promises, talk)
BY_RULE: dict[str, Action] = {
    "inform": talk.Inform(),
    "affirm": talk.Affirm(),
    "deny": talk.Deny(),
    "cancel": talk.Cancel(),
    "nlu_fallback": talk.NotUnderstood(),
    "request_human": handoff.RequestHuman(),
}


class Talk:
    """What was said in one conversation, with the slots and the form as Rasa keeps them."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.slots: dict[str, Any] = {}
        self.loop: str | None = None
        self.last = Answer([])

    async def say(self, text: str, intent: str = "inform", **entities: str) -> Answer:
        """One message: the form reads it, or its intent's deed answers; then the form asks for what is missing."""
        whole = Answer([])
        requested = self._requested()
        if self.loop and requested:
            taken = await self._run(FORMS[self.loop][0], text, intent, entities, whole)
            ended = taken.slots.get("requested_slot", "") is None or not self._requested()
            if ended:
                form, self.loop = self.loop, None
                await self._run(FORMS[form][1], text, intent, entities, whole)
            elif not taken.events:
                await self._run(_deed(intent), text, intent, entities, whole)
        else:
            await self._run(_deed(intent), text, intent, entities, whole)
        if self.loop and (asked := self._requested()):
            await self._run(QUESTIONS[asked], text, intent, entities, whole)
        self.last = whole
        return whole

    async def press(self, title_or_payload: str, intent: str = "inform", **entities: str) -> Answer:
        """Choose what a button of the last answer offers."""
        assert any(title_or_payload in payload for payload in self.last.payloads), self.last.payloads
        return await self.say("", intent, **entities)

    def plan(self) -> Plan | None:
        """The plan in force."""
        with self.scene.db.reading() as session:
            return billing.current(session, session.get_one(Customer, self.scene.customer.id))

    def pay(self, minor: int) -> None:
        """So much of the plan in force arrives."""
        plan = self.plan()
        assert plan is not None
        with self.scene.db.transaction() as session:
            ledger.post(
                session,
                source=ledger.invoice_account(plan.invoices[0].invoice_id),
                destination=ledger.STRIPE,
                amount=Money(minor, plan.currency),
                reference=f"paid:{plan.id}:{minor}",
            )

    def handoff(self) -> Handoff | None:
        """The request for a person, if there is one."""
        with self.scene.db.reading() as session:
            conversation = session.get_one(Conversation, self.scene.id)
            return session.get(Handoff, conversation.handoff_id) if conversation.handoff_id else None

    def statuses(self) -> set[PlanStatus]:
        """The statuses of all plans that were quoted."""
        with self.scene.db.reading() as session:
            return set(session.scalars(sa.select(Plan.status)))

    def _requested(self) -> str | None:
        missing = [slot for slot in ASKED.get(self.loop or "", ()) if self.slots.get(slot) is None]
        return missing[0] if missing else None

    async def _run(self, action: Action, text: str, intent: str, entities: dict[str, str], whole: Answer) -> Answer:
        answer = await self.scene.run(
            action, text, intent, entities=entities, slots=self.slots, loop=self.loop, requested=self._requested()
        )
        for event in answer.events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            elif event["event"] == "active_loop":
                self.loop = event["name"]
        whole.events += answer.events
        whole.said += answer.said
        return answer


def _deed(intent: str) -> Action:
    return BY_RULE.get(intent) or Deed.by_intent[intent]
