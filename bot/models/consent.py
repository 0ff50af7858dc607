"""Whether somebody lets us write to an address, as it was said: rows are added, never changed (C4, C5)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id
from bot.models.conversation import Channel


class Purpose(StrEnum):
    """What a consent is for. A refusal of everything is of every purpose."""

    EVERYTHING = "everything"
    REMINDERS = "reminders"


class ConsentSource(StrEnum):
    """How we know."""

    KEYWORD = "keyword"
    WORDS = "words"
    PROVIDER = "provider"
    AGENT = "agent"
    IMPORT = "import"
    LINK = "link"  # of an e-mail, which ends them


class Consent(Base):
    """One yes or no for one address and medium. The newest of a purpose holds; with none, an answer may be given and
    nothing be begun. `detail` is the keyword or the provider's code; never a message's text (P7)."""

    __tablename__ = "consents"
    __table_args__ = (sa.Index("ix_consents_channel_address_created_at", "channel", "address", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[Channel] = mapped_column(sa.String(16))
    address: Mapped[str] = mapped_column(sa.String(254))
    purpose: Mapped[Purpose] = mapped_column(sa.String(16), default=Purpose.EVERYTHING)
    granted: Mapped[bool]
    source: Mapped[ConsentSource] = mapped_column(sa.String(16))
    detail: Mapped[str | None] = mapped_column(sa.String(64))
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    agent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
