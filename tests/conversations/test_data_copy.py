"""A copy of everything that is kept about a customer (P5): complete, readable, without secrets and without others."""

from __future__ import annotations

import io
import json
import uuid
import zipfile

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations import transcript
from bot.conversations.rights import data_copy
from bot.conversations.rights.data_section import About
from bot.conversations.rights.data_sections import SECTIONS
from bot.db import Database
from bot.errors import NotFound
from bot.models import AuditEntry, Author, Channel, Customer, Promise
from tests import factories
from tests.conversations.test_erasure import EMAIL, NAME, NOTHING_PERSONAL, PHONE, WORD, fill, written, zora

# Written about them, and none of theirs to have: requests to forget, raw bodies, proofs, what agents learn.
NOT_TOLD = {"erasures", "external_events", "mismatches", "reviews"}


def unpacked(db: Database, customer_id: uuid.UUID) -> dict[str, bytes]:
    """The files of the archive by name, from its pieces."""
    packed = b"".join(data_copy.data_copy(db, customer_id))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def filled(session: Session) -> Customer:
    """Zora, with a row of everything, and somebody else who has nothing to do with her."""
    who = zora(session)
    talk = fill(session, who)
    session.add(AuditEntry(action="conversation.read", subject=f"conversation:{talk.id}"))
    other = factories.customer(session, name="Tom Somebody", email="tom@example.com")
    factories.invoice(session, other, description="A stranger's boat")
    theirs = factories.conversation(session, customer_id=other.id)
    transcript.append(session, theirs, author=Author.CUSTOMER, text="I am somebody else")
    stranger = factories.conversation(session, channel=Channel.WHATSAPP, address=PHONE)
    transcript.append(session, stranger, author=Author.CUSTOMER, text="Never proven who this is")
    return who


def test_the_copy_holds_every_section_and_the_files_p5(db: Database) -> None:
    with db.transaction() as session:
        who = filled(session)
    files = unpacked(db, who.id)
    assert set(files) >= {"index.html", *(f"data/{section.name}.json" for section in SECTIONS)}
    data = {section.name: json.loads(files[f"data/{section.name}.json"]) for section in SECTIONS}
    empty = {name for name, rows in data.items() if not rows}
    assert empty == {"payment_shares", "money_back", "instalments", "plan_events", "promises"}
    [person] = data["customer"]
    assert (person["name"], person["email"], person["phone"]) == (NAME, EMAIL, PHONE)
    assert [row["text"] for row in data["messages"]] == [f"I play the {WORD}", f"Hello {NAME}"]
    assert [row["amount"] for row in data["ledger"]] == [5_000, 5_000]
    assert [row["who"] for row in data["access"]] == ["desk"]
    assert {row["note"] for row in data["handoff_steps"] if "note" in row} == {WORD}
    assert [row["note"] for row in data["follow_ups"]] == [WORD]
    kept = [files[name] for name in files if name.startswith("files/")]
    assert kept == [WORD.encode()] * 2  # one from them, one from us
    page, titles = files["index.html"].decode(), policies.data_copy().sections
    assert all(f"<h2>{titles[section.name]['en']}</h2>" in page for section in SECTIONS)
    assert all(shown in page for shown in (NAME, "somebody at the desk", "<td>$50.00</td>"))
    assert "<td>5000</td>" not in page


def test_nothing_of_others_and_no_secret_is_in_it(db: Database) -> None:
    with db.transaction() as session:
        who = filled(session)
    whole = b"\n".join(unpacked(db, who.id).values())
    for foreign in (b"Tom Somebody", b"tom@example.com", b"boat", b"somebody else", b"Never proven"):
        assert foreign not in whole, foreign
    for secret in (b"digest", b"token", b"cs_1", b"pi_1", b"input_hash", b"evt_1", b"SM1", b"checkout_url", b"Ana"):
        assert secret not in whole, secret


def test_every_table_of_theirs_is_in_it_or_left_out_on_purpose(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        who = filled(session)
        about = About(who, (), ())
    queries = [section.query(about) for section in SECTIONS]
    asked = {table.name for query in queries for table in query.get_final_froms() if isinstance(table, sa.Table)}
    missing = written() - asked - NOT_TOLD - NOTHING_PERSONAL
    assert not missing, f"put {sorted(missing)} into data_sections.py, or say here why they are left out"


def test_they_read_it_in_their_language_with_amounts_as_they_write_them(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        for language, currency in (("pt-BR", "BRL"), ("es-MX", "USD"), ("fr-FR", "EUR")):
            who = factories.customer(session, language=language, currency=currency)
            factories.invoice(session, who, "1480.00")
            session.add(Promise(customer_id=who.id, amount=148_000, currency=currency, due_on=clock.today("UTC")))
    with sqlite_db.reading() as session:
        people = {who.language: who.id for who in session.scalars(sa.select(Customer))}
    for language, shown in (
        ("pt-BR", ("Seus dados na", "<h2>Faturas</h2>", "vence em", "R$\xa01.480,00", "lang=pt-BR")),
        ("es-MX", ("Sus datos en", "<h2>Facturas</h2>", "vence el", "1,480.00</td>", "lang=es-MX")),
        ("fr-FR", ("Your data at", "<h2>Invoices</h2>", "due on", "1\u202f480,00\xa0€", "lang=en")),
    ):
        page = unpacked(sqlite_db, people[language])["index.html"].decode()
        assert [each for each in shown if each not in page] == []


def test_every_section_and_column_has_words_in_each_of_our_languages(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        about = About(zora(session), (), ())
    words = policies.data_copy()
    columns = {name for section in SECTIONS for name in section.query(about).selected_columns.keys()} - {"id"}  # noqa: SIM118
    assert words.sections.keys() == {section.name for section in SECTIONS}
    assert words.columns.keys() == columns
    called = [*words.sections.values(), *words.columns.values(), words.page.title, words.page.lead, words.page.nothing]
    called += [each for by_value in words.values.values() for each in by_value.values()]
    assert {frozenset(each) for each in called} == {frozenset({"en", "es", "pt"})}


def test_a_long_history_comes_whole_and_in_order_and_as_text(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        who = zora(session)
        talk = factories.conversation(session, customer_id=who.id)
        for number in range(1_201):
            transcript.append(session, talk, author=Author.CUSTOMER, text=f"<script>alert({number})</script>")
    files = unpacked(sqlite_db, who.id)
    rows = json.loads(files["data/messages.json"])
    assert [row["seq"] for row in rows] == list(range(1, 1_202))
    page = files["index.html"].decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1200)&lt;/script&gt;" in page


def test_nobody_has_no_copy(sqlite_db: Database) -> None:
    with pytest.raises(NotFound):
        data_copy.data_copy(sqlite_db, uuid.uuid4())


def test_its_name_tells_the_account_and_the_day(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        who = factories.customer(session, account_number="GT/77 ü")
        assert data_copy.file_name(who) == f"data-of-GT-77---{clock.today(who.time_zone)}.zip"
