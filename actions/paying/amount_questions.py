"""The question how much, with ready choices; and of several amounts in one message, which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from actions.balance import Account, account
from actions.deed import Question
from actions.paying.wanted import Wanted, from_message
from actions.reading import amounts, dates, which
from actions.reading.figures import plain
from actions.turn import Events, Turn
from bot.billing.plans.coverage import in_steps

SEVERAL = "utter_amount_several"
CHOICES = 3  # amounts of one message that are shown as buttons


class AskAmount(Question):
    """Asks how much, with what is owed and ready choices."""

    title = "action_ask_amount"

    async def ask(self, turn: Turn) -> Events:
        """Ask, unless it was just asked which of several amounts is meant."""
        if is_asked(turn.tracker.events):
            return []
        mine = await turn.write(lambda session: account(session, turn))
        standing, say = mine.standing, mine.phrases
        turn.say(
            _question(mine),
            buttons=_choices(mine),
            overdue=say.money(mine.overdue),
            total=say.money(standing.payable),
        )
        return []


def is_asked(events: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the tracker's `events` since the newest message ask which of several amounts is meant."""
    for event in reversed(events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "bot" and (event.get("metadata") or {}).get("utter_action") == SEVERAL:
            return True
    return False


def ask_which(turn: Turn, mine: Account) -> bool:
    """Ask back which of several amounts is meant, with each as a button; whether there were several."""
    several = amounts.several(dates.without_dates(turn.words), mine.standing.currency, mine.phrases.locale)
    fitting = [amount for amount in several if 0 < amount.minor <= mine.standing.total.minor]
    if len(fitting) < 2:
        return False
    shown = fitting[:CHOICES]
    buttons = [_amount_button(mine.phrases.money(amount), str(amount.minor)) for amount in shown]
    turn.say(SEVERAL, buttons=buttons)
    return True


def chosen(turn: Turn, mine: Account) -> Wanted | None:
    """The ready choice that is named by its place: "option 2", "the first one"."""
    words = plain(turn.words)
    place = None if turn.entities or re.search(r"\b(?:invoice|bill|item)\b", words) else which.place(words)
    offered = _ready(mine)
    if place is None or place > len(offered):
        return None
    value = offered[place - 1 if place > 0 else place][1]
    return from_message(turn.wishing({"intent": "inform", "entities": {"amount": value}}), mine)


def _question(mine: Account) -> str:
    if not mine.overdue:
        return "utter_ask_amount_planned" if mine.plan else "utter_ask_amount_not_due"
    return "utter_ask_amount_overdue" if mine.overdue == mine.standing.payable else "utter_ask_amount"


def _choices(mine: Account) -> list[dict[str, str]]:
    return [_amount_button(title, value) for title, value in _ready(mine)]


def _ready(mine: Account) -> list[tuple[str, str]]:
    """The titles of the ready choices, each with what its button stands for."""
    overdue, everything = in_steps(mine.overdue), in_steps(mine.standing.payable)
    ready = []
    if mine.progress is not None and mine.progress.next is not None:
        instalment = mine.progress.next_amount
        if instalment < everything:
            title = mine.phrases.say("pay_next", amount=mine.phrases.money(instalment))
            ready.append((title, str(instalment.minor)))
    if overdue and overdue != everything:
        ready.append((mine.phrases.say("pay_overdue", amount=mine.phrases.money(overdue)), "overdue"))
    ready.append((mine.phrases.say("pay_all", amount=mine.phrases.money(everything)), "all"))
    return ready


def _amount_button(title: str, value: str) -> dict[str, str]:
    return {"title": title, "payload": f'/inform{{"amount": "{value}"}}'}
