"""Another language, in the middle of anything: spoken from the next word on, else a person is offered (K12)."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.orm import Session

from actions.deed import Deed
from actions.phrases import Phrases
from actions.talk import reaching
from actions.talk.repeats import TELLS
from actions.turn import Events, Turn, put
from bot import policies
from bot.billing import identity
from bot.conversations import preferences, spoken, written
from bot.db import lock
from bot.errors import NotVerified
from bot.models import Conversation

# "I don't speak English", "mi inglés no es bueno": English is named, and not wanted.
_NO_ENGLISH = re.compile(
    r"\b(?:don'?t|do not|can'?t|cannot|not|no|não|nao)\s+(?:\w+\s+){0,2}?(?:speak|understand|read|write|know|hablo|"
    r"entiendo|comprendo|leo|escribo|s[eé]|domino|falo|entendo|leio|escrevo|sei|compreendo)\b"
    r"|\b(?:english|ingl[eéê]s)\s+(?:\w+\s+){0,2}?(?:not|isn'?t|bad|poor|weak|no|não|nao|malo|muy|ruim|fraco|mal)\b"
    r"|\b(?:bad|poor|weak|little|poco|pouco|sin|sem)\s+(?:de\s+)?(?:english|ingl[eéê]s)\b",
    re.IGNORECASE,
)
_ANOTHER = re.compile(r"\b(?:languages?|idiomas?|lenguas?|línguas?|lingua)\b", re.IGNORECASE)


class ChangeLanguage(Deed):
    """They want another language now."""

    title = "action_change_language"
    intent = "change_language"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Speak it and go on with what was open, or say in it that we cannot, and offer a person; the wish is kept."""
        code = await turn.write(lambda session: _wanted(session, turn))
        ours = policies.desk().languages
        if code is None:
            phrases = await turn.write(lambda session: Phrases(turn.conversation(session).locale))
            names = [reaching.language_name(each, phrases.locale) for each in ours.assistant]
            turn.say("utter_language_which", languages=phrases.listed(names))
            return []
        locale = await turn.write(lambda session: _keep(session, turn, code))
        if code in ours.assistant:
            events = turn.speak(locale)
            turn.say("utter_language_here")
            return [*events, *await _go_on(turn)]
        shown = policies.languages().root.get(code)
        if shown is not None and shown.sorry is not None:
            turn.say("utter_language_own", sentence=shown.sorry)
        alone = "" if code in ours.team else "_alone"
        turn.say(f"utter_language_other{alone}", language=reaching.language_name(code, locale))
        wish = {"intent": "request_human", "text": turn.text, "entities": {}, "language": code}
        return put(offer=wish) if turn.loop is None else []


async def known(turn: Turn) -> dict[str, Any]:
    """Who is there has just been proven: the slots with which the talk goes on in their language."""

    def know(session: Session) -> str:
        conversation = lock(session, Conversation, turn.conversation_id)
        if conversation is None:
            raise NotVerified("There is no such conversation.")
        before = conversation.locale
        spoken.know(session, conversation, identity.customer_of(session, conversation))
        return conversation.locale if spoken.language(conversation.locale) != spoken.language(before) else ""

    locale = await turn.write(know)
    return {event["name"]: event["value"] for event in turn.speak(locale)} if locale else {}


def _wanted(session: Session, turn: Turn) -> str | None:
    """The language that the message names, or is written in; else what is on file and not spoken yet. None for none."""
    conversation, customer = turn.conversation(session), turn.customer_if_known(session)
    here = spoken.language(conversation.locale)
    named = turn.entities.get("language") or reaching.language(turn.text)
    if named and not (named == "en" and _NO_ENGLISH.search(turn.text)):
        return named
    shown = written.language_of(turn.text)
    kept = preferences.of(session, conversation.id, customer.id if customer else None).language
    profile = spoken.language(customer.language) if customer else None
    if shown is not None and shown.language == here != "en" and not _ANOTHER.search(turn.text):
        return here  # the front door has followed this very message
    found = [shown.language if shown else None, kept, profile]
    return next((code for code in found if code and code != here), None)


def _keep(session: Session, turn: Turn, code: str) -> str:
    """Write the wish down; the locale from now on."""
    customer = turn.customer_if_known(session)
    conversation = lock(session, Conversation, turn.conversation_id)
    if conversation is None:
        raise NotVerified("There is no such conversation.")
    spoken.wish(session, conversation, customer, code)
    return conversation.locale


async def _go_on(turn: Turn) -> Events:
    """What was open, in the new language. A form asks its question again by itself."""
    if turn.loop is not None:
        return []
    offer, before = turn.slot("offer"), turn.recent_intents(2)
    if offer is not None and turn.last_said:
        last = turn.last_said[-1]
        turn.say(last.name, buttons=last.buttons, **last.values)
        return put(offer=offer)
    if len(before) == 2 and before[0] in TELLS and before[0] in Deed.by_intent:
        try:
            return await Deed.by_intent[before[0]].act(turn.wishing({"intent": before[0]}))
        except NotVerified:
            pass
    is_known = await turn.write(turn.customer_if_known) is not None
    turn.say("utter_what_next" if is_known else "utter_what_next_unknown")
    return []
