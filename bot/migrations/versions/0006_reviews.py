"""Learning: what agents propose where the assistant did not understand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
CURRENT = sa.text("status IN ('proposed', 'accepted')")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("heard_as", sa.String(length=64), nullable=True),
        sa.Column("intent", sa.String(length=64), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("unfit", sa.String(length=16), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("exported_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "kind <> 'intent' OR (intent IS NOT NULL AND text IS NOT NULL)", name=op.f("ck_reviews_intent_of_a_text")
        ),
        sa.CheckConstraint(
            "kind <> 'answer' OR (answer IS NOT NULL AND text IS NOT NULL)", name=op.f("ck_reviews_answer_to_a_text")
        ),
        sa.CheckConstraint("kind <> 'unfit' OR unfit IS NOT NULL", name=op.f("ck_reviews_unfit_for_a_reason")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_reviews_message_id_messages", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["agents.id"], name="fk_reviews_proposed_by_agents"),
        sa.ForeignKeyConstraint(["decided_by"], ["agents.id"], name="fk_reviews_decided_by_agents"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    for column in ("message_id", "proposed_by", "decided_by"):
        op.create_index(f"ix_reviews_{column}", "reviews", [column])
    op.create_index("ix_reviews_status_id", "reviews", ["status", "id"])
    op.create_index(
        "uq_reviews_current", "reviews", ["key"], unique=True, sqlite_where=CURRENT, postgresql_where=CURRENT
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("reviews")
