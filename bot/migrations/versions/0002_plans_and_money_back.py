"""Autopay, plans on the customer's terms, money that goes back, adjustments, reconciliation, documents.

A posting may now be reversed in parts; a trigger keeps the parts within it (S6).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
NEW_TABLES = ("refunds", "reversals", "mismatches", "documents", "mandates", "proposals", "adjustments", "cursors")
# The posting that is reversed mirrors the new one, and with it no more than the whole is undone: its reversals so far,
# without those that were reversed themselves. What reverses a reversal is never reversed: that sum would miss it.
MIRROR = """SELECT 1 FROM postings AS whole WHERE whole.id = NEW.reverses
    AND NOT EXISTS (SELECT 1 FROM postings AS part WHERE part.id = whole.reverses AND part.reverses IS NOT NULL)
    AND whole.source = NEW.destination
    AND whole.destination = NEW.source AND whole.currency = NEW.currency AND whole.amount >= NEW.amount + (
        SELECT COALESCE(SUM(part.amount - (
            SELECT COALESCE(SUM(again.amount), 0) FROM postings AS again WHERE again.reverses = part.id
        )), 0) FROM postings AS part WHERE part.reverses = NEW.reverses
    )"""
REFUSAL = "a reversal mirrors a posting and stays within it"


def upgrade() -> None:
    """Add what is new, and let a posting be reversed in parts."""
    _add_tables()
    _add_columns()
    _allow_parts()


def downgrade() -> None:
    """Drop what was new. A ledger in which a posting was reversed in parts cannot go back, and says so."""
    _forbid_parts()
    op.drop_index("uq_payments_one_try", "payments")
    op.drop_index("ix_plans_active", "plans")
    op.drop_index("ix_payments_settled_at", "payments")
    columns = {
        "external_events": ("claimed_until",),
        "instalments": ("asked_at",),
        "plan_invoices": ("named", "beside"),
        "plans": ("looked_on", "approval", "replaces_id", "discount", "kind", "pay_day"),
        "payments": (
            "claimed_until", "checked_at", "failure_code", "try_number", "instalment_number", "plan_id", "mandate_id", "origin",
        ),
    }  # fmt: skip
    for table, names in columns.items():
        if _is_sqlite():
            # A column with a reference cannot be dropped there, so the table is made anew.
            with op.batch_alter_table(table) as batch:
                for name in names:
                    batch.drop_column(name)
        else:
            for name in names:
                op.drop_column(table, name)
    for table in NEW_TABLES:
        op.drop_table(table)


def _add_tables() -> None:
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=True),
        sa.Column("until", INSTANT, nullable=True),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_cursors"),
    )
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("reversed_by", sa.Uuid(), nullable=True),
        sa.Column("reversed_at", INSTANT, nullable=True),
        sa.Column("reversed_for", sa.Text(), nullable=True),
        sa.CheckConstraint("amount > 0", name="ck_adjustments_amount_positive"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_adjustments_customer_id_customers"),
        sa.ForeignKeyConstraint(["decided_by"], ["agents.id"], name="fk_adjustments_decided_by_agents"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_adjustments_invoice_id_invoices"),
        sa.ForeignKeyConstraint(["proposed_by"], ["agents.id"], name="fk_adjustments_proposed_by_agents"),
        sa.ForeignKeyConstraint(["reversed_by"], ["agents.id"], name="fk_adjustments_reversed_by_agents"),
        sa.PrimaryKeyConstraint("id", name="pk_adjustments"),
    )
    op.create_index("ix_adjustments_customer_id", "adjustments", ["customer_id"])
    op.create_index("ix_adjustments_invoice_id", "adjustments", ["invoice_id"])
    op.create_table(
        "proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("asked", JSON, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_proposals_conversation_id_conversations"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_proposals_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_customer_id", "proposals", ["customer_id"])
    op.create_table(
        "mandates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("consented_at", INSTANT, nullable=False),
        sa.Column("consented_by", sa.String(length=64), nullable=False),
        sa.Column("stripe_customer", sa.String(length=255), nullable=True),
        sa.Column("payment_method", sa.String(length=255), nullable=True),
        sa.Column("card_brand", sa.String(length=32), nullable=True),
        sa.Column("card_last4", sa.String(length=4), nullable=True),
        sa.Column("card_exp_month", sa.Integer(), nullable=True),
        sa.Column("card_exp_year", sa.Integer(), nullable=True),
        sa.Column("activated_at", INSTANT, nullable=True),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("expiry_told_at", INSTANT, nullable=True),
        sa.Column("another_card_at", INSTANT, nullable=True),
        sa.Column("suspended_at", INSTANT, nullable=True),
        sa.Column("suspended_for", sa.String(length=64), nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by", sa.String(length=64), nullable=True),
        sa.Column("forgotten_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_mandates_conversation_id_conversations"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_mandates_customer_id_customers"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name="fk_mandates_plan_id_plans"),
        sa.PrimaryKeyConstraint("id", name="pk_mandates"),
    )
    op.create_index("ix_mandates_customer_id", "mandates", ["customer_id"])
    op.create_index("ix_mandates_plan_id", "mandates", ["plan_id"])
    in_force = sa.text("status <> 'withdrawn'")
    op.create_index(
        "uq_mandates_one_in_force",
        "mandates",
        ["customer_id"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    active = sa.text("status = 'active'")
    op.create_index("ix_mandates_next_at", "mandates", ["next_at"], sqlite_where=active, postgresql_where=active)
    kept = sa.text("status = 'withdrawn' AND payment_method IS NOT NULL AND forgotten_at IS NULL")
    op.create_index("ix_mandates_to_forget", "mandates", ["withdrawn_at"], sqlite_where=kept, postgresql_where=kept)
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_documents_customer_id_customers"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_documents_payment_id_payments"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("token", name="uq_documents_token"),
    )
    op.create_index("ix_documents_customer_id", "documents", ["customer_id"])
    op.create_table(
        "mismatches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("ours", JSON, nullable=True),
        sa.Column("theirs", JSON, nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("resolved_by", sa.String(length=100), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_mismatches_payment_id_payments"),
        sa.PrimaryKeyConstraint("id", name="pk_mismatches"),
        sa.UniqueConstraint("kind", "subject", name="uq_mismatches_kind_subject"),
    )
    op.create_index("ix_mismatches_payment_id", "mismatches", ["payment_id"])
    op.create_table(
        "reversals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("payment_intent", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_reversals_amount_positive"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_reversals_payment_id_payments"),
        sa.PrimaryKeyConstraint("id", name="pk_reversals"),
        sa.UniqueConstraint("external_id", name="uq_reversals_external_id"),
    )
    op.create_index("ix_reversals_payment_id", "reversals", ["payment_id"])
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("payment_intent", sa.String(length=255), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.CheckConstraint("amount > 0", name="ck_refunds_amount_positive"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_refunds_payment_id_payments"),
        sa.ForeignKeyConstraint(["asked_by"], ["agents.id"], name="fk_refunds_asked_by_agents"),
        sa.ForeignKeyConstraint(["decided_by"], ["agents.id"], name="fk_refunds_decided_by_agents"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.UniqueConstraint("client_id", name="uq_refunds_client_id"),
        sa.UniqueConstraint("external_id", name="uq_refunds_external_id"),
    )
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"])
    asked = sa.text("status = 'asked'")
    op.create_index("ix_refunds_asked", "refunds", ["asked_at"], sqlite_where=asked, postgresql_where=asked)


def _add_columns() -> None:
    op.add_column("external_events", sa.Column("claimed_until", INSTANT, nullable=True))
    op.add_column("instalments", sa.Column("asked_at", INSTANT, nullable=True))
    op.add_column("plan_invoices", sa.Column("beside", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("plan_invoices", sa.Column("named", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("plans", sa.Column("pay_day", sa.Integer(), nullable=True))
    op.add_column("plans", sa.Column("kind", sa.String(length=16), server_default="standard", nullable=False))
    op.add_column("plans", sa.Column("discount", sa.BigInteger(), server_default="0", nullable=False))
    _add_reference("plans", "replaces_id", "plans")
    op.add_column("plans", sa.Column("approval", sa.String(length=16), nullable=True))
    op.add_column("plans", sa.Column("looked_on", sa.Date(), nullable=True))
    active = sa.text("status = 'active'")
    op.create_index("ix_plans_active", "plans", ["id"], sqlite_where=active, postgresql_where=active)
    op.add_column("payments", sa.Column("origin", sa.String(length=16), server_default="link", nullable=False))
    _add_reference("payments", "mandate_id", "mandates")
    _add_reference("payments", "plan_id", "plans")
    op.add_column("payments", sa.Column("instalment_number", sa.Integer(), nullable=True))
    op.add_column("payments", sa.Column("try_number", sa.Integer(), nullable=True))
    op.add_column("payments", sa.Column("failure_code", sa.String(length=64), nullable=True))
    op.add_column("payments", sa.Column("checked_at", INSTANT, nullable=True))
    op.add_column("payments", sa.Column("claimed_until", INSTANT, nullable=True))
    op.create_index("ix_payments_settled_at", "payments", ["settled_at"])
    op.create_index("uq_payments_one_try", "payments", ["plan_id", "instalment_number", "try_number"], unique=True)


def _add_reference(table: str, column: str, to: str) -> None:
    # SQLite adds a reference only together with its column, which Alembic does not say in one statement.
    kind = "CHAR(32)" if _is_sqlite() else "UUID"
    name = f"fk_{table}_{column}_{to}"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT {name} REFERENCES {to} (id)")


def _allow_parts() -> None:
    not_null = sa.text("reverses IS NOT NULL")
    if _is_sqlite():
        _postings_anew(unique=False)
        op.create_index("ix_postings_reverses", "postings", ["reverses"], sqlite_where=not_null)
        op.execute(
            "CREATE TRIGGER postings_reversal_within BEFORE INSERT ON postings "
            f"WHEN NEW.reverses IS NOT NULL AND NOT EXISTS ({MIRROR}) BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    op.drop_constraint("uq_postings_reverses", "postings", type_="unique")
    op.create_index("ix_postings_reverses", "postings", ["reverses"], postgresql_where=not_null)
    op.execute(
        "CREATE FUNCTION goodterms_reversal_within() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NOT EXISTS ({MIRROR}) THEN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'check_violation'; "
        "END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER postings_reversal_within BEFORE INSERT ON postings FOR EACH ROW "
        "WHEN (NEW.reverses IS NOT NULL) EXECUTE FUNCTION goodterms_reversal_within()"
    )


def _forbid_parts() -> None:
    if _is_sqlite():
        op.execute("DROP TRIGGER postings_reversal_within")
        op.drop_index("ix_postings_reverses", "postings")
        _postings_anew(unique=True)
        return
    op.execute("DROP TRIGGER postings_reversal_within ON postings")
    op.execute("DROP FUNCTION goodterms_reversal_within()")
    op.drop_index("ix_postings_reverses", "postings")
    op.create_unique_constraint("uq_postings_reverses", "postings", ["reverses"])


def _postings_anew(*, unique: bool) -> None:
    """SQLite drops a constraint only with its table: copy the rows, in their order, and put the triggers back."""
    with op.batch_alter_table("postings", recreate="always") as batch:
        if unique:
            batch.create_unique_constraint("uq_postings_reverses", ["reverses"])
        else:
            batch.drop_constraint("uq_postings_reverses", type_="unique")
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER postings_no_{act.lower()} BEFORE {act} ON postings "
            "BEGIN SELECT RAISE(ABORT, 'postings is append-only'); END"
        )


def _is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"
