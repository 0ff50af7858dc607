"""No more contact, and the wrong person: done at once, said in one sentence, nothing told (P4, C5, C8)."""

from __future__ import annotations

import datetime as dt
import re

from sqlalchemy.orm import Session

from actions import records
from actions.care import concern
from actions.deed import Deed
from actions.phrases import Phrases
from actions.proof import ask_for_proof
from actions.talk import contact_preferences, reaching, texting
from actions.turn import Events, Turn, leave_all, put
from bot.billing import identity, promises
from bot.conversations import preferences
from bot.conversations.preferences import Wish
from bot.conversations.refused_media import Medium, is_everything, refused
from bot.errors import NotVerified
from bot.models import Channel, Conversation, Customer, HoldKind, PreferenceKind, Promise
from bot.models import Medium as Way
from bot.money import Money

_LETTERS = re.compile(r"\b(?:letters?|post|postal|snail ?mail|paper|(?:by|in the) mail)\b")
_CONTACT = re.compile(
    r"\b(?:contact|messag|text|sms|whats ?app|call|phon|ring|e-?mail|mail|letter|post|writ|reach|bother|harass|remind|"
    r"notif|leav|talk|speak|hear|send|repl|chas|pester|spam|alone|touch|annoy|nag|hound|ask|demand|request|unsubscri|"
    r"news|updat)\w*|\b(?:at all|everything|whatsoever)\b"
)
_MONTHS = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|"
    r"aug|sept?|oct|nov|dec)"
)
_PAYMENT = re.compile(
    rf"\b(?:payments?|instal?lments?|charg\w+|debits?|deductions?)\b|\b(?:{_MONTHS}|next|last|first|following)(?:'s)? "
    r"(?:month'?s? )?one\b"
)
_AUTOPAY = re.compile(r"\b(?:automatic\w*|auto-?pay|card|direct debit|charg\w+ me)\b")
_PROMISE = re.compile(
    r"\b(?:no|forget|cancel|drop|scrap|stop|end|enough|done|undo|take back|withdraw)\b[^.?!]{0,25}"
    r"\b(?:promises?|pledges?)\b"
)
_UNTIL_THEN = re.compile(
    r"\b(?:until|till|til|before) (?:then|that(?: day| date)?|the day|payday|it'?s due)(?=\W*(?:$|[.,!?]))"
)

# Nothing but who writes: "hi, this is Priya", "Carlos here". Who says a name is not somebody else for that.
_INTRODUCES = re.compile(
    r"\W*(?:(?:hi|hello|hey|hiya|yo|(?:good )?(?:morning|afternoon|evening|day))(?: there)?\W+)?"
    r"(?:(?:this is|it'?s|it is|my name(?:'?s| is)|i'?m|i am)\s+(?!not\b|no\b|nobody\b|wrong\b|some|the\b|a\b|an\b|"
    r"his\b|her\b|their\b)[\w'-]+(?: [\w'-]+)?(?: (?:here|speaking|again))?"
    r"|(?!no\b|not\b|nobody|ain|there|never|wrong|some)[\w'-]+(?: (?!not\b)[\w'-]+)? (?:here|speaking))\W*"
)


NOT_TEXT = frozenset({Medium.PHONE, Medium.EMAIL})
WAYS = {Medium.SMS: Way.SMS, Medium.WHATSAPP: Way.WHATSAPP, Medium.PHONE: Way.CALL, Medium.EMAIL: Way.EMAIL}


class CeaseContact(Deed):
    """Stop contacting me: as far as the words say, and no further (design section 10, 10)."""

    title = "action_cease_contact"

    async def act(self, turn: Turn) -> Events:
        """Hold what they refuse, open a case, confirm it in one sentence with nothing else in it (C5)."""
        said = turn.words.lower().replace("’", "'")
        if contact_preferences.allows(said):
            return await Deed.by_intent["set_contact_preference"].act(turn)
        if _PAYMENT.search(said) and not _CONTACT.search(said):
            return await _instead(turn, "manage_autopay" if _AUTOPAY.search(said) else "change_plan")
        if _PROMISE.search(said) and not _CONTACT.search(said) and not is_everything(said):
            return await _without_promise(turn)
        if reaching.asks(said):
            return await contact_preferences.say_what_stands(turn)
        if _UNTIL_THEN.search(said):
            return await _quiet_until_then(turn)
        if await contact_preferences.leaves_a_way(turn):
            # "No calls, text me", "not until March": no end of contact (C7).
            return await Deed.by_intent["set_contact_preference"].act(turn)
        media = refused(turn.words)
        if _LETTERS.search(said) and not is_everything(said):
            return await contact_preferences.keep(turn, _without_letters(media))

        def stop(session: Session) -> tuple[str, bool]:
            customer, conversation = turn.customer_if_known(session), turn.conversation(session)
            for address in sorted(_addresses(media, conversation, customer)):
                records.hold_contact(session, turn, HoldKind.CEASE, customer, address=address)
            if not media:
                records.hold_contact(session, turn, HoldKind.CEASE, customer)
            texting.refuse(session, conversation, customer, [WAYS[medium] for medium in media] or [None])
            # What no START can take back is kept by itself, too.
            lasting = [Wish(PreferenceKind.REFUSED, WAYS[medium]) for medium in media if medium in NOT_TEXT]
            preferences.record(session, conversation, customer.id if customer else None, lasting)
            is_bound = concern.is_bound(conversation, customer)
            note = f"Refused: {', '.join(media) if media else 'all contact'}."
            if not is_bound:
                note = " ".join([note, *concern.names(turn.text)])
            records.open_case(session, turn, "cease_contact", customer, note=note)
            return conversation.locale, is_bound

        locale, is_bound = await turn.write(stop)
        phrases = Phrases(locale)
        if not is_bound:
            turn.say("utter_cease_passed_on")
        elif media:
            ways = [phrases.say(f"cease_{medium}") for medium in media]
            turn.say("utter_cease_medium", ways=phrases.listed(ways))
        else:
            turn.say("utter_cease_contact")
        return leave_all()


class WrongPerson(Deed):
    """I am not who you mean."""

    title = "action_wrong_person"

    async def act(self, turn: Turn) -> Events:
        """Hold the address, end whatever was proven here, apologise, tell nothing (P4). A phone number proves nothing
        from now on, whatever the medium. Who only says their name is greeted."""
        if introduces(turn.words):
            return await Deed.by_title["action_greet"].act(turn)

        def stop(session: Session) -> None:
            records.hold_contact(session, turn, HoldKind.WRONG_PERSON, None)
            records.open_case(session, turn, "wrong_person", None)
            conversation = turn.conversation(session)
            identity.end(session, conversation)
            if conversation.channel != Channel.WEB and conversation.address:
                identity.end_everywhere(session, conversation.address)

        await turn.write(stop)
        turn.say("utter_wrong_person")
        return [*leave_all()]


def introduces(text: str) -> bool:
    """Whether `text` says who writes and nothing else."""
    return _INTRODUCES.fullmatch(text.lower().replace("’", "'")) is not None


async def _instead(turn: Turn, intent: str) -> Events:
    """What the message is about after all; a proof comes first where it has to."""
    wished = turn.wishing({"intent": intent, "text": turn.text, "entities": turn.entities})
    try:
        return await Deed.by_intent[intent].act(wished)
    except NotVerified:
        return ask_for_proof(wished, intent)


async def _without_promise(turn: Turn) -> Events:
    """Their promise is taken back, since a promise binds nobody, and another day or instalments stay possible (K7)."""

    def take_back(session: Session) -> tuple[Phrases, Promise | None]:
        customer = turn.customer(session)
        return Phrases(turn.conversation(session).locale), promises.take_back(session, customer)

    try:
        phrases, taken = await turn.write(take_back)
    except NotVerified:
        return ask_for_proof(turn, "promise_to_pay")
    if taken is None:
        turn.say("utter_what_next")
    else:
        amount = phrases.money(Money(taken.amount, taken.currency))
        turn.say("utter_promise_taken_back", amount=amount, day=phrases.day(taken.due_on))
    return [*leave_all(), *put(topic="promise")]


async def _quiet_until_then(turn: Turn) -> Events:
    """Nothing from us until the day that they promised to pay on, and told so; without a promise the day is asked."""

    def keep(session: Session) -> tuple[str, dt.date] | None:
        customer = turn.customer_if_known(session)
        made = promises.promises(session, customer) if customer else []
        if customer is None or not made:
            return None
        conversation, day = turn.conversation(session), made[0].due_on
        wish = Wish(PreferenceKind.QUIET_UNTIL, None, {"until": day.isoformat()})
        preferences.record(session, conversation, customer.id, [wish])
        return conversation.locale, day

    kept = await turn.write(keep)
    if kept is None:
        return await Deed.by_intent["set_contact_preference"].act(turn)
    locale, day = kept
    turn.say("utter_quiet_until_promise", day=Phrases(locale).day(day))
    return []


def _without_letters(media: list[Medium]) -> list[Wish]:
    """The wish for no letters, and for none of `media` either."""
    return [Wish(PreferenceKind.REFUSED, way) for way in (Way.LETTER, *(WAYS[medium] for medium in media))]


def _addresses(media: list[Medium], conversation: Conversation, customer: Customer | None) -> set[str]:
    """Where `media` would reach them: what is on file, or else where they write from."""
    if customer is None:
        return {conversation.address or str(conversation.id)} if media else set()
    on_file = {customer.email if medium is Medium.EMAIL else customer.phone for medium in media}
    return {address for address in on_file if address} or ({conversation.address or ""} if media else set())
