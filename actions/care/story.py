"""Their side of it, in their own words: asked for once, never pressed for; it goes to the open case (C9, C13)."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.orm import Session

from actions import records
from actions.deed import Deed, Form, Question
from actions.sensitive import SENSITIVE, SHORT
from actions.turn import Events, Turn, enter, leave, put

FORM = "story_form"
# What is understood as nothing of its own is part of what they tell.
STRAYS = frozenset({"inform", "nlu_fallback", "out_of_scope", "express_frustration", "give_feedback"})
# Short words by which somebody says that this was all.
DONE = frozenset({"deny", "cancel", "thank", "goodbye"})
# A complaint may be about how they were answered when they said these things.
HARD = frozenset({"complain", "report_hardship", "request_human", "request_callback"})
NOT_THEM = frozenset({"wrong_person", "third_party"})
_NOT_THEM = re.compile(
    r"\bwrong (?:number|person|guy|man|woman)\b|\bnot (?:me|him|her|the (?:right )?person|\w+'s)\b|\bi'?m not\b|"
    r"\bi am not\b|\bnobody (?:here )?(?:by|called|named)\b|\bdon'?t know (?:him|her|them|anybody|anyone|any)\b|"
    r"\bon behalf\b|\b(?:i'?m|i am|this is) (?:his|her|their)\b|\b(?:writing|calling|speaking) for\b"
)
_BILLED = re.compile(
    r"\b(?:invoices?|bills?|billed|\w*charg\w+|amount|owed?|balance|inv[- ]?\d+|not mine|never ordered|paid|pay)\b"
)
_REPORTED = re.compile(r"\b(?:said|told|asked|when i|laughed|shouted|yelled|hung up|was rude|were rude|ignored)\b")
BANKRUPTCY = "report_bankruptcy"
# The number of their case elsewhere: never an amount, whatever it was understood as.
_REFERENCE = re.compile(
    r"\b(?:references?|ref|case|number|no|petition|trustee|refer[eê]ncia|caso|expediente|folio|processo|protocolo|"
    r"n[uú]mero)\b[^.!?]{0,20}\d{3,}",
    re.IGNORECASE,
)
LONG = 12  # words; so many are told for the case too, whatever else they ask for
TOPICS = {"dispute_debt": "dispute", "report_fraud": "dispute", "complain": "complaint", "report_bankruptcy": "care"}


def begin(turn: Turn, intent: str) -> Events:
    """Listen from now on for what belongs to the case of `intent`. The invitation was said just before."""
    return enter(FORM, story=None, story_of=intent, wish=None, topic=TOPICS[intent])


class StoryForm(Form):
    """Takes further words to the case, for as long as nothing else is wished for."""

    form = FORM
    slots = ("story",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """Nothing for a message that is about something else; its own intent is heard, and may end the form."""
        about = turn.slot("story_of")
        if not turn.is_answer or not about or not turn.text:
            return {}
        words = len(turn.text.split())
        if turn.intent in DONE and words <= SHORT:
            return {"story": True}
        if turn.intent in STRAYS or _is_told(turn) or (about == BANKRUPTCY and _REFERENCE.search(turn.text)):
            await self._keep(turn, about)
            turn.say("utter_story_kept")
            return {"story": None}
        if turn.intent not in SENSITIVE and words >= LONG and not turn.text.rstrip().endswith("?"):
            await self._keep(turn, about)
        return {}

    async def _keep(self, turn: Turn, about: str) -> None:
        def keep(session: Session) -> None:
            records.open_case(session, turn, about, turn.customer_if_known(session))

        await turn.write(keep)


def _is_told(turn: Turn) -> bool:
    """Whether the message is part of what they tell, though it sounds like something of its own: "when I said that I
    can't pay", "your driver came to the wrong door"."""
    said = turn.words.lower().replace("’", "'")
    if turn.intent in NOT_THEM:
        return _NOT_THEM.search(said) is None
    if turn.intent == "dispute_debt" and turn.slot("story_of") == "complain":
        return _BILLED.search(said) is None
    return turn.intent in HARD and _REPORTED.search(said) is not None


class AskStory(Question):
    """Asks nothing: they were invited once. Says so only when nobody else has said anything."""

    title = "action_ask_story"

    async def ask(self, turn: Turn) -> Events:
        """Say that there is time, if nothing was said."""
        if not has_spoken(turn):
            turn.say("utter_story_more")
        return []


class EndStory(Deed):
    """That was all."""

    title = "action_end_story"

    async def act(self, turn: Turn) -> Events:
        """Say what happens next."""
        turn.say("utter_story_end")
        return [*leave("story", "story_of"), *put(topic=turn.slot("topic"))]


def has_spoken(turn: Turn) -> bool:
    """Whether the assistant has said something to this message already."""
    for event in reversed(turn.tracker.events):
        if event.get("event") in ("user", "bot"):
            return bool(event.get("event") == "bot")
    return False
