"""A day that is named for an instalment of the plan in force, by which nothing of the plan has to change (K7)."""

from __future__ import annotations

import re

from actions.balance import Account
from actions.reading import dates
from actions.reading.figures import plain
from actions.turn import Events, Turn, leave, put

# Then it is the plan's date that is to be another, also an earlier one.
_CHANGES = re.compile(r"\b(?:mov\w+|chang\w+|switch\w*|instead|rather|earlier|always|every|each|from now on)\b")


def in_time(turn: Turn, mine: Account) -> Events:
    """Say that the day is in good time, when it is not after the next instalment's own; else nothing.

    Whoever will pay early is held to no earlier day, and uses up none of the changes that a plan allows.
    """
    part = mine.progress.next if mine.progress else None
    day = dates.read(turn.words, mine.today, mine.phrases.locale)
    if mine.progress is None or part is None or day is None or _CHANGES.search(plain(turn.words)):
        return []
    if not mine.today <= day <= part.due_on:
        return []
    amount, due = mine.phrases.money(mine.progress.next_amount), mine.phrases.day(part.due_on)
    turn.say("utter_promise_in_time", amount=amount, due=due)
    return [*leave("promise", "promise_day"), *put(topic="plan")]
