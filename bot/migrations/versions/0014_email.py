"""E-mail is a channel: an address has up to 254 characters. And how a customer wishes to be spoken to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OLD, NEW = sa.String(100), sa.String(254)


def upgrade() -> None:
    """Widen the address; SQLite, which counts no characters, keeps its table as it is."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("conversations", "address", existing_type=OLD, type_=NEW, existing_nullable=True)
    op.create_table(
        "tone_wishes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("tone", sa.String(length=16), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_tone_wishes_agent_id_agents")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_tone_wishes_customer_id_customers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tone_wishes")),
    )
    op.create_index("ix_tone_wishes_customer_id", "tone_wishes", ["customer_id", "created_at"])


def downgrade() -> None:
    """Take it back. Longer addresses would not fit; with some there the database refuses."""
    op.drop_table("tone_wishes")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("conversations", "address", existing_type=NEW, type_=OLD, existing_nullable=True)
