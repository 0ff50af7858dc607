"""A concern: written down at once, held where it has to be, and passed to whom the criteria say (C8, C13, K13).

Whether a person takes over or a case waits beside the conversation is data (`policies/escalation.yml`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from actions import records
from actions.escalation import criteria
from actions.proof import FORM as PROOF
from actions.reading import references
from actions.talk import phone_proof
from actions.talk.handoff import hand_over, say_wait
from actions.talk.verification import send_code
from actions.turn import TEXT_KEPT, Events, Turn, enter, leave, leave_all, put
from bot.help_lines import country_of
from bot.models import Channel, Conversation, Customer, HoldKind


@dataclass(frozen=True, slots=True)
class Passed:
    """What became of a concern. `reference` is its case's, `again` says that it had been told before, `to_person` that
    a person takes over, `bound` that a hold on it reaches somebody (`is_bound`). `country` and `locale` are the
    customer's, as far as they are known."""

    customer: Customer | None
    country: str
    locale: str
    reference: str
    again: bool
    to_person: bool
    bound: bool = True


async def pass_on(turn: Turn, intent: str, *, hold: HoldKind | None = None, note: str = "") -> Passed:
    """Hold, open the case with a `note` before the customer's words, and hand over, each as the criteria for `intent`
    say. Raises `NotVerified` when there is no such conversation."""
    to_person = intent in criteria().hand_over

    def write(session: Session) -> Passed:
        customer = turn.customer_if_known(session)
        conversation = turn.conversation(session)
        locale, bound = conversation.locale, is_bound(conversation, customer)
        if hold is not None:
            records.hold_contact(session, turn, hold, customer)
        reference, again = "", False
        if intent in criteria().case:
            told = " ".join([note, *names(turn.text)]) if hold is not None and not bound else note
            again = records.opened(session, turn, intent) is not None
            reference = records.open_case(session, turn, intent, customer, note=told).reference
        country = customer.country if customer else country_of(locale)
        return Passed(customer, country, locale, reference, again, to_person, bound)

    passed = await turn.write(write)
    if to_person:
        await hand_over(turn, intent)
    return passed


def is_bound(conversation: Conversation, customer: Customer | None) -> bool:
    """Whether a hold told of here reaches somebody: `customer`, or the address that we would write to. On the web
    nobody is reached before a proof, so that a person has to find whom it is about."""
    return customer is not None or (bool(conversation.address) and conversation.channel != Channel.WEB)


def names(text: str) -> list[str]:
    """What `text` names an account by, as words of a case's note; [] for nothing."""
    found = references.every_reference(text)
    return [f"Named: {', '.join(found)}."] if found else []


async def say_who_is_next(turn: Turn, passed: Passed) -> None:
    """Say that a specialist takes over, and when, or that a colleague looks at it, so that nobody wonders what happens
    next."""
    if passed.to_person:
        turn.say("utter_specialist")
        await say_wait(turn)
    else:
        turn.say("utter_concern_noted")


async def unproven(turn: Turn, intent: str, topic: str, *, offer: str = "utter_concern_unknown") -> Events:
    """What is remembered of a concern of somebody who is not known yet, so that it is done for their account once they
    are. Who named the account in the same message goes on with a proof; others are offered one, in the words `offer`
    unless these are empty, and asked for nothing."""
    wish = {"intent": intent, "text": turn.text[:TEXT_KEPT], "entities": turn.entities}
    proving = await go_on_proving(turn)
    if turn.loop == PROOF or proving:
        return [*proving, *put(wish=wish, topic=topic)]
    if offer:
        turn.say(offer)
    return [*leave(), *put(offer=wish, wish=wish, topic=topic)]


async def go_on_proving(turn: Turn) -> Events:
    """A message that also names their account goes on to the code: nobody is asked twice for the same (design section
    10, 11). Nothing while a code is awaited, or when no account is named."""
    if turn.loop == PROOF and turn.requested != "reference":
        return []
    named = references.account_reference(turn.text, asked=False)
    if named is None:
        return []
    if await phone_proof.is_wanted(turn):
        return [] if turn.loop == PROOF else [*leave_all(), *enter(PROOF)]
    await send_code(turn, named)
    return put(reference=True) if turn.loop == PROOF else [*leave_all(), *enter(PROOF, reference=True)]
