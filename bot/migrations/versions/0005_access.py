"""Access to the desk: temporary passwords, the second factor, single sign-on, sessions by name, a log to look through."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
AGENT: dict[str, sa.types.TypeEngine[Any]] = {
    "temporary_until": INSTANT,
    "totp_secret": sa.String(length=255),
    "totp_confirmed_at": INSTANT,
    "totp_step": sa.Integer(),
    "oidc_subject": sa.String(length=64),
}
AUDIT = {"action_id": ["action", "id"], "subject_id": ["subject", "id"], "at": ["at"]}


def upgrade() -> None:
    """Add the tables and columns."""
    with op.batch_alter_table("agents") as table:
        for name, kind in AGENT.items():
            table.add_column(sa.Column(name, kind, nullable=True))
        table.create_unique_constraint("uq_agents_oidc_subject", ["oidc_subject"])
    with op.batch_alter_table("agent_sessions") as table:
        table.add_column(sa.Column("id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("device", sa.String(length=60), nullable=True))
        table.add_column(sa.Column("single_sign_on", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("seen_at", INSTANT, nullable=True))
    _name_sessions()
    with op.batch_alter_table("agent_sessions") as table:
        table.alter_column("id", nullable=False, existing_type=sa.Uuid())
        table.alter_column("seen_at", nullable=False, existing_type=INSTANT)
        table.alter_column("single_sign_on", server_default=None)
        table.create_unique_constraint("uq_agent_sessions_id", ["id"])
    op.create_index("ix_agent_sessions_revoked_at", "agent_sessions", ["revoked_at"])
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_recovery_codes_agent_id_agents"),
        sa.PrimaryKeyConstraint("digest", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_agent_id", "recovery_codes", ["agent_id"])
    for name, columns in AUDIT.items():
        op.create_index(f"ix_audit_log_{name}", "audit_log", columns)


def downgrade() -> None:
    """Drop them."""
    for name in AUDIT:
        op.drop_index(f"ix_audit_log_{name}", "audit_log")
    op.drop_table("recovery_codes")
    op.drop_index("ix_agent_sessions_revoked_at", "agent_sessions")
    with op.batch_alter_table("agent_sessions") as table:
        table.drop_constraint("uq_agent_sessions_id", type_="unique")
        for name in ("id", "device", "single_sign_on", "seen_at"):
            table.drop_column(name)
    with op.batch_alter_table("agents") as table:
        table.drop_constraint("uq_agents_oidc_subject", type_="unique")
        for name in AGENT:
            table.drop_column(name)


def _name_sessions() -> None:
    """Who is signed in stays signed in."""
    sessions = sa.table(
        "agent_sessions", sa.column("digest"), sa.column("id", sa.Uuid()), sa.column("seen_at"), sa.column("created_at")
    )
    connection = op.get_bind()
    for digest in connection.scalars(sa.select(sessions.c.digest)).all():
        connection.execute(
            sa.update(sessions)
            .where(sessions.c.digest == digest)
            .values(id=uuid.uuid4(), seen_at=sessions.c.created_at)
        )
