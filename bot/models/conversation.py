"""The one inbox: conversations and their transcripts (design section 1, 1)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class Channel(StrEnum):
    """The doors."""

    WEB = "web"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"


class Provider(StrEnum):
    """Who carries messages between an address and us."""

    TWILIO = "twilio"
    META = "meta"
    SMTP = "smtp"


class Holder(StrEnum):
    """Who answers. Changed by `conversations.holder.change` only."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"


class Author(StrEnum):
    """Who speaks."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class Conversation(Base):
    """One customer on one address, for as long as they know us.

    `customer_id` is set by verification only and is trusted while `verified_until` is ahead. `turn_until` is the lease
    of whoever is answering at this moment, so that turns never overlap; a crash lets it run out. `last_seq` numbers
    messages. On a phone, `address` is the number in E.164, by e-mail the address in lower case; `provider` who brought
    the customer's last message and takes ours back, and `wrote_at` when that was: WhatsApp's window of 24 hours opens
    there (T4).
    """

    __tablename__ = "conversations"
    __table_args__ = (
        sa.Index("ix_conversations_holder_waiting_since", "holder", "waiting_since"),
        sa.Index("ix_conversations_holder_last_message_at", "holder", "last_message_at"),
        sa.Index("ix_conversations_channel_address", "channel", "address"),
        sa.Index(
            "ix_conversations_closed_at",
            "closed_at",
            sqlite_where=sa.text("closed_at IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NOT NULL"),
        ),
        # One conversation for one phone and medium (design section 10, 12).
        sa.Index(
            "uq_conversations_phone",
            "channel",
            "address",
            unique=True,
            sqlite_where=sa.text("channel <> 'web'"),
            postgresql_where=sa.text("channel <> 'web'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[Channel] = mapped_column(sa.String(16))
    address: Mapped[str | None] = mapped_column(sa.String(254))
    provider: Mapped[Provider | None] = mapped_column(sa.String(8))
    wrote_at: Mapped[dt.datetime | None]
    locale: Mapped[str] = mapped_column(sa.String(16), default="en-US")
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    verified_until: Mapped[dt.datetime | None]
    holder: Mapped[Holder] = mapped_column(sa.String(8), default=Holder.BOT)
    agent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    handoff_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("handoffs.id", use_alter=True))
    waiting_since: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    last_seq: Mapped[int] = mapped_column(default=0)
    last_message_at: Mapped[dt.datetime | None]
    turn_until: Mapped[dt.datetime | None]
    turn_owner: Mapped[uuid.UUID | None]
    failures: Mapped[int] = mapped_column(default=0)
    dialogue_reset: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)


class Message(Base):
    """One thing said. `seq` orders the conversation; `client_id` is the sender's own id, unique in it.

    A customer's message waits for an answer while `pending` is true. `hidden` marks what only agents see (notes).
    """

    __tablename__ = "messages"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "seq"),
        sa.UniqueConstraint("conversation_id", "client_id"),
        sa.Index(
            "ix_messages_pending",
            "conversation_id",
            "seq",
            sqlite_where=sa.text("pending"),
            postgresql_where=sa.text("pending"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"))
    seq: Mapped[int]
    author: Mapped[Author] = mapped_column(sa.String(8))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    payload: Mapped[str | None] = mapped_column(sa.Text)
    buttons: Mapped[list[Any] | None]
    card: Mapped[dict[str, Any] | None]
    client_id: Mapped[str | None] = mapped_column(sa.String(64))
    hidden: Mapped[bool] = mapped_column(default=False)
    pending: Mapped[bool] = mapped_column(default=False)
    intent: Mapped[str | None] = mapped_column(sa.String(64))
    confidence: Mapped[float | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
