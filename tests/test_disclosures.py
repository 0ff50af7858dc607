"""What the law has us say, in the customer's language, and when (C10)."""

from __future__ import annotations

import pytest

from bot import disclosures, policies
from bot.db import Database
from bot.documents import statement
from bot.models import ReminderKind
from bot.policies import Jurisdiction
from tests import factories
from tests.documents.reading import opened

CNPJ = "Juniper & Finch Home, 1 Example Street, 00000 Example Town. CNPJ 00.000.000/0000-00"


def collecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator collects for others, in every country."""
    law = policies.read(Jurisdiction, policies.FOLDER / "jurisdictions" / "us_collector.yml")
    monkeypatch.setattr(policies, "jurisdiction", lambda country: law)


def test_c10_who_collects_for_others_says_so_each_time_and_first_what_for(monkeypatch: pytest.MonkeyPatch) -> None:
    collecting(monkeypatch)
    for locale, is_from, purpose in (
        ("en-US", "debt collector", "attempt to collect a debt"),
        ("es-US", "cobrador de deudas", "intento de cobrar"),
        ("pt-BR", "cobrança de dívidas", "tentativa de cobrar"),
    ):
        for kind in ReminderKind:
            first = disclosures.in_reminder("US", locale, kind, is_first=True, by_email=False)
            later = disclosures.in_reminder("US", locale, kind, is_first=False, by_email=False)
            assert [is_from in first[0], purpose in first[1], len(first)] == [True, True, 2]
            assert later == first[:1]


def test_a_country_that_nobody_chose_a_file_for_is_told_what_any_of_them_asks_for() -> None:
    said = disclosures.in_reminder("MX", "es-MX", ReminderKind.PLAN_BEHIND, is_first=True, by_email=False)
    registered, advice, rights = said
    assert registered.endswith("Company number 00000000")
    assert "CONDUSEF" in advice
    assert "pedir una copia" in rights


def test_c10_a_statement_has_what_the_law_asks_in_its_language_and_stays_small_k15(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        there = factories.customer(session, country="BR", language="pt-BR", currency="BRL")
        owen = factories.customer(session, country="GB", language="en-GB", currency="GBP")
        pages = [
            opened(statement.render(statement.read(session, one, locale=one.language))).text for one in (there, owen)
        ]
    assert CNPJ in pages[0]
    assert "Procon do seu estado" in pages[0]
    assert "Company number 00000000" in pages[1]
    assert "StepChange: 0800 138 1111" in pages[1]
