"""A new e-mail address, number, address or name: read, said back, passed to the desk, which alone changes what is on
file. Codes go to the contact on file until then, and the old one is told."""

from __future__ import annotations

import re
import uuid
from typing import Any

from sqlalchemy.orm import Session

from actions import records
from actions.assent import assent
from actions.deed import Deed, Form, Question
from actions.phrases import Phrases
from actions.reading import references
from actions.sensitive import SENSITIVE
from actions.talk import reaching
from actions.turn import TEXT_KEPT, Events, Turn, enter, leave, put
from bot.models import ContactChange, ContactKind, Customer, Hold, HoldKind

FORM = "contact_form"
UNHEARD = SENSITIVE | {"cancel", "start_over"}
STRAYS = frozenset({"inform", "nlu_fallback", "out_of_scope", "update_contact", "affirm"})
SURE = 0.8  # from which on words that could be an address or a name are taken for another wish
LONGEST = 300

_KIND = (
    (ContactKind.EMAIL, re.compile(r"\be-?mail|\binbox\b|@")),
    (ContactKind.PHONE, re.compile(r"\b(?:phone|mobile|cell|number|sim)\b")),
    (ContactKind.NAME, re.compile(r"\b(?:name|surname|married|divorced|maiden)\b")),
    (
        ContactKind.ADDRESS,
        re.compile(r"\b(?:address|moved|moving|street|post ?code|zip|live (?:at|in)|house|apartment|flat)\b"),
    ),
)
# These find what the new one is, which stays as it was written: so they know all three languages.
_NAME = re.compile(
    r"(?:\bname\b[^.,!?]{0,30}?\b(?:is now|is|to|now)\s+(?:now\s+)?|"
    r"\b(?:nombre|apellido|(?:sobre)?nome)\b[^.,!?]{0,30}?\b(?:(?:ahora |agora )?(?:es|[eé])|a|por|para)\s+|"
    r"\b(?:ahora me llamo|agora me chamo)\s+)([^.,!?\d]{2,80})",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:\baddress\b[^.!?\d]{0,30}?(?:\bis now\b|\bis\b|\bto\b|:)|"
    r"\bmoved? to\b|\bmoving to\b|\blive (?:at|in)\b(?: now)?|"
    r"\b(?:direcci[oó]n|domicilio|endere[cç]o)\b[^.!?\d]{0,30}?(?:\b(?:(?:ahora |agora )?(?:es|[eé])|a|para)\b|:)|"
    r"\bme mud[eé] (?:a|para)\b|\bmudei (?:para|pra)\b|\b(?:vivo en|moro (?:em|n[ao])))\s+(.{5,300})",
    re.IGNORECASE | re.DOTALL,
)
_INSTEAD = re.compile(
    r"\W*(?:(?:no|nope|sorry|actually|wait|oops|i meant?|it'?s|it is|should be|perd[oó]n|disculpe|espere|quise decir|"
    r"es|debe ser|n[aã]o|desculp[ae]|espera|quis dizer|na verdade|[eé])\b\W*)+(.+)",
    re.IGNORECASE | re.DOTALL,
)
_GONE = re.compile(
    r"\b(?:lost|stolen|no longer|not mine|isn'?t mine|any ?more|somebody else|someone else|gave up|"
    r"old (?:number|phone|one) (?:is|was|has)|cancell?ed|disconnected|"
    r"don'?t have (?:it|that|access)|do not have (?:it|that|access))\b"
)


class UpdateContact(Deed):
    """A new way to reach them, or a new name. Proof comes first."""

    title = "action_update_contact"
    intent = "update_contact"

    async def act(self, turn: Turn) -> Events:
        """Begin the form with what was said. Raises `NotVerified`."""
        await turn.write(turn.customer)
        kind = turn.entities.get("contact") or _kind(turn.words)
        return enter(
            FORM, contact_kind=kind, contact_change=await _noted(turn, kind), contact_agreed=None, topic="contact"
        )


class ContactForm(Form):
    """Takes the new contact, then a clear yes. It may still be corrected when the yes was asked for."""

    form = FORM
    slots = ("contact_change", "contact_agreed")

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The contact or the yes."""
        if not turn.is_answer or turn.requested is None or turn.intent in UNHEARD:
            return {}
        await turn.write(turn.customer)
        if "contact" in turn.entities:
            return {"contact_kind": turn.entities["contact"], "contact_change": None}
        asked = turn.requested == "contact_change"
        kind = _kind(turn.words) or turn.slot("contact_kind")
        corrected = None if asked else _corrected(turn, kind)
        if corrected is not None:
            noted = await _noted(turn.wishing({"intent": turn.intent, "text": corrected}), kind, whole=True)
        else:
            noted = await _noted(turn, kind, whole=asked and _may_be_free_text(turn, kind))
        if noted is not None:
            return {"contact_kind": kind, "contact_change": noted, "contact_agreed": None}
        if not asked:
            return assent(turn, "contact_agreed")
        if turn.intent in STRAYS and turn.text:
            if kind == turn.slot("contact_kind"):
                turn.say("utter_contact_unclear")
            return {"contact_kind": kind, "contact_change": None}
        return {}


class AskContactChange(Question):
    """Asks for the new one, or first what of it."""

    title = "action_ask_contact_change"

    async def ask(self, turn: Turn) -> Events:
        """Ask."""
        kind = turn.slot("contact_kind")
        turn.say(f"utter_ask_contact_{kind}" if kind else "utter_ask_contact")
        return []


class AskContactAgreed(Question):
    """Says it back and asks for a yes."""

    title = "action_ask_contact_agreed"

    async def ask(self, turn: Turn) -> Events:
        """Ask."""
        what, value = await turn.write(lambda session: _said_back(session, turn))
        turn.say("utter_contact_terms", what=what, value=value)
        return []


class RecordContact(Deed):
    """The customer said that it is right: the desk has a case."""

    title = "action_record_contact"
    wish = "update_contact"

    async def act(self, turn: Turn) -> Events:
        """Pass it on and say what happens. Raises `NotVerified`."""
        await turn.write(turn.customer)
        if not turn.slot("contact_change") or turn.slot("contact_agreed") is not True:
            return enter(FORM, contact_change=turn.slot("contact_change"), contact_agreed=None)
        what = await turn.write(lambda session: _record(session, turn))
        turn.say("utter_contact_noted", what=what)
        return [*leave("contact_kind", "contact_change", "contact_agreed"), *put(topic=None)]


def _kind(text: str) -> ContactKind | None:
    said = text[:TEXT_KEPT].lower()
    return next((kind for kind, pattern in _KIND if pattern.search(said)), None)


def _may_be_free_text(turn: Turn, kind: str | None) -> bool:
    is_free = kind in (ContactKind.ADDRESS, ContactKind.NAME) and bool(turn.text) and "?" not in turn.text
    return is_free and (turn.intent in STRAYS or turn.confidence < SURE)


def _corrected(turn: Turn, kind: str | None) -> str | None:
    """The address or name that takes the place of the one said back: "no, 14 Oak Street"."""
    found = _INSTEAD.match(turn.text)
    if found is None or "?" in turn.text:
        return None
    is_one = (kind == ContactKind.ADDRESS and any(map(str.isdigit, found[1]))) or (
        kind == ContactKind.NAME and found[1].istitle()
    )
    return found[1] if is_one else None


async def _noted(turn: Turn, kind: str | None, *, whole: bool = False) -> dict[str, Any] | None:
    """The new contact in the message, written down: {id, gone}. `whole`: the message is the answer to what it is."""

    def note(session: Session) -> dict[str, Any] | None:
        customer = turn.customer(session)
        value = _value(turn.text, kind, turn.conversation(session).locale, customer, whole=whole)
        if value is None or kind is None:
            return None
        change = ContactChange(
            customer_id=customer.id, conversation_id=turn.conversation_id, kind=ContactKind(kind), value=value[:LONGEST]
        )
        session.add(change)
        session.flush()
        return {"id": str(change.id), "gone": bool(_GONE.search(turn.words.lower().replace("’", "'")))}

    return await turn.write(note)


def _value(text: str, kind: str | None, locale: str, customer: Customer, *, whole: bool) -> str | None:
    match kind:
        case ContactKind.EMAIL:
            found = references.account_reference(text, asked=False)
            return found.lower() if found and "@" in found else None
        case ContactKind.PHONE:
            number = reaching.phone(text, [customer.country, *reaching.regions(locale)])
            return number if number != customer.phone else None
        case ContactKind.ADDRESS | ContactKind.NAME:
            match = (_ADDRESS if kind == ContactKind.ADDRESS else _NAME).search(text)
            value = match[1] if match else text if whole else ""
            return " ".join(value.split()).strip(" .,!") or None
    return None


def _said_back(session: Session, turn: Turn) -> tuple[str, str]:
    change = session.get_one(ContactChange, uuid.UUID(turn.slot("contact_change")["id"]))
    turn.customer(session)
    return Phrases(turn.conversation(session).locale).say(f"contact_{change.kind}"), change.value


def _record(session: Session, turn: Turn) -> str:
    customer = turn.customer(session)
    kept = turn.slot("contact_change")
    change = session.get_one(ContactChange, uuid.UUID(kept["id"]))
    case = records.open_case(session, turn.wishing({"intent": "update_contact"}), "update_contact", customer)
    change.case_id = case.id
    old = {"email": customer.email, "phone": customer.phone, "name": customer.name}.get(change.kind)
    lines = [f"New {change.kind}: {change.value}."]
    lines += [f"On file: {old}."] if old else []
    lines.append("Please put the new one on file, and tell the contact that was there before.")
    if change.kind == ContactKind.PHONE and kept.get("gone") and customer.phone:
        lines.append("The old number is said to be no longer theirs: nothing goes there any more.")
        # Whoever has that number now hears nothing of this customer (P1, P4).
        session.add(Hold(kind=HoldKind.WRONG_PERSON, address=customer.phone, reason="The number was given up."))
    case.summary = "\n".join([case.summary, " ".join(lines)]).strip()
    session.flush()
    return Phrases(turn.conversation(session).locale).say(f"contact_{change.kind}")
