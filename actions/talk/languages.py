"""Another language: spoken where we can, else a person who speaks it is offered (K12)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.deed import Deed
from actions.phrases import Phrases
from actions.talk import reaching
from actions.turn import Events, Turn, put
from bot import policies
from bot.conversations import preferences
from bot.conversations.preferences import Wish
from bot.models import PreferenceKind

OWN_WORDS = frozenset({"es", "pt"})  # languages in which domain.yml says that they are not spoken here yet


class ChangeLanguage(Deed):
    """They want another language now."""

    title = "action_change_language"
    intent = "change_language"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Speak it, or say in it that we cannot yet; the wish is kept, and a person offered who speaks it."""
        code = turn.entities.get("language") or reaching.language(turn.text)
        spoken = policies.desk().languages
        phrases = await turn.write(lambda session: Phrases(turn.conversation(session).locale))
        if code is None:
            names = [reaching.language_name(each, phrases.locale) for each in spoken.team]
            turn.say("utter_language_which", languages=phrases.listed(names))
            return []
        await turn.write(lambda session: _keep(session, turn, code))
        if code in spoken.assistant:
            turn.say("utter_language_here")
            return put(language=None if code == "en" else code)
        own = code if code in OWN_WORDS else "other"
        by_team = code in spoken.team
        turn.say(
            f"utter_language_{own}{'' if by_team else '_alone'}", language=reaching.language_name(code, phrases.locale)
        )
        wish = {"intent": "request_human", "text": turn.text, "entities": {}}
        return put(offer=wish) if turn.loop is None else []


def _keep(session: Session, turn: Turn, code: str) -> None:
    customer = turn.customer_if_known(session)
    wish = Wish(PreferenceKind.LANGUAGE, None, {"language": code})
    preferences.record(session, turn.conversation(session), customer.id if customer else None, [wish])
