"""Presence, offers, targets and follow-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
LIST = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TABLES = ("follow_ups", "handoff_targets", "offers", "notices", "abilities", "presences")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "presences",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("chosen", sa.String(length=16), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("idle_since", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        *_keys("presences", "agent_id", agent_id="agents"),
    )
    op.create_index("ix_presences_changed_at", "presences", ["changed_at"])
    op.create_table(
        "abilities",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("skills", LIST, nullable=True),
        sa.Column("languages", LIST, nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_abilities_capacity_not_negative")),
        *_keys("abilities", "agent_id", agent_id="agents"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=True),
        *_keys("notices", "id", agent_id="agents", conversation_id="conversations", by="agents"),
    )
    op.create_index("ix_notices_at", "notices", ["at"])
    _where("ix_notices_unseen", "notices", ["agent_id"], "seen_at IS NULL")
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        *_keys("offers", "id", conversation_id="conversations", handoff_id="handoffs", agent_id="agents"),
    )
    for column in ("handoff_id", "made_at", "ended_at"):
        op.create_index(f"ix_offers_{column}", "offers", [column])
    for name in ("conversation", "agent"):
        _where(f"uq_offers_{name}", "offers", [f"{name}_id"], "outcome = 'open'", unique=True)
    op.create_table(
        "handoff_targets",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("warn_at", INSTANT, nullable=False),
        sa.Column("target_at", INSTANT, nullable=False),
        sa.Column("warned_at", INSTANT, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("breached_at", INSTANT, nullable=True),
        *_keys("handoff_targets", "handoff_id", handoff_id="handoffs"),
    )
    for column in ("warned_at", "breached_at"):
        op.create_index(f"ix_handoff_targets_{column}", "handoff_targets", [column])
    _where("ix_handoff_targets_ahead", "handoff_targets", ["warn_at"], "answered_at IS NULL AND breached_at IS NULL")
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        *_keys("follow_ups", "id", conversation_id="conversations", agent_id="agents"),
    )
    op.create_index("ix_follow_ups_conversation_id", "follow_ups", ["conversation_id"])
    _where("uq_follow_ups_open", "follow_ups", ["agent_id", "conversation_id"], "done_at IS NULL", unique=True)
    _where("ix_follow_ups_due", "follow_ups", ["due_at"], "done_at IS NULL")


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)


def _keys(table: str, primary: str, **foreign: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint(primary, name=f"pk_{table}"),
        *(
            sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")
            for column, to in foreign.items()
        ),
    ]


def _where(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
