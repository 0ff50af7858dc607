"""Canned answers, mentions, wrap-up codes, and how far customers have read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
IN_USE = sa.text("retired_at IS NULL")


def upgrade() -> None:
    """Add the tables."""
    _canned_answers()
    _mentions()
    op.create_table(
        "wrap_ups",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name="fk_wrap_ups_handoff_id_handoffs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_wrap_ups_agent_id_agents"),
        sa.PrimaryKeyConstraint("handoff_id", name="pk_wrap_ups"),
    )
    for column in ("code", "agent_id"):
        op.create_index(f"ix_wrap_ups_{column}", "wrap_ups", [column])
    op.create_table(
        "read_marks",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_read_marks_conversation_id_conversations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_read_marks"),
    )


def _canned_answers() -> None:
    op.create_table(
        "canned_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("retired_by", sa.Uuid(), nullable=True),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["agents.id"], name="fk_canned_answers_added_by_agents"),
        sa.ForeignKeyConstraint(["retired_by"], ["agents.id"], name="fk_canned_answers_retired_by_agents"),
        sa.PrimaryKeyConstraint("id", name="pk_canned_answers"),
    )
    for column in ("added_by", "retired_by"):
        op.create_index(f"ix_canned_answers_{column}", "canned_answers", [column])
    op.create_index(
        "uq_canned_answers_in_use",
        "canned_answers",
        ["name", "language"],
        unique=True,
        sqlite_where=IN_USE,
        postgresql_where=IN_USE,
    )


def _mentions() -> None:
    op.create_table(
        "mentions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("by_agent_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_mentions_message_id_messages", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_mentions_conversation_id_conversations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name="fk_mentions_handoff_id_handoffs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_mentions_agent_id_agents"),
        sa.ForeignKeyConstraint(["by_agent_id"], ["agents.id"], name="fk_mentions_by_agent_id_agents"),
        sa.PrimaryKeyConstraint("id", name="pk_mentions"),
        sa.UniqueConstraint("message_id", "agent_id", name="uq_mentions_message_id_agent_id"),
    )
    for column in ("conversation_id", "handoff_id", "by_agent_id"):
        op.create_index(f"ix_mentions_{column}", "mentions", [column])
    op.create_index("ix_mentions_agent_id_answered_at", "mentions", ["agent_id", "answered_at"])


def downgrade() -> None:
    """Drop them."""
    for table in ("read_marks", "wrap_ups", "mentions", "canned_answers"):
        op.drop_table(table)
