"""Promises to pay, once they are kept or their day has passed: thanks, or one kind question (K1, K3, K9, P1).

Thanks follow the receipt to where the customer was last. The question is one that we begin, so the gate is asked.
"""

from __future__ import annotations

import uuid

from babel.dates import format_date
from sqlalchemy.orm import Session

from bot.billing import kept_promises
from bot.billing.holds import is_stopped_at
from bot.billing.kept_promises import Open, Passed
from bot.conversations import payment_news, reach, transcript
from bot.db import Database
from bot.models import Author, Conversation, Customer, Holder, Message, ReminderKind
from bot.money import Money
from bot.outreach import questions, ways
from bot.outreach.letters import Letter
from bot.outreach.ways import Barred, Way
from bot.policies import Stop
from bot.words import say

STEP = 1


def sweep(db: Database) -> list[uuid.UUID]:
    """Look into every promise that may be kept or broken by now; the conversations in which something was said.

    One promise is one transaction, and what is decided and what is said are one. A conversation in which somebody is at
    work at this moment waits for the next sweep.
    """
    told: list[uuid.UUID] = []
    page = _open(db, None)
    while page:
        told += [conversation_id for item in page if (conversation_id := _look_into(db, item)) is not None]
        page = _open(db, page[-1].promise_id)
    return told


def _open(db: Database, after: uuid.UUID | None) -> list[Open]:
    return db.in_reading(lambda session: kept_promises.to_look_at(session, after))


def _look_into(db: Database, item: Open) -> uuid.UUID | None:
    with db.transaction() as session:
        found = ways.find(session, item.customer_id)
        if found is None:
            return None
        waits = isinstance(found, Barred) and not found.is_for_good
        passed = kept_promises.look_into(session, item.promise_id, found.facts.customer, may_end=not waits)
        if passed is None:
            if isinstance(found, Barred) and waits:
                questions.kept(session, found, ReminderKind.PROMISE, STEP)
            return None
        if passed.is_kept:
            return _thank(session, found.facts.customer, passed)
        if isinstance(found, Barred):
            questions.kept(session, found, ReminderKind.PROMISE, STEP)
            return None
        return _ask(session, found, passed) if passed.missing else None


def _may_write(session: Session, conversation: Conversation, customer: Customer) -> bool:
    """Not while a person has the conversation or is asked for, and not where a hold stops it (P4, C8)."""
    return (
        conversation.holder == Holder.BOT
        and not is_stopped_at(session, conversation, Stop.PLAN_REMINDERS)
        and payment_news.may_tell(session, conversation, customer.id)
    )


def _thank(session: Session, customer: Customer, passed: Passed) -> uuid.UUID | None:
    """After the receipt, which has thanked for the money: for the word that was kept (K9)."""
    conversation = reach.newest(session, customer.id)
    if conversation is None or not _may_write(session, conversation, customer):
        return None
    if not payment_news.proven(conversation):
        return None
    text = say("promise_kept", conversation.locale, day=_day(passed, conversation.locale))
    transcript.append(session, conversation, author=Author.BOT, text=text, unasked=True)
    return conversation.id


def _ask(session: Session, way: Way, passed: Passed) -> uuid.UUID:
    """In the words of the reminders where it knocks, with buttons on the web."""
    if way.is_web:
        message = _ask_on_web(session, way.facts.own_on_web(), passed)
    else:
        message = ways.write(session, way, Letter(ReminderKind.PROMISE, STEP, passed.missing, passed.promise.due_on))
    key = (ReminderKind.PROMISE, passed.promise.id, STEP)
    questions.asked(session, way, key, passed.promise.due_on, message)
    return message.conversation_id


def _ask_on_web(session: Session, conversation: Conversation, passed: Passed) -> Message:
    locale = conversation.locale
    person = {"title": say("button_person", locale), "payload": "/request_human"}
    if payment_news.proven(conversation):
        text = _question(passed, locale)
        buttons = [
            {"title": say("button_another_day", locale), "payload": _another_day(passed.missing)},
            {"title": say("button_pay", locale), "payload": "/make_payment"},
            {"title": say("button_spread", locale), "payload": "/request_plan"},
            person,
        ]
    else:
        text = say("missed_private", locale)
        buttons = [{"title": say("button_account", locale), "payload": "/check_balance"}, person]
    return transcript.append(session, conversation, author=Author.BOT, text=text, buttons=buttons, unasked=True)


def _question(passed: Passed, locale: str) -> str:
    said = {"amount": passed.missing.format(locale), "day": _day(passed, locale)}
    if passed.arrived:
        return say("promise_passed_part", locale, paid=passed.arrived.format(locale), **said)
    return say("promise_passed", locale, **said)


def _another_day(missing: Money) -> str:
    return f'/promise_to_pay{{"amount": "{missing.minor}"}}'


def _day(passed: Passed, locale: str) -> str:
    return format_date(passed.promise.due_on, format="long", locale=locale.replace("-", "_"))
