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

    def reaches(self, least: Role) -> bool:
        """Whether this role is `least` or above it."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(least)


class Agent(Base):
    """A person who answers at the desk. `name` is what customers see. The password is an argon2id hash.

    A password with `temporary_until` was made by the operator: it works until then, and is changed at first sign-in.
    `totp_secret` is encrypted and counts once `totp_confirmed_at` is set; `totp_step` is the last whose code was taken.
    `oidc_subject` is the keyed hash of who they are at the provider of single sign-on.
    """

    __tablename__ = "agents"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    role: Mapped[Role] = mapped_column(sa.String(16), default=Role.AGENT)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    temporary_until: Mapped[dt.datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(sa.String(255))
    totp_confirmed_at: Mapped[dt.datetime | None]
    totp_step: Mapped[int | None]
    oidc_subject: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    disabled_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)

    @property
    def has_second_factor(self) -> bool:
        """Whether a code is asked for at sign-in."""
        return self.totp_confirmed_at is not None

    @property
    def supervises(self) -> bool:
        """Whether they answer for what others do: they may see and move everybody's conversations."""
        return Role(self.role).reaches(Role.SUPERVISOR)


class AgentSession(Base):
    """A signed-in browser, by the keyed hash of its cookie; `id` is what pages call it, `device` in which words."""

    __tablename__ = "agent_sessions"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(sa.String(64))
    id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_id)
    device: Mapped[str | None] = mapped_column(sa.String(60))
    single_sign_on: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None] = mapped_column(index=True)


class RecoveryCode(Base):
    """What stands in for the second factor once, by its keyed hash."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    used_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)


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
    __table_args__ = (
        sa.Index("ix_audit_log_action_id", "action", "id"),
        sa.Index("ix_audit_log_subject_id", "subject", "id"),
        sa.Index("ix_audit_log_at", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    agent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    action: Mapped[str] = mapped_column(sa.String(64))
    subject: Mapped[str] = mapped_column(sa.String(100))
    detail: Mapped[dict[str, Any] | None]
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
