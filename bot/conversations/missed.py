"""The kind question after an instalment's day has passed, in the customer's newest conversation (K1, K3, K7, P1)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from babel.dates import format_date
from sqlalchemy.orm import Session

from bot.billing.holds import is_stopped_at
from bot.billing.plans import missed_instalments, plans_behind
from bot.billing.plans.missed_instalments import Missed
from bot.billing.plans.plans_behind import Behind
from bot.conversations import payment_news, reach, transcript
from bot.db import Database
from bot.models import Author, Case, CaseStatus, Conversation, Customer, Holder
from bot.policies import Stop
from bot.words import say

CASE = "instalment_missed"


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
        reached = reach.claimed(session, item.customer_id)
        if reached is None:
            return None
        customer, conversation = reached.customer, reached.conversation
        may_ask = conversation is not None and _may_ask(session, conversation)
        missed = missed_instalments.look_into(session, item.plan_id, customer, may_ask=may_ask)
        if missed is not None and conversation is None:
            _leave_to_desk(session, customer, missed)
        if missed is None or conversation is None or not may_ask:
            return None
        _ask(session, conversation, missed)
        return conversation.id


def _may_ask(session: Session, conversation: Conversation) -> bool:
    """Not while a person has the conversation or is asked for, and not where an address refused (P4, C8)."""
    return conversation.holder == Holder.BOT and not is_stopped_at(session, conversation, Stop.PLAN_REMINDERS)


def _leave_to_desk(session: Session, customer: Customer, missed: Missed) -> None:
    """Who never wrote to us cannot be asked here; a person may reach them in another way."""
    known = sa.select(Case.id).where(Case.customer_id == customer.id, Case.kind == CASE, Case.status == CaseStatus.OPEN)
    if session.scalars(known).first() is None:
        summary = (
            f"An instalment's day has passed, and there is no conversation in which to ask. Plan {missed.plan.id}."
        )
        session.add(Case(kind=CASE, customer_id=customer.id, summary=summary))


def _ask(session: Session, conversation: Conversation, missed: Missed) -> None:
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
    transcript.append(session, conversation, author=Author.BOT, text=text, buttons=buttons, unasked=True)
