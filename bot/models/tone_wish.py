"""How a customer wishes to be spoken to, where they have said so (K12)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class ToneWish(Base):
    """One wish for a tone of `policies/tones.yml`; the newest of a customer holds. Rows are added, never changed.
    `agent_id` is who wrote it down, None where the customer said it to the assistant."""

    __tablename__ = "tone_wishes"
    __table_args__ = (sa.Index("ix_tone_wishes_customer_id", "customer_id", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"))
    tone: Mapped[str] = mapped_column(sa.String(16))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
