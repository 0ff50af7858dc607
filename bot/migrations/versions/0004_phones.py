"""Text messages and WhatsApp: deliveries in pieces, consents, attachments, who carries a conversation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
UNPROCESSED = sa.text("processed_at IS NULL")
PHONES = sa.text("channel <> 'web'")


def upgrade() -> None:
    """Add the tables and columns."""
    op.add_column("conversations", sa.Column("provider", sa.String(length=8), nullable=True))
    op.add_column("conversations", sa.Column("wrote_at", INSTANT, nullable=True))
    op.create_index(
        "uq_conversations_phone",
        "conversations",
        ["channel", "address"],
        unique=True,
        sqlite_where=PHONES,
        postgresql_where=PHONES,
    )
    op.create_index(
        "ix_external_events_unprocessed_object",
        "external_events",
        ["source", "object_id"],
        sqlite_where=UNPROCESSED,
        postgresql_where=UNPROCESSED,
    )
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("conversation_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("seq", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("part", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("provider", sa.String(length=8), nullable=True))
        table.add_column(sa.Column("content", JSON, nullable=True))
        table.add_column(sa.Column("rendered", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("unasked", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("segments", sa.Integer(), nullable=True))
        table.add_column(sa.Column("sent_at", INSTANT, nullable=True))
        table.add_column(sa.Column("changed_at", INSTANT, nullable=True))
        table.alter_column("provider_id", type_=sa.String(length=255), existing_type=sa.String(length=64))
    op.execute("UPDATE deliveries SET changed_at = created_at")
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("changed_at", nullable=False, existing_type=INSTANT)
        for column in ("seq", "part", "rendered", "unasked"):
            table.alter_column(column, server_default=None)
        table.create_foreign_key(
            "fk_deliveries_conversation_id_conversations", "conversations", ["conversation_id"], ["id"]
        )
        table.create_unique_constraint("uq_deliveries_message_id_part", ["message_id", "part"])
    op.create_index("ix_deliveries_conversation_id_seq", "deliveries", ["conversation_id", "seq", "part"])
    op.create_table(
        "stored_contents",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_stored_contents"),
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=8), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_attachments_message_id_messages"),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
    )
    op.create_index("ix_attachments_message_id", "attachments", ["message_id"])
    op.create_index("ix_attachments_status_next_at", "attachments", ["status", "next_at"])
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=64), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_consents_customer_id_customers"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_consents_conversation_id_conversations"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_consents_agent_id_agents"),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_channel_address_created_at", "consents", ["channel", "address", "created_at"])
    op.create_index("ix_consents_customer_id", "consents", ["customer_id"])
    op.create_index("ix_consents_conversation_id", "consents", ["conversation_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("consents", "attachments", "stored_contents"):
        op.drop_table(table)
    op.drop_index("ix_deliveries_conversation_id_seq", "deliveries")
    with op.batch_alter_table("deliveries") as changed:
        changed.drop_constraint("uq_deliveries_message_id_part", type_="unique")
        changed.drop_constraint("fk_deliveries_conversation_id_conversations", type_="foreignkey")
        for column in (
            "conversation_id", "seq", "part", "provider", "content", "rendered", "unasked", "segments", "sent_at",
            "changed_at",
        ):  # fmt: skip
            changed.drop_column(column)
        changed.alter_column("provider_id", type_=sa.String(length=64), existing_type=sa.String(length=255))
    op.drop_index("ix_external_events_unprocessed_object", "external_events")
    op.drop_index("uq_conversations_phone", "conversations")
    op.drop_column("conversations", "wrote_at")
    op.drop_column("conversations", "provider")
