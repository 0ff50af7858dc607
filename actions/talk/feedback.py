"""How it was: a thumb or 1 to 5, and a word about it (K14). A low rating is met humbly, with a person offered."""

from __future__ import annotations

import re
import uuid
from typing import Any

from text_to_num import alpha2digit

from actions.deed import Deed, Form, Question
from actions.proof import ask_for_proof
from actions.sensitive import SENSITIVE
from actions.turn import Events, Turn, enter, leave
from bot import policies
from bot.conversations import feedback
from bot.errors import NotVerified

FORM = "feedback_form"
LONGEST = 2_000  # characters of a comment that are kept
FEWEST_WORDS = 3  # of a comment beside a rating
LONG = 8  # words that ask for nothing are a comment, whatever they are about
UP, DOWN = 5, 1
# What somebody means who was just asked for a word about it; anything else is a wish of its own.
COMMENTS = frozenset({"inform", "nlu_fallback", "out_of_scope", "give_feedback", "express_frustration"})
PARTING = frozenset({"thank", "deny", "goodbye", "cancel", "affirm"})
SURE = 0.75  # from which on another wish is one

_OUT_OF = re.compile(r"\b(\d{1,2})\s*(?:/|out of|of)\s*(5|10)\b")
_NO_RATING = r"(?!\s*(?:%|minutes?|mins?|hours?|days?|weeks?|months?|times?|dollars?|[.,]\d))"
_RATED = re.compile(
    rf"\b([1-5])\s*(?:stars?|points?|⭐)|\b(?:rating|rate|score|give)\b[^.!?\d]{{0,25}}\b([1-5])\b{_NO_RATING}"
)
_BARE = re.compile(rf"^\W*([1-5])\b{_NO_RATING}")
_THUMB_UP, _THUMB_DOWN = re.compile(r"👍|\bthumbs? up\b"), re.compile(r"👎|\bthumbs? down\b")
_STARS = re.compile(r"⭐+|\*{2,5}")
_HAPPY = re.compile(
    r"\b(?:good|great|nice|easy|quick|fast|friendly|kind|helpful|clear|perfect|love[ds]?|liked?|amazing|awesome|smooth)\b"
)
_REQUEST = re.compile(
    r"\W*(?:(?:ok|okay|and|also|now|but|hi|hello)\W+)*"
    r"(?:i (?:want|need|would like|wanna|have to|can'?t|can ?not|owe)|i'?d like|"
    r"can|could|may|please|how|what|when|where|why|which|who|show|give|send|let|pay|talk|tell|is|are|do|does|help)\b"
)
_UNHAPPY = re.compile(
    r"\b(?:bad|badly|worse|worst|terrible|awful|horrible|poor|slow|confus\w+|useless|pointless|rude|cold|annoy\w+|"
    r"disappoint\w+|frustrat\w+|hard to|difficult|unhelpful|waste|hate[ds]?|sucks?|"
    r"not (?:very |really |at all )?(?:good|great|happy|helpful|clear|nice|satisfied|easy)|"
    r"(?:did|does|do)n'?t (?:help|work|like|understand)|no help|"
    r"too (?:long|many|much)|rubbish|crap|unhappy|dissatisfied)\b"
)


class GiveFeedback(Deed):
    """They rate us, or say what they think."""

    title = "action_give_feedback"
    intent = "give_feedback"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Keep it and thank them. Without a rating or a word, ask for one. No running form is left for it."""
        given = rating(turn.entities.get("rating") or turn.words)
        words = _comment(turn)
        if given is None and words is None:
            turn.say("utter_ask_rating")
            return []
        kept = await turn.write(
            lambda session: feedback.give(session, turn.conversation(session), given, words, turn.slot("topic")).id
        )
        is_low = (
            given <= policies.desk().feedback.humble_at_most
            if given
            else bool(words and _UNHAPPY.search(turn.words.lower()))
        )
        if words is not None or turn.loop not in (None, FORM):
            turn.say("utter_feedback_sorry" if is_low else "utter_feedback_thanks")
            return [] if turn.loop not in (None, FORM) else leave("comment", "feedback")
        turn.say("utter_feedback_low" if is_low else "utter_feedback_high")
        return enter(FORM, comment=None, feedback=str(kept))


async def answers_question(turn: Turn) -> bool:
    """Whether the message is a bare rating and comes right after the question for one, be it ours or a person's."""
    if turn.loop is not None or not turn.text or rating(turn.words) is None or len(turn.text.split()) > FEWEST_WORDS:
        return False
    if any(said.name == "utter_ask_rating" for said in turn.last_said):
        return True
    return await turn.write(lambda session: feedback.is_waited_for(session, turn.conversation(session)))


class FeedbackForm(Form):
    """Takes the word that was asked for. Whatever else the customer says ends it, and is answered."""

    form = FORM
    slots = ("comment",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """Whether the message is that word."""
        if not turn.is_answer or turn.requested is None:
            return {}
        if turn.intent in SENSITIVE and turn.intent not in Deed.by_intent:
            return {}
        is_unsure = (turn.confidence < SURE or _judges(turn.words)) and turn.intent not in SENSITIVE | PARTING
        is_long_thanks = turn.intent in PARTING and len(turn.text.split()) > FEWEST_WORDS + 1
        return {"comment": bool(turn.text) and (turn.intent in COMMENTS or is_unsure or is_long_thanks)}


class AskComment(Question):
    """Asks nothing: the answer to the rating has asked, and nobody is asked twice."""

    title = "action_ask_comment"

    async def ask(self, turn: Turn) -> Events:
        """Wait."""
        return []


class KeepComment(Deed):
    """The word is kept; or something else was said, which has its own answer."""

    title = "action_keep_comment"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Keep and thank, or answer what was said instead."""
        kept, over = turn.slot("feedback"), leave("comment", "feedback")
        if turn.slot("comment") and kept:
            given = turn.entities.get("rating")
            words = turn.text[:LONGEST].strip() or given or ""
            await turn.write(lambda session: feedback.comment(session, uuid.UUID(kept), words))
            turn.say("utter_comment_kept")
            return over
        if turn.intent in PARTING:
            turn.say("utter_goodbye")
            return over
        deed = Deed.by_title.get(f"action_{turn.intent}")
        if deed is None:
            turn.say("utter_what_next_unknown")
            return over
        try:
            return [*over, *await deed.act(turn)]
        except NotVerified:
            return [*over, *ask_for_proof(turn, turn.intent)]


def rating(text: str) -> int | None:
    """The rating that `text` gives, 1 to 5; a thumb up is 5, a thumb down 1, "8 out of 10" is 4; None for none."""
    said = alpha2digit(text[:LONGEST].lower(), "en", threshold=0)
    if found := _OUT_OF.search(said):
        given, most = int(found[1]), int(found[2])
        return max(1, min(5, round(given * 5 / most))) if given <= most else None
    if _THUMB_UP.search(said):
        return UP
    if _THUMB_DOWN.search(said):
        return DOWN
    if found := _STARS.search(said):
        return min(5, len(found[0]))
    found = _BARE.search(said) or _RATED.search(said)
    return int(next(group for group in found.groups() if group)) if found else None


def _judges(text: str) -> bool:
    """Whether `text` tells how it was rather than asks for something: "took too long to find the pay button"."""
    said = text[:LONGEST].lower().replace("’", "'")
    if "?" in said or _REQUEST.match(said):
        return False
    return bool(_UNHAPPY.search(said) or _HAPPY.search(said)) or len(said.split()) >= LONG


def _comment(turn: Turn) -> str | None:
    """What is said beside a rating; None for a bare one, or for the mere wish to give one."""
    words = _OUT_OF.sub(" ", turn.words[:LONGEST]).strip()
    if len(re.findall(r"[^\W\d_]+", words)) < FEWEST_WORDS or re.fullmatch(
        r"\W*(?:(?:i|can|could|may|how|where|do|would|want|wanna|'d|like|love|id|to|please|you|leave|give|some|a|an|my|the|your|any|"
        r"feedback|rating|review|rate|this|chat|service|talk|conversation|it|send|write|is|there|somewhere)\W*)+",
        words.lower(),
    ):
        return None
    return turn.text[:LONGEST].strip()
