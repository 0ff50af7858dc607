"""What else a message asked for: remembered, and offered when the first wish has had its answer.

Only ordinary wishes are offered, by a question of their own; beside a crisis, a death or a refusal nothing is.
"""

from __future__ import annotations

from typing import Any

import structlog

from actions.phrases import Phrases
from actions.sensitive import SENSITIVE
from actions.turn import TEXT_KEPT, Events, Turn, put

# After these nothing is offered, whatever else the message said (C5, C12, P4).
ALONE = frozenset(
    {
        "express_crisis", "report_vulnerability", "report_deceased", "cease_contact", "wrong_person", "third_party",
        "request_human",
    }
)  # fmt: skip
# What begins each form again that another may interrupt; for the proof of identity it is the wish behind it.
BEGINS = {
    "payment_form": "make_payment", "plan_form": "request_plan", "change_form": "change_plan",
    "promise_form": "promise_to_pay", "autopay_form": "manage_autopay",
}  # fmt: skip
# Questions about the talk, answered by asking them again; "shall we do that now?" would be odd.
PASSING = frozenset({"suspect_scam", "ask_why_verify", "change_language"})
# What is one wish in two ways.
PLANS = frozenset({"request_plan", "propose_plan"})
MOST = 3  # other wishes of one message

log = structlog.get_logger()


def interrupted(turn: Turn) -> Events:
    """Remember what was going on, where another form takes its place: it is offered again when that is over."""
    intent = BEGINS.get(turn.loop or "") or (turn.slot("wish") or {}).get("intent")
    if turn.loop is None or not intent or intent in PASSING or not _has_name(intent):
        return []
    said = (turn.slot("wish") or {}).get("text") or ""
    wish: dict[str, Any] = {"intent": intent, "text": said if turn.loop not in BEGINS else "", "entities": {}}
    return put(also=[*_kept(turn), wish], wish=None)


def noted(turn: Turn) -> Events:
    """Remember what else a message asks for that a form has taken."""
    heard = _heard(turn) if turn.is_answer else []
    return put(also=[*_kept(turn), *heard]) if heard else []


async def offered(turn: Turn, events: Events, served: str = "") -> Events:
    """After an answer, whose `events` they are: offer what else was asked for, or keep it until the form is over. What
    the deed has just `served` is not offered again."""
    if turn.intent in ALONE or turn.course.handed_over:
        return put(also=None) if turn.slot("also") else []
    set_here = {event["name"]: event["value"] for event in events if event.get("event") == "slot"}
    before = list(set_here["also"] or []) if "also" in set_here else _kept(turn)
    done = {turn.intent, served} | (PLANS if served in PLANS else set())
    waiting = [wish for wish in before if wish["intent"] not in done]
    if turn.is_first_deed:
        waiting += [wish for wish in _heard(turn) if wish["intent"] not in {kept["intent"] for kept in waiting}]
    if not waiting:
        return put(also=None) if before else []
    if _form_after(turn, events) or set_here.get("offer"):
        return put(also=waiting)
    wish, *rest = waiting
    try:
        phrases = await turn.write(lambda session: Phrases(turn.conversation(session).locale))
    except Exception as error:  # what else was asked for never takes away the answer that was given
        log.error("other wish not offered", kind=type(error).__name__)
        return put(also=None)
    turn.say("utter_also", what=phrases.say(f"also_{wish['intent']}"))
    return put(offer=wish, also=rest or None)


def _heard(turn: Turn) -> list[dict[str, Any]]:
    """The other wishes of the message, as they are remembered; sensitive ones have been heard first already."""
    return [
        {"intent": wish["name"], "text": str(wish.get("text") or "")[:TEXT_KEPT], "entities": {}}
        for wish in turn.also
        if wish["name"] not in SENSITIVE | PASSING | {turn.intent} and _has_name(wish["name"])
    ][:MOST]


def _has_name(intent: str) -> bool:
    try:
        return bool(Phrases("en-US").say(f"also_{intent}"))
    except KeyError:
        return False


def _kept(turn: Turn) -> list[dict[str, Any]]:
    return list(turn.slot("also") or [])


def _form_after(turn: Turn, events: Events) -> str | None:
    loops = [event["name"] for event in events if event.get("event") == "active_loop"]
    return loops[-1] if loops else turn.loop
