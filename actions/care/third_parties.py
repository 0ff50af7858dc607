"""Somebody speaks for another: nothing of the account is theirs to hear, and what they can do is told (P2, P4).

They may pay an amount that they name towards an account number that they give. The words, the link and its page are the
same for a number that is nobody's (docs/decisions/0012-a-guest-pays-blind.md).
"""

from __future__ import annotations

import re
from typing import Any

from babel.numbers import get_territory_currencies
from sqlalchemy.orm import Session

from actions import cards, records, refused
from actions.care import concern
from actions.deed import Deed, Form
from actions.reading import amounts, references
from actions.sensitive import SENSITIVE, may_answer
from actions.turn import Events, Turn, enter, leave_all, put
from bot.billing import identity, payments
from bot.billing.payments import guests
from bot.errors import InvalidInput
from bot.help_lines import country_of
from bot.money import Money

FORM = "guest_form"
ANSWERS = frozenset({"inform", "nlu_fallback", "make_payment", "third_party", "affirm"})
ABOUT_BALANCE = frozenset({"check_balance", "check_due_date", "explain_balance", "ask_minimum_payment", "ask_fees"})
_KIN = (
    r"(?:wife|husband|spouse|partner|girlfriend|boyfriend|fianc[eé]e?|mother|mom|mum|father|dad|parents?|son|daughter|child|"
    r"kid|brother|sister|sibling|aunt|uncle|nephew|niece|cousin|grand\w+|friend|carer|caregiver|neighbou?r|flat ?mate|"
    r"room ?mate|assistant|accountant|solicitor|social worker|support worker)"
)
_PAYS = re.compile(
    r"\b(?:pay|paying|settle|cover|contribute|chip in|send (?:some )?money|make a payment|give you|put (?:some|\d+))\b"
)
# The holder, who is known, says that somebody else may speak for them.
_AUTHORISES = re.compile(
    rf"\b(?:i|we) (?:hereby )?(?:authori[sz]e|allow|permit|give (?:permission|consent|authority)|want my|would like my|"
    rf"appoint|nominate)\b|\bmy {_KIN}(?:,? \w+,?)? (?:can|may|is allowed to|has (?:my )?permission to|"
    r"handles?|will be|should be able to|is going to) (?:speak|talk|deal|call|write|act|handle|manage|(?:be )?speaking|"
    r"handling|dealing|my)\b|\bon my behalf\b"
)
# The holder, who is known, would pay for another account; that says nothing of who they are.
_FOR_ANOTHER = re.compile(
    rf"\bfor (?:my|our) {_KIN}(?:'s)?\b|\b(?:my|our) {_KIN}'?s (?:account|bill|invoice|balance)\b|\bon behalf of my\b|"
    r"\bsomebody else'?s\b|\bsomeone else'?s\b|\banother account\b"
)
_IS_ANOTHER = re.compile(
    rf"\b(?:i'?m|i am|this is|it'?s|here is) (?:actually )?(?:not |n't )?(?:her|his|their|the|\w+'?s) {_KIN}\b|"
    rf"\b(?:i'?m|i am|this is) (?:not|n't)\b|\bfor (?:her|him|them)\b|"
    r"\b(?:her|his|their) (?:account|bill|invoice|phone)\b"
)
# The customer themselves would ask somebody at home first, or use their card.
_ASKS_KIN = re.compile(
    r"\b(?:i(?:'ll| will| need to| have to| want to| must|'d like to| should|'m going to|'ve got to| gotta)|"
    r"let me|lemme|need to|have to|got to|gotta|gonna|going to)\b[^.!?]{0,15}"
    r"\b(?:ask|talk (?:to|with)|speak (?:to|with)|check with|"
    rf"run (?:it|this|that) (?:by|past)|discuss (?:it |this |that )?with) (?:my|our) (?:\w+ )?{_KIN}\b"
)
_KINS_CARD = re.compile(
    rf"\b(?:my|our) (?:\w+ )?{_KIN}(?:'?s) (?:\w+ )?(?:card|account details|visa|mastercard|debit|credit)\b"
)
_FISHES = re.compile(
    r"\b(?:does|did|has|do|have) [\w' -]{2,40} (?:have|got|hold|opened?|owe)\b[\w' ]{0,15}"
    r"\b(?:account|owe|money|anything)\b|\bis [\w' -]{2,40} (?:a|your) (?:customer|client)\b"
    r"|\b(?:police|officer|detective|investigator|journalist|landlord|landlady|letting agen\w+|employer|bailiff|"
    r"debt collector|recruiter)\b|\bmy ex\b|\bex-?(?:wife|husband|partner|boyfriend|girlfriend)\b"
)
_CARES = re.compile(
    rf"\b(?:for|behalf of) (?:my|our) (?!ex\b)(?:\w+ )?{_KIN}\b|\b(?:carer|caregiver|look(?:ing)? after)\b"
)
_UNIT = re.compile(r"[$£€]|\b(?:dollars?|bucks?|usd|pounds?|quid|gbp|euros?|eur|reais|brl)\b")
_SUM = re.compile(
    r"(?:ok(?:ay)?,? |then |just |make it |say |let'?s say )?\d+(?:[.,]\d\d)? (?:then|instead|in total|after all)[.!]?"
)
_UNITS = {"£": "GBP", "pound": "GBP", "quid": "GBP", "€": "EUR", "euro": "EUR", "r$": "BRL", "reais": "BRL"}
NO_COUNTRY = "USD"


class ThirdParty(Deed):
    """I'm writing for my mother."""

    title = "action_third_party"
    intent = "third_party"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Tell nothing, say how the holder can authorise them and that they may pay; a proof of the holder ends."""
        customer = await turn.write(turn.customer_if_known)
        said = turn.words.lower().replace("’", "'")
        if customer is not None and _AUTHORISES.search(said) and not _IS_ANOTHER.search(said):
            return await self._authorised(turn)
        if not _IS_ANOTHER.search(said) and (beside := _of_their_own(said)):
            turn.say(beside)
            return []
        await turn.write(lambda session: _note(session, turn, ends_proof=not _stays(said)))
        if turn.entities.get("third_party") == "pay" or _PAYS.search(said):
            return await _guest(turn)
        is_kind = not _FISHES.search(said) or _CARES.search(said)
        turn.say("utter_third_party" if is_kind else "utter_third_party_private")
        return leave_all()

    async def _authorised(self, turn: Turn) -> Events:
        """The holder names somebody who may speak for them: a person makes sure of it."""
        await concern.pass_on(turn, "authorisation")
        turn.say("utter_authorisation_noted")
        return []


class GuestForm(Form):
    """Takes how much, then towards which account number."""

    form = FORM
    slots = ("guest_amount", "guest_account")

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The slots that the message fills."""
        if not turn.is_answer or turn.intent in SENSITIVE - {"third_party"} or not turn.text:
            return {}
        is_account = turn.requested == "guest_account"
        is_sum = _SUM.fullmatch(turn.words.strip().lower()) is not None
        number = account_number(turn.text, asked=is_account and not is_sum)
        if turn.intent in ("deny", "cancel") and number is None:
            return {turn.requested or self.slots[0]: None, "requested_slot": None}
        if number is None and turn.intent in ABOUT_BALANCE and turn.requested:
            turn.say("utter_guest_any_amount")
            return {turn.requested: None}
        if number is None and not may_answer(turn, ANSWERS):
            return {}
        locale = await turn.write(lambda session: turn.conversation(session).locale)
        is_amount = not is_account or is_sum or _UNIT.search(turn.words.lower())
        amount = named_amount(turn.words, locale) if is_amount else None
        taken: dict[str, Any] = {}
        if amount is not None:
            taken["guest_amount"] = _in_slot(amount)
        if number is not None:
            taken |= {"guest_account": True, "wish": _kept(number)}
        if not taken and turn.intent in ("inform", "nlu_fallback"):
            turn.say("utter_guest_account_unclear" if is_account else "utter_guest_amount_unclear")
            return {turn.requested or self.slots[0]: None}
        return taken


class OpenGuestLink(Deed):
    """Amount and account number are named: the link, in the same words whether or not there is such an account (P2)."""

    title = "action_open_guest_link"

    async def act(self, turn: Turn) -> Events:
        """Make the link and say what it is, and that no more can be told."""
        kept = turn.slot("guest_amount")
        number = (turn.slot("wish") or {}).get("text")
        if not kept or not number:
            turn.say("utter_guest_left")
            return leave_all()
        return await _give_link(turn, number, Money(kept["minor"], kept["currency"]))


def account_number(text: str, *, asked: bool = False) -> str | None:
    """The account number in `text`; no other reference will do, since a guest has the number from the holder. Bare
    digits are one only where it was `asked` for."""
    found = references.account_reference(text, asked=asked)
    return found if found and re.fullmatch(r"(?:[A-Za-z]{2,4}-?)?\d{3,10}", found) else None


def named_amount(text: str, locale: str) -> Money | None:
    """The amount that a guest names, in the currency of its sign, else in that of their own country: the account's
    would tell of it (P2)."""
    said = text.lower()
    usual = get_territory_currencies(country_of(locale).upper()) or [NO_COUNTRY]
    currency = next((code for unit, code in _UNITS.items() if unit in said), usual[0])
    found = amounts.read(text, currency, locale)
    return found.amount if found and found.amount else None


def _of_their_own(said: str) -> str | None:
    """The answer to a customer who only wants to ask somebody at home, or to use their card; None for anything else.
    What was going on goes on."""
    if _KINS_CARD.search(said):
        return "utter_any_card"
    return "utter_ask_at_home" if _ASKS_KIN.search(said) else None


def _stays(said: str) -> bool:
    """Whether who speaks may still be the holder who is known: they pay for another account, and nothing says more."""
    return bool(_PAYS.search(said) and _FOR_ANOTHER.search(said)) and not _IS_ANOTHER.search(said)


def _note(session: Session, turn: Turn, *, ends_proof: bool) -> None:
    records.open_case(session, turn, "third_party", None)
    if ends_proof and turn.text:
        identity.end(session, turn.conversation(session))


async def _guest(turn: Turn) -> Events:
    locale = await turn.write(lambda session: turn.conversation(session).locale)
    amount, number = named_amount(turn.words, locale), account_number(turn.text)
    if amount is not None and number is not None:
        return await _give_link(turn, number, amount)
    turn.say("utter_guest_begin")
    slots = {"guest_amount": _in_slot(amount) if amount else None, "guest_account": True if number else None}
    return [*leave_all(), *enter(FORM, **slots, wish=_kept(number or ""), topic="guest")]


async def _give_link(turn: Turn, number: str, amount: Money) -> Events:
    def open_link(session: Session) -> tuple[str, str]:
        conversation = turn.conversation(session)
        records.open_case(session, turn, "guest_payment", None, note=f"Towards account number {number}.")
        payment = guests.open_guest_link(session, conversation, number, amount)
        return payments.link(payment), amount.format(conversation.locale)

    try:
        url, said = await turn.write(open_link)
    except InvalidInput as error:
        refused.tell(turn, error)
        return [*leave_all(), *enter(FORM, guest_amount=None, guest_account=True, wish=_kept(number), topic="guest")]
    turn.say("utter_guest_link", card=cards.pay_link(url, amount), amount=said, url=url, account=number)
    return [*leave_all(), *put(topic="guest")]


def _in_slot(amount: Money) -> dict[str, Any]:
    return {"minor": amount.minor, "currency": amount.currency}


def _kept(number: str) -> dict[str, Any]:
    """The account number, for as long as the amount is still asked for."""
    return {"intent": "third_party", "text": number, "entities": {}}
