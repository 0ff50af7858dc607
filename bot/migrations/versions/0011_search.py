"""Search over transcripts, customers and invoices, kept by the database itself: what is erased is found no more.

PostgreSQL has an index over the words of each row. SQLite has a full-text table beside each table, which triggers keep.
Whoever makes one of these tables anew on SQLite makes its triggers anew, too.
"""

from __future__ import annotations

from string import Template

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Accents do not matter, and no mark ties words together: the parser would take "INV-1001" for a word and a number below
# zero. The cost is true: without it, reading every message in turn looks cheaper than the index. Folding letter by letter
# is what takes time, so it is done where there is something to fold.
ACCENTED = "áàâãäåéèêëíìîïóòôõöúùûüçñýÁÀÂÃÄÅÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑÝ"
PLAIN = "aaaaaaeeeeiiiiooooouuuucny" * 2
FUNCTION = f"""CREATE FUNCTION search_words(said text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
DECLARE
    folded text := pg_catalog.lower(said);
BEGIN
    IF pg_catalog.octet_length(folded) <> pg_catalog.char_length(folded) THEN
        folded := pg_catalog.translate(folded, '{ACCENTED}', '{PLAIN}');
    END IF;
    folded := pg_catalog.regexp_replace(folded, '[-_./@:&<>+~=#?''\\\\]', ' ', 'g');
    RETURN pg_catalog.to_tsvector('pg_catalog.simple'::pg_catalog.regconfig, folded);
END $$"""
SEARCHED = {
    "messages": ("text",),
    "customers": ("name", "account_number", "email", "phone"),
    "invoices": ("number", "description"),
}
# A row has a number of our own: SQLite may give it another when it tidies up (VACUUM). The words are not kept a second
# time (content=''), so that forgetting them needs them once more.
FORGET = """INSERT INTO search_$table (search_$table, rowid, words)
    SELECT 'delete', n, $old FROM search_${table}_ids WHERE id = old.id;"""
KEEP = "INSERT INTO search_$table (rowid, words) SELECT n, $new FROM search_${table}_ids WHERE id = new.id;"
SQLITE = (
    "CREATE TABLE search_${table}_ids (n INTEGER PRIMARY KEY, id CHAR(32) NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE search_$table USING fts5(words, content='', tokenize='unicode61 remove_diacritics 2')",
    "INSERT INTO search_${table}_ids (id) SELECT id FROM $table ORDER BY rowid",
    """INSERT INTO search_$table (rowid, words)
    SELECT n, $whole FROM $table AS whole JOIN search_${table}_ids AS ids ON ids.id = whole.id""",
    """CREATE TRIGGER search_${table}_insert AFTER INSERT ON $table BEGIN
    INSERT INTO search_${table}_ids (id) VALUES (new.id); $keep END""",
    "CREATE TRIGGER search_${table}_update AFTER UPDATE OF $columns ON $table BEGIN $forget $keep END",
    """CREATE TRIGGER search_${table}_delete AFTER DELETE ON $table BEGIN
    $forget DELETE FROM search_${table}_ids WHERE id = old.id; END""",
)
CLOSED = sa.text("closed_at IS NOT NULL")


def upgrade() -> None:
    """Make everything that is there searchable, and what agents closed quick to list."""
    op.create_index(
        "ix_conversations_closed_at",
        "conversations",
        ["closed_at"],
        sqlite_where=CLOSED,
        postgresql_where=CLOSED,
    )
    op.create_index("ix_handoff_events_actor_kind", "handoff_events", ["actor", "kind"])
    if op.get_bind().dialect.name == "postgresql":
        _upgrade_postgresql()
    else:
        _upgrade_sqlite()


def downgrade() -> None:
    """Drop all that."""
    if op.get_bind().dialect.name == "postgresql":
        for table in SEARCHED:
            op.execute(f"DROP INDEX search_{table}")
        op.execute("DROP FUNCTION search_words(text)")
    else:
        for table in SEARCHED:
            for moment in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER search_{table}_{moment}")
            op.execute(f"DROP TABLE search_{table}")
            op.execute(f"DROP TABLE search_{table}_ids")
    op.drop_index("ix_handoff_events_actor_kind", "handoff_events")
    op.drop_index("ix_conversations_closed_at", "conversations")


def _upgrade_postgresql() -> None:
    op.get_bind().exec_driver_sql(FUNCTION)
    for table, columns in SEARCHED.items():
        op.execute(f"CREATE INDEX search_{table} ON {table} USING gin (search_words({_together(columns)}))")


def _upgrade_sqlite() -> None:
    for table, columns in SEARCHED.items():
        names = {"table": table, "columns": ", ".join(columns)}
        names |= {row: _together(columns, f"{row}.") for row in ("new", "old", "whole")}
        names |= {name: Template(text).substitute(names) for name, text in (("forget", FORGET), ("keep", KEEP))}
        for statement in SQLITE:
            op.execute(Template(statement).substitute(names))


def _together(columns: tuple[str, ...], row: str = "") -> str:
    return " || ' ' || ".join(f"coalesce({row}{column}, '')" for column in columns)
