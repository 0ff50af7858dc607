"""What the desk lists is quick to list: cases by how they stand, holds of a conversation, who was heard of last."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_cases_status_created_at": ("cases", ["status", "created_at"]),
    "ix_holds_conversation_id": ("holds", ["conversation_id"]),
    "ix_conversations_holder_last_message_at": ("conversations", ["holder", "last_message_at"]),
}


def upgrade() -> None:
    """Make them."""
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Drop them."""
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
