"""No more contact, and the wrong person: done at once, said in one sentence, nothing told (P4, C5, C8)."""

from __future__ import annotations

import re
from enum import StrEnum

from sqlalchemy.orm import Session

from actions import records
from actions.deed import Deed
from actions.phrases import Phrases
from actions.talk import contact_preferences
from actions.turn import Events, Turn, leave_all
from bot.billing import identity
from bot.models import Conversation, Customer, HoldKind

_EVERYTHING = re.compile(
    r"\b(?:any ?where|at all|anything|everything|nothing|any (?:way|medium|means|form|channel|contact|kind)|"
    r"every (?:way|channel)|all (?:contact|communication|messages)|no (?:more )?contact|whatsoever|leave me alone)\b"
    r"|\b(?:stop|never|don'?t|do not|quit|cease)(?: ever)?(?: all)? (?:contact|messag|bother|harass|reach)\w*"
)


class Medium(StrEnum):
    """A way by which somebody asks not to be reached."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    PHONE = "phone"
    EMAIL = "email"


_WORDS = {
    Medium.SMS: re.compile(r"\b(?:text(?:s|ing|ed)?|text messages?|sms)\b"),
    Medium.WHATSAPP: re.compile(r"\bwhats ?app\w*\b"),
    Medium.PHONE: re.compile(r"\b(?:call(?:s|ing|ed)?|phon(?:e|es|ing)|ring(?:ing)?|voicemails?)\b"),
    Medium.EMAIL: re.compile(r"\b(?:e-?mail(?:s|ing|ed)?)\b"),
}


class CeaseContact(Deed):
    """Stop contacting me: as far as the words say, and no further (design section 10, 10)."""

    title = "action_cease_contact"

    async def act(self, turn: Turn) -> Events:
        """Hold what they refuse, open a case, confirm it in one sentence with nothing else in it (C5)."""
        if await contact_preferences.leaves_a_way(turn):
            # "No calls, text me", "not until March": no end of contact (C7).
            return await Deed.by_intent["set_contact_preference"].act(turn)
        media = refused(turn.text)

        def stop(session: Session) -> str:
            customer, conversation = turn.customer_if_known(session), turn.conversation(session)
            for address in sorted(_addresses(media, conversation, customer)):
                records.hold_contact(session, turn, HoldKind.CEASE, customer, address=address)
            if not media:
                records.hold_contact(session, turn, HoldKind.CEASE, customer)
            note = f"Refused: {', '.join(media) if media else 'all contact'}."
            records.open_case(session, turn, "cease_contact", customer, note=note)
            return conversation.locale

        phrases = Phrases(await turn.write(stop))
        if media:
            ways = [phrases.say(f"cease_{medium}") for medium in media]
            turn.say("utter_cease_medium", ways=phrases.listed(ways))
        else:
            turn.say("utter_cease_contact")
        return leave_all()


class WrongPerson(Deed):
    """I am not who you mean."""

    title = "action_wrong_person"

    async def act(self, turn: Turn) -> Events:
        """Hold the address, end whatever was proven here, apologise, tell nothing (P4)."""

        def stop(session: Session) -> None:
            records.hold_contact(session, turn, HoldKind.WRONG_PERSON, None)
            records.open_case(session, turn, "wrong_person", None)
            identity.end(session, turn.conversation(session))

        await turn.write(stop)
        turn.say("utter_wrong_person")
        return [*leave_all()]


def refused(text: str) -> list[Medium]:
    """The ways that `text` names, where it refuses these alone; none when it refuses all contact."""
    said = text.lower().replace("’", "'")
    if _EVERYTHING.search(said):
        return []
    return [medium for medium, words in _WORDS.items() if words.search(said)]


def _addresses(media: list[Medium], conversation: Conversation, customer: Customer | None) -> set[str]:
    """Where `media` would reach them: what is on file, or else where they write from."""
    if customer is None:
        return {conversation.address or str(conversation.id)} if media else set()
    on_file = {customer.email if medium is Medium.EMAIL else customer.phone for medium in media}
    return {address for address in on_file if address} or ({conversation.address or ""} if media else set())
