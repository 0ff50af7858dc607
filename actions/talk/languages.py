"""Another language: spoken where we can, else a person who speaks it is offered (K12)."""

from __future__ import annotations

import re

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
_CLEAR_WORDS = {
    "es": {
        "usted", "ustedes", "puedo", "puede", "quiero", "necesito", "pagar", "cuánto", "cuanto", "dinero", "cuenta",
        "gracias", "hola", "ayuda", "idioma", "habla", "alguien", "deuda", "favor", "por",
    },
    "pt": {
        "você", "vocês", "posso", "pode", "quero", "preciso", "quanto", "pagar", "dinheiro", "conta", "obrigado",
        "obrigada", "olá", "ajuda", "não", "nao", "idioma", "alguém", "dívida", "meu", "minha", "favor", "por",
    },
}  # fmt: skip
ENOUGH = 2  # clear words of a language


class ChangeLanguage(Deed):
    """They want another language now."""

    title = "action_change_language"
    intent = "change_language"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Speak it, or say in it that we cannot yet; the wish is kept, and a person offered who speaks it."""
        named = turn.entities.get("language") or reaching.language(turn.text)
        code = named or await turn.write(lambda session: _likely(session, turn))
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


def written(text: str) -> str | None:
    """Spanish or Portuguese, where `text` has clear words of one and more than of the other; else None."""
    words = set(re.findall(r"[^\W\d_]+", text.lower()))
    counts = {code: len(words & clear) for code, clear in _CLEAR_WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    others = max(count for code, count in counts.items() if code != best)
    return best if counts[best] >= ENOUGH and counts[best] > others else None


def _likely(session: Session, turn: Turn) -> str | None:
    """The language of a message that names none: the one that is kept, else that of the conversation, else of the words
    themselves. None is English, which is written already, or not known."""
    customer, conversation = turn.customer_if_known(session), turn.conversation(session)
    kept = preferences.of(session, conversation.id, customer.id if customer else None).language
    ours = conversation.locale.replace("_", "-").split("-")[0].lower()
    return next((code for code in (kept, ours) if code and code != "en"), None) or written(turn.text)


def _keep(session: Session, turn: Turn, code: str) -> None:
    customer = turn.customer_if_known(session)
    wish = Wish(PreferenceKind.LANGUAGE, None, {"language": code})
    preferences.record(session, turn.conversation(session), customer.id if customer else None, [wish])
