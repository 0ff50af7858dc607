"""What is asked on the way to a change of a plan: what would work, and whether it is a yes (K7, K8)."""

from __future__ import annotations

from actions.balance import account
from actions.deed import Question
from actions.plans import change_trials, changes
from actions.plans.change_trials import Trial
from actions.turn import Events, Turn, put
from bot.errors import Conflict, InvalidInput, NotFound


class AskChange(Question):
    """Asks openly what would work, or which day."""

    title = "action_ask_change"

    async def ask(self, turn: Turn) -> Events:
        """Ask, with the next instalment named."""
        mine = await turn.write(lambda session: account(session, turn))
        if mine.progress is None or mine.progress.next is None:
            turn.say("utter_change_no_plan")
            return []
        is_late = mine.progress.next.due_on < mine.today
        other = "utter_ask_change_late" if is_late else "utter_ask_change"
        turn.say(
            "utter_ask_change_day" if turn.slot("plan_question") == "date" else other,
            amount=mine.phrases.money(mine.progress.next_amount),
            day=mine.phrases.day(mine.progress.next.due_on),
        )
        return []


class AskChangeAgreed(Question):
    """States what would change, and asks for a yes (K8)."""

    title = "action_ask_change_agreed"

    async def ask(self, turn: Turn) -> Events:
        """State and ask."""
        change = changes.from_slot(turn.slot("change"))
        try:
            trial = await turn.write(lambda session: change_trials.attempt(session, turn, change))
        except (Conflict, InvalidInput, NotFound):
            turn.say("utter_change_gone")
            return put(change=None)
        _state(turn, trial)
        return []


def _state(turn: Turn, trial: Trial) -> None:
    if trial.change.pause:
        turn.say("utter_change_terms_pause", **trial.values())
    elif trial.change.following:
        turn.say("utter_change_terms_following", **trial.values())
    else:
        follow = {"title": trial.mine.phrases.say("following_too"), "payload": '/inform{"change": "following"}'}
        turn.say("utter_change_terms_one", buttons=[] if trial.is_last else [follow], **trial.values())
