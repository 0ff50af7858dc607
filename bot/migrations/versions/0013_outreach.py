"""What we begin: reminders, decisions of the gate, pauses; and indexes by which what is due is found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WAITING = sa.text("status = 'waiting'")
OPEN = sa.text("ended_at IS NULL")
INDEXES = {
    "ix_invoices_due_on": ("invoices", ["due_on"]),
    "ix_customers_customer_since": ("customers", ["customer_since"]),
    "ix_promises_status_due_on": ("promises", ["status", "due_on"]),
    "ix_plan_events_kind_at": ("plan_events", ["kind", "at"]),
}


def upgrade() -> None:
    """Add the tables and the indexes."""
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("rule", sa.String(length=24), nullable=True),
        sa.Column("again_at", INSTANT, nullable=True),
        sa.Column("medium", sa.String(length=16), nullable=True),
        sa.Column("template", sa.String(length=80), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("tone", sa.String(length=40), nullable=True),
        sa.Column("variant", sa.String(length=40), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        _to("reminders", "customer_id", "customers"),
        _to("reminders", "conversation_id", "conversations"),
        _to("reminders", "message_id", "messages"),
        sa.PrimaryKeyConstraint("id", name="pk_reminders"),
        sa.UniqueConstraint("kind", "subject_id", "step", name="uq_reminders_kind_subject_id_step"),
    )
    op.create_index("ix_reminders_customer_id_settled_at", "reminders", ["customer_id", "settled_at"])
    op.create_index("ix_reminders_again_at", "reminders", ["again_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_reminders_settled_at", "reminders", ["settled_at"])
    op.create_index("ix_reminders_conversation_id", "reminders", ["conversation_id"])
    op.create_index("ix_reminders_message_id", "reminders", ["message_id"])
    op.create_table(
        "gate_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reminder_id", sa.Uuid(), nullable=True),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("again_at", INSTANT, nullable=True),
        _to("gate_decisions", "customer_id", "customers"),
        _to("gate_decisions", "reminder_id", "reminders"),
        sa.PrimaryKeyConstraint("id", name="pk_gate_decisions"),
    )
    op.create_index("ix_gate_decisions_customer_id_at", "gate_decisions", ["customer_id", "at"])
    op.create_index("ix_gate_decisions_reminder_id", "gate_decisions", ["reminder_id"])
    op.create_table(
        "outreach_pauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        _to("outreach_pauses", "customer_id", "customers"),
        _to("outreach_pauses", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("id", name="pk_outreach_pauses"),
    )
    op.create_index(
        "ix_outreach_pauses_customer_id", "outreach_pauses", ["customer_id"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Drop them; what was sent is forgotten."""
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    for table in ("outreach_pauses", "gate_decisions", "reminders"):
        op.drop_table(table)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
