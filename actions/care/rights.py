"""A copy of what is held, and its deletion: passed to a person, with the day by which it is answered (P5).

The assistant hands nothing out and deletes nothing. Both need a proof of identity, so that nobody has another's data
sent or erased.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from actions.assent import assent
from actions.care import concern
from actions.deed import Deed, Form, Question
from actions.phrases import Phrases
from actions.proof import ask_for_proof
from actions.reading import choices
from actions.sensitive import SENSITIVE, may_answer
from actions.turn import TEXT_KEPT, Events, Turn, enter, first_name, leave, leave_all
from bot import clock, policies
from bot.models import Customer

FORM = "erasure_form"
ANSWERS = frozenset({"inform", "affirm", "deny", "nlu_fallback", "request_erasure"})
STRAYS = frozenset({"inform", "nlu_fallback", "out_of_scope"})
_DELETING = r"delete|erase|remove|my|data|details|all of it|everything|request"


class RequestMyData(Deed):
    """What do you hold about me?"""

    title = "action_request_my_data"
    intent = "request_my_data"

    async def act(self, turn: Turn) -> Events:
        """Open the case and say by when they hear. Raises `NotVerified`."""
        days = policies.rights().copy_days
        customer, phrases, day = await turn.write(lambda session: _by_when(session, turn, days))
        passed = await concern.pass_on(turn, "request_my_data", note=f"To be answered by {day.isoformat()}.")
        name = first_name(customer)
        if passed.again:
            turn.say("utter_data_again", name=name, reference=passed.reference)
        else:
            turn.say("utter_data_noted", name=name, reference=passed.reference, day=phrases.day(day))
        return []


class RequestErasure(Deed):
    """Delete what you hold about me."""

    title = "action_request_erasure"
    intent = "request_erasure"

    async def act(self, turn: Turn) -> Events:
        """Begin with what can go and what stays. Raises `NotVerified`."""
        await turn.write(turn.customer)
        wish = {"intent": self.intent, "text": turn.text[:TEXT_KEPT], "entities": {}}
        return enter(FORM, erasure_agreed=None, wish=wish)


class ErasureForm(Form):
    """Takes a clear yes. A no, or another wish, leaves the form by its own intent."""

    form = FORM
    slots = ("erasure_agreed",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The yes."""
        if not turn.is_answer or turn.intent in SENSITIVE:
            return {}
        if turn.text and choices.is_clear_yes(turn.words, _DELETING):
            return {"erasure_agreed": True}
        if turn.intent == "request_erasure" or (turn.intent in STRAYS and turn.text.rstrip().endswith("?")):
            return {"erasure_agreed": None}  # what can go and what stays is said once more
        return assent(turn, "erasure_agreed", _DELETING) if may_answer(turn, ANSWERS) else {}


class AskErasureAgreed(Question):
    """Says what can be deleted and what the law makes us keep, and asks for a yes."""

    title = "action_ask_erasure_agreed"

    async def ask(self, turn: Turn) -> Events:
        """State and ask."""
        customer = await turn.write(turn.customer)
        years = policies.jurisdiction(customer.country).kept_years
        turn.say("utter_erasure_terms", years=years)
        return []


class RecordErasure(Deed):
    """They said yes: the wish is passed on."""

    title = "action_record_erasure"
    wish = "request_erasure"

    async def act(self, turn: Turn) -> Events:
        """Open the case and say by when they hear. When the proof has run out, it is asked for again."""
        if await turn.write(turn.customer_if_known) is None:
            return ask_for_proof(turn.wishing({"intent": self.wish}), self.wish)
        if turn.slot("erasure_agreed") is not True:
            return leave("erasure_agreed", "wish")
        turn = turn.wishing(turn.slot("wish") or {"intent": self.wish})
        days = policies.rights().erasure_days
        customer, phrases, day = await turn.write(lambda session: _by_when(session, turn, days))
        passed = await concern.pass_on(turn, "request_erasure", note=f"To be answered by {day.isoformat()}.")
        turn.say("utter_erasure_noted", reference=passed.reference, day=phrases.day(day), name=first_name(customer))
        return leave_all()


def _by_when(session: Session, turn: Turn, days: dict[str, int]) -> tuple[Customer, Phrases, dt.date]:
    """Who asks, and the day by which they hear from us, in their zone."""
    customer = turn.customer(session)
    day = clock.today(customer.time_zone) + dt.timedelta(days=policies.in_country(days, customer.country))
    return customer, Phrases(turn.conversation(session).locale), day
