"""Signs of life of processes that serve no requests."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class Heartbeat(Base):
    """When a process was last alive: seconds since the epoch by the system's clock, which the demo's does not move."""

    __tablename__ = "heartbeats"

    process: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    beat_at: Mapped[float]
