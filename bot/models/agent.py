"""Agents, their sessions at the desk, and the audit log."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class Role(StrEnum):
    """What an agent may do, least first."""

    AGENT = "agent"
    SPECIALIST = "specialist"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Agent(Base):
    """A person who answers at the desk. `name` is what customers see. The password is an argon2id hash."""

    __tablename__ = "agents"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    role: Mapped[Role] = mapped_column(sa.String(16), default=Role.AGENT)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    disabled_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)

    @property
    def supervises(self) -> bool:
        """Whether they answer for what others do: they may see and move everybody's conversations."""
        return self.role in (Role.SUPERVISOR, Role.ADMINISTRATOR)


class AgentSession(Base):
    """A signed-in browser, by the keyed hash of its cookie."""

    __tablename__ = "agent_sessions"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class SignInThrottle(Base):
    """Failed sign-ins for one subject (an address or an e-mail, keyed-hashed)."""

    __tablename__ = "sign_in_throttles"

    subject: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    blocked_until: Mapped[dt.datetime | None]
    changed_at: Mapped[dt.datetime] = mapped_column(default=clock.now)


class AuditEntry(Base):
    """Who saw or did what at the desk; append-only like the ledger (the same trigger)."""

    __tablename__ = "audit_log"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    agent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    action: Mapped[str] = mapped_column(sa.String(64))
    subject: Mapped[str] = mapped_column(sa.String(100))
    detail: Mapped[dict[str, Any] | None]
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
