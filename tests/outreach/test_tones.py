"""Which tone a customer is written to in: a wish before all, then language and country (K12)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot import policies
from bot.conversations import tone_wishes
from bot.db import Database
from bot.outreach import tones
from bot.policies import PolicyInvalid, Tone, TonesPolicy, read
from bot.policies.file import FOLDER
from tests import factories
from tests.conftest import SetClock


def test_a_tone_is_chosen_by_language_and_country() -> None:
    chosen = {
        ("US", "en-US"): Tone.FRIENDLY, ("GB", "en-GB"): Tone.FORMAL, ("US", "es-US"): Tone.FORMAL,
        ("MX", "es-MX"): Tone.FORMAL, ("ES", "es-ES"): Tone.FRIENDLY, ("BR", "pt-BR"): Tone.FRIENDLY,
        ("PT", "pt-PT"): Tone.FORMAL, ("FR", "fr-FR"): Tone.FRIENDLY,
    }  # fmt: skip
    assert {each: tones.usual(*each) for each in chosen} == chosen


def test_a_wish_comes_before_that_and_the_newest_holds(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        other = factories.customer(session)
        assert tones.of(session, maya, "en-US") is Tone.FRIENDLY
        for wished in (Tone.FORMAL, Tone.FAMILY):
            assert tone_wishes.record(session, maya.id, wished) is not None
            clock.advance(seconds=1)
        assert tone_wishes.record(session, maya.id, Tone.FAMILY) is None
        assert tones.of(session, maya, "es-US") is Tone.FAMILY
        assert tones.of(session, other, "en-US") is Tone.FRIENDLY


def test_a_language_without_its_words_or_tones_is_found_at_start(tmp_path: Path) -> None:
    source = (FOLDER / "tones.yml").read_text(encoding="utf-8")
    for before, after, said in (
        ("  pt: {any: friendly, PT: formal}", "  pt: {PT: formal}", "chosen.pt needs `any`"),
        ("    family: {address: formal, manner: direct", "    familiar: {address: formal, manner: direct", "tones.es"),
        ("  es: ['cuentas?'", "  es: ['cuentas('", "is no pattern"),
        ("\nnever_private:\n  en:", "\nnever_private:\n  xx:", "never_private.en"),
    ):
        assert before in source
        (tmp_path / "tones.yml").write_text(source.replace(before, after, 1), encoding="utf-8")
        with pytest.raises(PolicyInvalid, match=re.escape(said)):
            read(TonesPolicy, tmp_path / "tones.yml")


def test_words_that_tell_of_money_are_found_in_each_language_p1() -> None:
    for language, telling, harmless in (
        ("en", "Your payment is due", "There's a message for you"),
        ("es", "Su factura está vencida", "Hay un mensaje para usted"),
        ("pt", "Sua parcela venceu", "Tem uma mensagem para você, a página abriu"),
    ):
        assert len(policies.tones().tells(telling, language)) == 2, language
        assert policies.tones().tells(harmless, language) == []
