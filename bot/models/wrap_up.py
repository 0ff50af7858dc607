"""How hand-overs ended."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base


class WrapUp(Base):
    """What came of a hand-over, as the agent who ended it says: a code of `policies/wrap_up.yml`."""

    __tablename__ = "wrap_ups"

    handoff_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("handoffs.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), index=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
