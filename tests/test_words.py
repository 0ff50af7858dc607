"""The sentences in `policies/` are checked at start: a misspelt one must not come to light where money arrives (S5)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot import pay_page, words
from bot.app import create_app
from bot.db import Database
from bot.settings import ROOT
from bot.words import WordsInvalid
from tests.billing.fake_gateway import FakeGateway
from tests.voices import Voice


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped files, as an operator edits them."""
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    monkeypatch.setattr(words, "ROOT", tmp_path)
    return tmp_path / "policies"


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_what_is_shipped_is_right(folder: Path) -> None:
    words.check()
    pay_page.check()


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("your payment of {amount} has arrived", "your payment of {amuont} has arrived", "en.receipt"),
        ("your payment of {amount} has arrived", "your payment has arrived", "en.receipt"),
        ("your payment of {amount} has arrived", "your payment of {amount has arrived", "en.receipt"),
        ("your payment of {amount} has arrived", "your payment of {amount.minor} has arrived", "en.receipt"),
        ("your payment of {amount} has arrived", "your payment of {amount:>9} has arrived", "en.receipt"),
        ("receipt_clear: You're all paid up.", "receipt_clear:", "en.receipt_clear"),
        ("receipt_clear: You're all paid up.", "reciept_clear: You're all paid up.", "en.receipt_clear"),
        ("en:\n", "fr:\n  receipt: Merci pour {montant}. {standing}\nen:\n", "fr.receipt"),
        ("en:\n", "fr:\n  recu: Merci\nen:\n", "fr.recu"),
    ],
)
def test_a_message_with_a_wrong_placeholder_is_named_at_start(folder: Path, before: str, after: str, key: str) -> None:
    edit(folder / "messages.yml", before, after)
    with pytest.raises(WordsInvalid, match=rf"policies/messages\.yml needs attention:\n  {key}:"):
        words.check()


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("Thank you, {amount} has been paid", "Thank you, {amuont} has been paid", "en.paid_title"),
        ("Gracias, {amount} está en camino", "Gracias, {name} está en camino", "es.processing_title"),
        ("  pay: Continue to payment\n", "", "en.pay"),
    ],
)
def test_so_is_a_wrong_sentence_of_the_pay_page(folder: Path, before: str, after: str, key: str) -> None:
    edit(folder / "pay_page.yml", before, after)
    with pytest.raises(WordsInvalid, match=rf"policies/pay_page\.yml needs attention:\n  {key}:"):
        pay_page.check()


def test_the_pay_page_may_name_the_business_where_it_likes(folder: Path) -> None:
    edit(folder / "pay_page.yml", "Continue to payment", "Pay {brand}")
    pay_page.check()


@pytest.mark.parametrize("text", ["", "- a list", "en: just words", "es: {}", "en: [a"])
def test_a_file_without_sentences_is_refused(folder: Path, text: str) -> None:
    (folder / "messages.yml").write_text(text)
    with pytest.raises(WordsInvalid, match=r"policies/messages\.yml"):
        words.check()


@pytest.mark.parametrize("name", ["messages.yml", "pay_page.yml"])
def test_the_web_process_does_not_start_with_a_wrong_file(folder: Path, sqlite_db: Database, name: str) -> None:
    edit(folder / name, "{amount}", "{amuont}")
    with pytest.raises(WordsInvalid):
        create_app(db=sqlite_db, dialogue=Voice(), payments=FakeGateway())
