"""The kind question after an instalment's day has passed, where the gate lets it through (K1, K3, K7, P1, C1 to C8)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from babel.dates import format_date
from sqlalchemy.orm import Session

from bot.billing.plans import missed_instalments, plans_behind
from bot.billing.plans.missed_instalments import Missed
from bot.billing.plans.plans_behind import Behind
from bot.conversations import payment_news, transcript
from bot.db import Database
from bot.models import Author, Case, CaseStatus, Conversation, Customer, Message, ReminderKind
from bot.outreach import questions, subjects, ways
from bot.outreach.gate import Rule
from bot.outreach.letters import Letter
from bot.outreach.ways import Barred, Way
from bot.words import say

CASE = "instalment_missed"
STEP = 1
# There the desk knows already, or is not to be asked for anything.
_KNOWN = frozenset({Rule.HELD, Rule.REFUSED, Rule.UNWANTED, Rule.LIVE})


def sweep(db: Database) -> list[uuid.UUID]:
    """Look into every plan that is behind and has not been looked into today; the conversations that were told.

    One plan is one transaction. A conversation in which somebody is at work at this moment waits for the next sweep.
    """
    told: list[uuid.UUID] = []
    page = _behind(db, None)
    while page:
        told += [conversation_id for item in page if (conversation_id := _look_into(db, item)) is not None]
        page = _behind(db, page[-1].plan_id)
    return told


def _behind(db: Database, after: uuid.UUID | None) -> list[Behind]:
    return db.in_reading(lambda session: plans_behind.behind(session, after))


def _look_into(db: Database, item: Behind) -> uuid.UUID | None:
    with db.transaction() as session:
        found = ways.find(session, item.customer_id)
        if found is None:
            return None
        if isinstance(found, Barred) and not found.is_for_good:
            questions.kept(session, found, ReminderKind.INSTALMENT, STEP)
            return None
        customer = found.facts.customer
        missed = missed_instalments.look_into(session, item.plan_id, customer, may_ask=isinstance(found, Way))
        if missed is None:
            return None
        if isinstance(found, Barred):
            questions.kept(session, found, ReminderKind.INSTALMENT, STEP)
            if found.rule not in _KNOWN:
                _leave_to_desk(session, customer, missed)
            return None
        return _ask(session, found, missed)


def _ask(session: Session, way: Way, missed: Missed) -> uuid.UUID:
    """In the words of the reminders where it knocks, with buttons on the web."""
    if way.is_web:
        message = _ask_on_web(session, way.facts.own_on_web(), missed)
    else:
        letter = Letter(ReminderKind.INSTALMENT, STEP, missed.missing, missed.instalments[0].due_on)
        message = ways.write(session, way, letter)
    for part in missed.instalments:
        id_ = subjects.of_instalment(missed.plan.id, part.number, part.due_on)
        questions.asked(session, way, (ReminderKind.INSTALMENT, id_, STEP), part.due_on, message)
    return message.conversation_id


def _leave_to_desk(session: Session, customer: Customer, missed: Missed) -> None:
    """Who has no address at which they may be asked; a person may reach them in another way."""
    known = sa.select(Case.id).where(Case.customer_id == customer.id, Case.kind == CASE, Case.status == CaseStatus.OPEN)
    if session.scalars(known).first() is None:
        summary = f"An instalment's day has passed, and there is no way in which we may ask. Plan {missed.plan.id}."
        session.add(Case(kind=CASE, customer_id=customer.id, summary=summary))


def _ask_on_web(session: Session, conversation: Conversation, missed: Missed) -> Message:
    locale = conversation.locale
    person = {"title": say("button_person", locale), "payload": "/request_human"}
    if not payment_news.proven(conversation):
        text = say("missed_private", locale)
        buttons = [{"title": say("button_account", locale), "payload": "/check_balance"}, person]
    else:
        day = format_date(missed.instalments[0].due_on, format="long", locale=locale.replace("-", "_"))
        key = "missed_one" if len(missed.instalments) == 1 else "missed_some"
        text = say(key, locale, amount=missed.missing.format(locale), day=day)
        buttons = [
            {"title": say("button_change_plan", locale), "payload": "/request_plan"},
            {"title": say("button_pay", locale), "payload": "/make_payment"},
            person,
        ]
    return transcript.append(session, conversation, author=Author.BOT, text=text, buttons=buttons, unasked=True)
