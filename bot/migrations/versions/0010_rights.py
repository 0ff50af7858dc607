"""Contact data, copies and erasure."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
UNDER_WAY = sa.text("status IN ('asked', 'approved')")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "contact_edits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("field", sa.String(length=16), nullable=False),
        sa.Column("before", sa.String(length=300), nullable=True),
        sa.Column("after", sa.String(length=300), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        _to("contact_edits", "customer_id", "customers"),
        _to("contact_edits", "change_id", "contact_changes"),
        _to("contact_edits", "proposed_by", "agents"),
        _to("contact_edits", "decided_by", "agents"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_edits"),
    )
    op.create_index("ix_contact_edits_customer_id_proposed_at", "contact_edits", ["customer_id", "proposed_at"])
    op.create_table(
        "verification_unlocks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _to("verification_unlocks", "customer_id", "customers"),
        _to("verification_unlocks", "conversation_id", "conversations"),
        _to("verification_unlocks", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("id", name="pk_verification_unlocks"),
    )
    op.create_index("ix_verification_unlocks_customer_id", "verification_unlocks", ["customer_id"])
    op.create_index("ix_verification_unlocks_conversation_id", "verification_unlocks", ["conversation_id"])
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        _to("erasures", "customer_id", "customers"),
        _to("erasures", "asked_by", "agents"),
        _to("erasures", "decided_by", "agents"),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_customer_id", "erasures", ["customer_id"])
    op.create_index(
        "uq_erasures_under_way",
        "erasures",
        ["customer_id"],
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_table(
        "callback_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("callback_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        _to("callback_events", "callback_id", "callbacks"),
        _to("callback_events", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("id", name="pk_callback_events"),
    )
    op.create_index("ix_callback_events_callback_id", "callback_events", ["callback_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("callback_events", "erasures", "verification_unlocks", "contact_edits"):
        op.drop_table(table)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
