"""A file from an agent to the customer: kept here, said in the conversation as a link that every channel carries."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel.dates import format_date
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import handoff
from bot.errors import Expired, NotFound
from bot.keyed_hash import new_token
from bot.models import Agent, Conversation, Customer, Message, SentFile
from bot.settings import settings
from bot.words import say

KEPT = dt.timedelta(days=14)


def send(
    session: Session,
    conversation: Conversation,
    customer: Customer,
    agent: Agent,
    *,
    name: str,
    content_type: str,
    body: bytes,
    client_id: str,
) -> Message:
    """Keep the file and say its link. The caller has looked at what it is, and holds the lock of the conversation's
    row. Raises as `handoff.reply` does."""
    now = clock.now()
    file = SentFile(
        token=new_token(),
        conversation_id=conversation.id,
        agent_id=agent.id,
        file_name=name,
        content_type=content_type,
        size=len(body),
        body=body,
        created_at=now,
        expires_at=now + KEPT,
    )
    session.add(file)
    locale = conversation.locale
    last = file.expires_at.astimezone(ZoneInfo(customer.time_zone)).date()
    day = format_date(last, format="long", locale=locale.replace("-", "_"))
    text = say("desk_file", locale, name=name, day=day)
    card = {"kind": "statement", "url": url(file), "title": name}
    return handoff.reply(session, conversation.id, agent, text, client_id, card)


def url(file: SentFile) -> str:
    """The address of `file`."""
    return f"{settings().public_url}/files/{file.token}"


def find(session: Session, token: str) -> SentFile:
    """The file behind `/files/<token>`. Raises `NotFound`; `Expired` when its time is over, or its bytes are gone."""
    known = sa.select(SentFile).where(SentFile.token == token)
    file = session.scalars(known).first() if re.fullmatch(r"[\w-]{1,64}", token, re.ASCII) else None
    if file is None:
        raise NotFound("There is no file at this address.")
    if file.body is None or file.expires_at <= clock.now():
        raise Expired("This link has run out.", about=file)
    return file
