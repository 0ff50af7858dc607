"""Changes of a plan in force by chat: a date, all that follow, a pause; other terms for the rest are a new agreement
(K4, K7, K8)."""

from __future__ import annotations

from typing import Any

from actions.assent import assent
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed, Form
from actions.paying.wanted import from_message
from actions.plans import change_trials, changes, offers, proposals
from actions.plans.change_trials import Trial
from actions.plans.changes import Change
from actions.proof import ask_for_proof
from actions.reading import dates
from actions.sensitive import may_answer
from actions.turn import Events, Turn, enter, leave, put
from bot import policies
from bot.errors import Conflict, InvalidInput, NotFound

FORM = "change_form"
SLOTS = ("change", "change_agreed", "plan_question")
ANSWERS = frozenset(
    {
        "inform", "change_plan", "propose_plan", "request_plan", "promise_to_pay", "make_payment", "affirm", "deny",
        "nlu_fallback",
    }
)  # fmt: skip
_CHANGING = r"change|move|pause|my|the|plan|dates?"
KEPT = "kept"  # the change that was being made when the proof of identity ran out


class ChangePlan(Deed):
    """Another date, a pause, other amounts; a day that cannot be kept. What would work is asked, never assumed (K7)."""

    title = "action_change_plan"
    intent = "change_plan"

    async def act(self, turn: Turn) -> Events:
        """Begin the form with what was said. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if say_if_clear(turn, mine):
            return leave(*SLOTS)
        if mine.plan is None or mine.progress is None or mine.progress.next is None:
            if turn.slot("topic") == "promise" and dates.read(turn.words, mine.today, mine.phrases.locale):
                # It is the day that was promised which is to move (design section 10, 4).
                return await Deed.by_intent["promise_to_pay"].act(turn)
            if turn.slot("topic") == "payment" and from_message(turn, mine) is not None:
                return await Deed.by_intent["make_payment"].act(turn)  # it is the open link that is to change
            turn.say("utter_change_no_plan")
            return [*leave(*SLOTS), *put(offer={"intent": "request_plan", "entities": {}}, topic="plan")]
        if changes.is_parted(turn.words):
            turn.say("utter_change_whole")
            return enter(FORM, **dict.fromkeys(SLOTS), topic="plan")
        wished = turn.entities.get("change")
        if wished == KEPT and turn.slot("change"):
            return enter(FORM, change=turn.slot("change"), change_agreed=None, topic="plan")
        if wished == "date":
            return enter(FORM, **dict.fromkeys(SLOTS) | {"plan_question": "date"}, topic="plan")
        change = Change(pause=True) if wished == "pause" else await _read(turn, mine)
        if wished == "terms" or change.terms:
            return await _other_terms(turn, mine)
        if not change:
            return enter(FORM, **dict.fromkeys(SLOTS), topic="plan")
        fitting = await _fit(turn, change)
        return leave(*SLOTS) if fitting is None else enter(FORM, **dict.fromkeys(SLOTS) | fitting, topic="plan")


class ChangeForm(Form):
    """Takes what is to change, then a clear yes to what it would come to. Wishes for other amounts end it."""

    form = FORM
    slots = ("change", "change_agreed")

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The change or the yes. Another change may still be named when the yes was asked for."""
        if not turn.is_answer:
            return {}
        pressed = turn.entities.get("change")
        if pressed == "date":
            return {"change": None, "change_agreed": None, "plan_question": "date"}
        if pressed is None and not _may_answer(turn):
            return {}
        mine = await turn.write(lambda session: account(session, turn))
        if mine.plan is None or mine.progress is None or mine.progress.next is None:
            return _end()
        if changes.is_parted(turn.words):
            turn.say("utter_change_whole")
            return {"change": None, "change_agreed": None}
        change = await _wished(turn, mine, pressed)
        if change.terms:
            return _end()
        if change:
            fitting = await _fit(turn, change)
            return _end() if fitting is None else {"change_agreed": None, **fitting}
        if turn.requested == "change_agreed":
            return assent(turn, "change_agreed", _CHANGING)
        if turn.text and turn.intent in ("inform", "affirm"):
            turn.say("utter_change_unclear")
            return {"change": None}
        return {}


class MakeChange(Deed):
    """The customer said yes: the plan is changed and repeated in writing (K8)."""

    title = "action_make_change"
    wish = "change_plan"

    async def act(self, turn: Turn) -> Events:
        """Change and confirm; or turn to other terms for the rest, when the form ended with that wish."""
        kept = turn.slot("change")
        if await turn.write(turn.customer_if_known) is None:
            wished = {"entities": {"change": KEPT}} if kept else {"text": turn.text, "entities": dict(turn.entities)}
            return ask_for_proof(turn.wishing({"intent": self.wish, **wished}), self.wish)
        if not kept or turn.slot("change_agreed") is not True:
            return await self._other(turn)
        try:
            made = await turn.write(lambda session: change_trials.make(session, turn, changes.from_slot(kept)))
        except (Conflict, InvalidInput, NotFound):
            turn.say("utter_change_gone")
            return enter(FORM, **dict.fromkeys(SLOTS))
        turn.say("utter_change_made", **made.values())
        return [*leave(*SLOTS), *put(topic="plan")]

    async def _other(self, turn: Turn) -> Events:
        mine = await turn.write(lambda session: account(session, turn))
        if mine.plan is None or mine.progress is None or mine.progress.next is None:
            turn.say("utter_change_no_plan")
            return leave(*SLOTS)
        if turn.entities.get("change") == "terms" or (await _read(turn, mine)).terms:
            return [*put(**dict.fromkeys(SLOTS)), *await _other_terms(turn, mine)]
        return leave(*SLOTS)


def _may_answer(turn: Turn) -> bool:
    """Whether the message may be about the change; "skip it" is a pause here, and no wish to leave."""
    return may_answer(turn, ANSWERS) or (turn.intent == "cancel" and changes.is_pause(turn.words))


async def _other_terms(turn: Turn, mine: Account) -> Events:
    """Terms that were named are answered; without any it is asked openly what would work."""
    said = proposals.named_terms(turn, mine)
    if said:
        return await proposals.answer(turn, mine, said)
    return enter(offers.FORM, **offers.begin() | {"plan_question": "terms"}, topic="plan")


async def _wished(turn: Turn, mine: Account, pressed: str | None) -> Change:
    if pressed == "terms":
        return Change(terms=True)
    if pressed == "pause":
        return Change(pause=True)
    kept = changes.from_slot(turn.slot("change")) if turn.slot("change") else Change()
    change = await _read(turn, mine, pausing=kept.pause)
    if kept.to and (pressed == "following" or (not change and changes.is_all_following(turn.words))):
        return Change(kept.to, kept.number, following=True)
    return change


async def _read(turn: Turn, mine: Account, *, pausing: bool = False) -> Change:
    ahead = await turn.write(lambda session: change_trials.ahead(session, mine.customer))
    if not turn.text:
        return Change()
    assert mine.plan is not None
    return changes.read(
        turn.words,
        ahead,
        mine.plan.frequency,
        mine.plan.currency,
        mine.phrases.locale,
        mine.today,
        pausing=pausing,
    )


async def _fit(turn: Turn, change: Change) -> dict[str, Any] | None:
    """The slots for `change` as far as the policy allows it, the nearest where it does not; None when nothing of the
    kind can be done alone. What differs from the wish is said."""
    try:
        trial = await turn.write(lambda session: change_trials.nearest(session, turn, change))
    except Conflict:
        turn.say("utter_change_limit")
        return None
    if trial is None:
        turn.say("utter_change_past")
        return {"change": None, "plan_question": "date"}
    if trial.is_nothing:
        turn.say("utter_change_same", day=trial.day)
        return {"change": None, "plan_question": "date"}
    if trial.is_nearest:
        _say_nearest(turn, trial)
    return {"change": changes.in_slot(trial.change), "plan_question": None}


def _say_nearest(turn: Turn, trial: Trial) -> None:
    if trial.change.pause:
        turn.say("utter_change_pause_most", days=policies.plans().changes.pause_days)
    else:
        turn.say("utter_change_far", day=trial.day)


def _end() -> dict[str, Any]:
    return {"change": None, "change_agreed": None, "requested_slot": None}
