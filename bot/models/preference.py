"""When, how and in which language a customer wants to hear from us (C7): rows are added, never changed."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class Medium(StrEnum):
    """The ways to reach somebody. More than our channels: a letter or a call is refused here, too."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    CALL = "call"
    LETTER = "letter"
    WEB = "web"


class PreferenceKind(StrEnum):
    """What a preference is about. A later one of the same kind (and medium) takes the place of an earlier one."""

    REFUSED = "refused"
    WELCOME = "welcome"
    HOURS = "hours"
    DAYS = "days"
    QUIET_UNTIL = "quiet_until"
    LANGUAGE = "language"


class Preference(Base):
    """One wish, as it was said in a conversation. It is the customer's where they had proven who they are.

    `value` by kind: hours `{start, end}` in minutes after midnight, in the customer's zone; days `{days}`, Monday is 0;
    quiet until `{until}`, an ISO date; language `{language}`, ISO 639-1; refused and welcome have none. No `medium`
    means every medium.
    """

    __tablename__ = "preferences"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    kind: Mapped[PreferenceKind] = mapped_column(sa.String(16))
    medium: Mapped[Medium | None] = mapped_column(sa.String(16))
    value: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
