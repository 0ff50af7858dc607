"""Which language a conversation is held in: `Conversation.locale`, which every sentence, amount and day follows (K12).

The customer's wish beats all, in whichever conversation they made it known; then comes what they write, then their
profile, then what the page or the number suggests. Before a proof nothing is taken from an account (P2).
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from sqlalchemy.orm import Session

from bot import policies
from bot.conversations import preferences, written
from bot.conversations.preferences import Wish
from bot.models import Author, Channel, Conversation, Customer, Message, PreferenceKind

LOOKED_BACK = 4  # messages of the customer's
ANYWHERE = {"es": "es-419"}  # where no country's own way of writing is known; else the language alone
ENGLISH = "en-US"


def language(locale: str) -> str:
    """The language of a locale (BCP 47), ISO 639-1."""
    return locale.replace("_", "-").split("-")[0].lower()


def at_number(region: str | None) -> str:
    """The locale for a phone of `region` (ISO 3166-1) until its owner has written: the language of the country where we
    speak it, else English."""
    ours = policies.desk().languages.assistant
    theirs = get_official_languages(region, de_facto=True) if region else ()
    spoken = next((each for each in theirs if each in ours), "en")
    return _known(spoken, region) or ENGLISH


def hear(session: Session, conversation: Conversation, text: str) -> None:
    """Follow the customer to the language of `text`, which they have just written and which is not kept yet.

    One long enough message decides, or two clear ones, or the first on the website of more than a word; on a phone the
    first word. Not where they have wished for a language. The caller holds the lock of the row.
    """
    found = written.language_of(text)
    if found is None or found.language not in _ours() or found.language == language(conversation.locale):
        return
    if not found.is_long and not _is_decisive(session, conversation, found):
        return
    customer_id = conversation.customer_id if conversation.verified_until else None
    if _wished(session, conversation.id, customer_id) is None:
        conversation.locale = _locale(conversation, found.language, None)


def wish(session: Session, conversation: Conversation, customer: Customer | None, language: str) -> bool:
    """Keep that this language (ISO 639-1) is wished for, and speak it from now on. Gives whether we can. `customer` is
    who has proven to be there."""
    kept = Wish(PreferenceKind.LANGUAGE, None, {"language": language})
    preferences.record(session, conversation, customer.id if customer else None, [kept])
    return follow(conversation, customer, language)


def follow(conversation: Conversation, customer: Customer | None, language: str) -> bool:
    """Speak `language` from now on, if it is one of ours. Gives whether it is."""
    if language not in _ours():
        return False
    conversation.locale = _locale(conversation, language, customer)
    return True


def know(session: Session, conversation: Conversation, customer: Customer) -> None:
    """`customer` has just proven to be there: speak the language of their wish, else the one that they write here, else
    that of their profile. The caller holds the lock of the row."""
    wished = _wished(session, conversation.id, customer.id)
    if wished is not None:
        chosen = wished
    elif _has_written(session, conversation):
        chosen = language(conversation.locale)
    else:
        chosen = language(customer.language)
    follow(conversation, customer, chosen)


def of_profile(session: Session, conversation: Conversation, customer: Customer) -> str:
    """The locale for `customer`, who begins `conversation` signed in: their wish, else their profile."""
    wished = _wished(session, None, customer.id)
    return _locale(conversation, wished, customer) if wished is not None else customer.language


def _wished(session: Session, conversation_id: uuid.UUID | None, customer_id: uuid.UUID | None) -> str | None:
    """The language that was wished for last, where it is one of ours."""
    found = preferences.of(session, conversation_id, customer_id).language
    return found if found in _ours() else None


def _ours() -> list[str]:
    return policies.desk().languages.assistant


def _is_decisive(session: Session, conversation: Conversation, found: written.Written) -> bool:
    """Whether a clear but short message is enough: the first, or the second in this language."""
    before = _written_before(session, conversation)
    if not before:
        return found.words > 1 or conversation.channel != Channel.WEB
    last = next((clear for one in before if (clear := written.language_of(one)) is not None), None)
    return last is not None and last.language == found.language and found.words > 1


def _has_written(session: Session, conversation: Conversation) -> bool:
    """Whether the customer clearly writes the language that is spoken."""
    spoken = language(conversation.locale)
    before = _written_before(session, conversation)
    found = [clear for one in before if (clear := written.language_of(one)) is not None]
    return any(each.language == spoken and each.words > 1 for each in found)


def _written_before(session: Session, conversation: Conversation) -> list[str]:
    """What the customer wrote last, the newest first; what was chosen is left out."""
    texts = (
        sa.select(Message.text)
        .where(Message.conversation_id == conversation.id, Message.author == Author.CUSTOMER, Message.payload.is_(None))
        .order_by(Message.seq.desc())
        .limit(LOOKED_BACK)
    )
    return [text for text in session.scalars(texts) if text]


def _locale(conversation: Conversation, spoken: str, customer: Customer | None) -> str:
    """How `spoken` is written: as in the profile, as it is here already, as in the country that is known here, or as
    anywhere."""
    if customer is not None and language(customer.language) == spoken:
        return customer.language
    if language(conversation.locale) == spoken and "-" in conversation.locale:
        return conversation.locale
    region = conversation.locale.replace("_", "-").split("-")[-1].upper() if "-" in conversation.locale else None
    return _known(spoken, region) or ANYWHERE.get(spoken, spoken)


def _known(spoken: str, region: str | None) -> str | None:
    """`spoken` as it is written in `region`, where somebody writes it so."""
    if region is None:
        return None
    try:
        return str(Locale.parse(f"{spoken}-{region}", sep="-")).replace("_", "-")
    except (UnknownLocaleError, ValueError):
        return None
