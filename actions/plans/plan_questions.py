"""What is asked on the way to a plan: which offer, what they could manage, how often, whether it is a yes (K4, K8)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from actions import cards
from actions.balance import Account, account
from actions.deed import Question
from actions.plans import offers, wishes
from actions.turn import Button, Events, Turn, put
from bot.models import Frequency, Plan, PlanKind
from bot.money import Money


class AskPlan(Question):
    """Asks which of the offers, or openly what would work, or how often."""

    title = "action_ask_plan"

    async def ask(self, turn: Turn) -> Events:
        """Ask. The offers are remembered in their order, so that "the second one" is understood."""
        question = turn.slot("plan_question")
        mine, shown, again = await turn.write(lambda session: _shown(session, turn))
        match question:
            case "terms":
                turn.say("utter_plan_ask_terms", buttons=_ways(mine))
            case "amount":
                turn.say("utter_plan_ask_each", buttons=_ways(mine))
            case "rhythm":
                wish = wishes.from_slot(turn.slot("plan_wish"), mine.standing.currency)
                amount = mine.phrases.money(wish.each) if wish.each else ""
                turn.say("utter_plan_ask_rhythm", amount=amount, buttons=_rhythms(mine))
            case "nearest" if again and len(shown) == 1:
                _say_nearest(turn, mine, shown[0])
            case "offers":
                _say_offers(turn, mine, shown, "utter_plan_options_asked")
            case _:
                _say_offers(turn, mine, shown, "utter_plan_options_again" if again else "utter_plan_options")
        return put(quotes=offers.ids(shown))


class AskPlanAgreed(Question):
    """States the exact terms of the choice and asks for a yes (K8)."""

    title = "action_ask_plan_agreed"

    async def ask(self, turn: Turn) -> Events:
        """State and ask."""
        chosen = turn.slot("plan")

        def look(session: Session) -> tuple[Account, Plan | None, dict[str, Any]]:
            mine = account(session, turn)
            plan = next(iter(offers.open_ones(session, turn, [chosen] if chosen else [])), None)
            return mine, plan, terms(session, plan, mine) if plan else {}

        mine, plan, values = await turn.write(look)
        if plan is None:
            turn.say("utter_plan_gone")
            return put(plan=None, quotes=None)
        turn.say(_asks_for_yes(plan), card=cards.plan_schedule(plan), **values)
        if plan.kind != PlanKind.EARLY and mine.plan is not None and mine.plan.discount:
            turn.say("utter_discount_would_end")
        return []


def terms(session: Session, plan: Plan, mine: Account) -> dict[str, Any]:
    """What the texts say of `plan`, before the yes and after it (K8)."""
    phrases, currency = mine.phrases, plan.currency
    return {
        "total": phrases.money(Money(plan.total, currency)),
        "rhythm": phrases.rhythm(plan),
        "lines": phrases.instalments([(part, part.amount) for part in plan.instalments], currency),
        "invoices": phrases.listed(offers.numbers(session, plan)),
        "discount": phrases.money(Money(plan.discount, currency)),
        "full": phrases.money(Money(plan.total + plan.discount, currency)),
        "day": phrases.day(plan.instalments[-1].due_on),
    }


def _shown(session: Session, turn: Turn) -> tuple[Account, list[Plan], bool]:
    """The account, the offers to show, and whether they were shown before. None are made to ask an open question."""
    mine = account(session, turn)
    kept = offers.open_ones(session, turn, turn.slot("quotes") or [])
    if kept or turn.slot("plan_question") in ("terms", "amount", "rhythm"):
        return mine, kept, bool(kept)
    return mine, offers.usual(session, turn, offers.over(turn)), bool(turn.slot("quotes"))


def _say_offers(turn: Turn, mine: Account, shown: list[Plan], response: str) -> None:
    titles = [mine.phrases.title(plan) for plan in shown]
    turn.say(
        response,
        card=cards.plan_options(shown, titles),
        buttons=offers.buttons(shown, mine.phrases),
        total=mine.phrases.money(Money(shown[0].total, shown[0].currency)),
        lines=offers.lines(shown, mine.phrases),
    )


def _say_nearest(turn: Turn, mine: Account, plan: Plan) -> None:
    fits: Button = {"title": mine.phrases.say("plan_fits"), "payload": cards.choose(plan)}
    other: Button = {"title": mine.phrases.say("plan_other"), "payload": '/inform{"plan": "terms"}'}
    turn.say(
        "utter_plan_nearest",
        card=cards.plan_options([plan], [mine.phrases.title(plan)]),
        buttons=[fits, other, _person(mine)],
        terms=mine.phrases.terms(plan),
    )


def _asks_for_yes(plan: Plan) -> str:
    if plan.kind == PlanKind.EARLY:
        return "utter_discount_terms_plan" if plan.replaces_id else "utter_discount_terms"
    return "utter_plan_terms_rest" if plan.replaces_id else "utter_plan_terms"


def _ways(mine: Account) -> list[Button]:
    return [{"title": mine.phrases.say("plan_usual"), "payload": '/inform{"plan": "usual"}'}, _person(mine)]


def _rhythms(mine: Account) -> list[Button]:
    return [
        {"title": mine.phrases.say(f"rhythm_{rhythm}"), "payload": f'/inform{{"rhythm": "{rhythm}"}}'}
        for rhythm in (Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY)
    ]


def _person(mine: Account) -> Button:
    return {"title": mine.phrases.say("talk_to_person"), "payload": "/request_human"}
