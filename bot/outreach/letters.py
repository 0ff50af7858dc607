"""A message that we begin, written into the conversation of its address, and with that into the outbox (C3, P1)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, disclosures
from bot.conversations import payment_news, transcript
from bot.db import new_id
from bot.models import Author, Conversation, Customer, Delivery, Medium, Message, Provider, Reminder, ReminderKind
from bot.money import Money
from bot.outreach import local_hours, template_values, templates, tones, variants
from bot.outreach.facts import CHANNELS, Facts
from bot.outreach.gate import Situation
from bot.outreach.templates import Register
from bot.policies import Tone
from bot.settings import settings


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be said: of `kind`, in the words of `step`. `amount` and `day` are what it is about, `years` those of
    an anniversary."""

    kind: ReminderKind
    step: int
    amount: Money
    day: dt.date
    years: int = 0


def conversation_of(session: Session, facts: Facts, medium: Medium) -> Conversation:
    """The conversation on the customer's address by `medium`, which the caller has locked; made where there is none.

    Whose it is, a proof has to show (P1): one that we begin is nobody's until they answer.
    """
    here = sorted(facts.here(medium), key=lambda talk: (talk.address == facts.address(medium), talk.created_at))
    if here:
        return here[-1]
    made = Conversation(
        id=new_id(),
        channel=CHANNELS[medium],
        address=facts.address(medium),
        provider=_provider(medium),
        locale=locale_of(facts),
        last_seq=0,
    )
    session.add(made)
    facts.talks.append(made)
    return made


def write(
    session: Session, letter: Letter, facts: Facts, situation: Situation, conversation: Conversation
) -> tuple[Message, templates.Rendered, str]:
    """The message at the end of `conversation`, what was rendered, and the tone. The caller holds its lock.

    Openly only where the customer's own proof stands in this conversation; otherwise nothing in it implies a debt (P1).
    With it goes what the law of their country has us say where we speak of an account (C10).
    What has not gone out when the hours of the day end does not go out at night (C1, C7).
    """
    customer, medium = facts.customer, situation.medium
    is_theirs = conversation.customer_id == customer.id and payment_news.proven(conversation)
    register = Register.OPEN if is_theirs else Register.PRIVATE
    locale = conversation.locale if conversation.wrote_at is not None else locale_of(facts)
    tone = tone_of(facts, locale)
    values: dict[str, str] = {}
    if is_theirs:
        values = template_values.of(customer, locale, amount=letter.amount, day=letter.day, years=letter.years)
    variant = variants.of(customer.id, letter.kind)
    rendered = templates.render(letter.kind, letter.step, medium, locale, tone, register, values, variant)
    beside = _disclosed(session, letter.kind, customer, medium, locale) if is_theirs else []
    text = "\n\n".join([rendered.text, *beside])
    message = transcript.append(
        session, conversation, author=Author.BOT, text=text, buttons=rendered.buttons, unasked=True
    )
    until = goes_until(situation, clock.now())
    for row in session.new:
        if isinstance(row, Delivery) and row.message_id == message.id:
            row.expires_at = until
    return message, rendered, tone


def _disclosed(session: Session, kind: ReminderKind, customer: Customer, medium: Medium, locale: str) -> list[str]:
    is_first = disclosures.has_first(customer.country) and not _have_spoken(session, customer)
    return disclosures.in_reminder(customer.country, locale, kind, is_first=is_first, by_email=medium is Medium.EMAIL)


def _have_spoken(session: Session, customer: Customer) -> bool:
    """Whether a reminder has told them of their account before."""
    openly = Reminder.template.endswith(f"/{Register.OPEN}")
    told = sa.select(Reminder.id).where(Reminder.customer_id == customer.id, openly)
    return session.scalar(told.limit(1)) is not None


def note(reminder: Reminder, message: Message, rendered: templates.Rendered, tone: str, locale: str) -> None:
    """Write on the reminder what was sent."""
    reminder.conversation_id, reminder.message_id = message.conversation_id, message.id
    reminder.template, reminder.variant = rendered.name, rendered.variant
    reminder.language, reminder.tone = locale, tone


def tone_of(facts: Facts, locale: str) -> Tone:
    """The tone that a customer wishes for, else the usual one of their language and country (K12)."""
    if facts.tone_wished in list(Tone):
        return Tone(facts.tone_wished)
    return tones.usual(facts.customer.country, locale)


def locale_of(facts: Facts) -> str:
    """The language that a customer wishes for, else the one on file; as it is written where they are (BCP 47)."""
    on_file, wished = facts.customer.language, facts.wishes().language
    if not wished or on_file.split("-")[0].lower() == wished:
        return on_file
    return f"{wished}-{facts.customer.country}"


def goes_until(situation: Situation, at: dt.datetime) -> dt.datetime | None:
    """When the hours end in which what is written at `at` may go out: the law's, and those that were wished for."""
    ends = [local_hours.closes_at(at, situation.zones, situation.law)]
    if situation.wishes.hours is not None:
        zone = ZoneInfo(situation.zone)
        day = dt.datetime.combine(at.astimezone(zone).date(), dt.time(), zone)
        ends.append((day + dt.timedelta(minutes=situation.wishes.hours[1])).astimezone(dt.UTC))
    return min((end for end in ends if end is not None), default=None)


def _provider(medium: Medium) -> Provider:
    match medium:
        case Medium.EMAIL:
            return Provider.SMTP
        case Medium.WHATSAPP if settings().meta_phone_number_id:
            return Provider.META
        case _:
            return Provider.TWILIO


def subject_years(customer: Customer, day: dt.date) -> int:
    """How many years somebody has been a customer on `day`."""
    return day.year - customer.customer_since.year if customer.customer_since else 0
