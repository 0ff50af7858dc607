"""Who writes Spanish or Portuguese never meets an English sentence, nor one that is harder (K12, P1, C8, C12)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest
import yaml

from bot.settings import ROOT
from tests.actions.test_words import TO_STRANGERS, WITHOUT_MONEY

LANGUAGES = ("es", "pt")
# What would tell a stranger that something is open: the words for it in the languages at hand (P1).
OF_WHAT_IS_OPEN = {
    "es": r"\b(?:pendientes?|vencid\w+|atrasad\w+|deudas?|saldos?|facturas?|cobranza|por pagar|fecha ya pasada)\b",
    "pt": r"\b(?:em aberto|vencid\w+|atrasad\w+|d[ií]vidas?|devendo|saldos?|faturas?|cobrança)\b",
}
OF_MONEY = {
    "es": r"\$|\b(?:pag(?:o|os|ar|ue|a)|dinero|saldo|deuda|factura|cuenta|plan)\b|\?",
    "pt": r"\$|\b(?:pag(?:o|ar|ue|a|amentos?)|dinheiro|saldo|d[ií]vida|fatura|conta|plano)\b|\?",
}


def policy(name: str) -> Any:
    return yaml.safe_load((ROOT / "policies" / name).read_text(encoding="utf-8"))


def said(language: str) -> dict[str, list[str]]:
    """What the assistant says, by response."""
    responses: dict[str, list[str]] = policy(f"responses/{language}.yml")["responses"]
    return responses


def values(phrase: str | dict[str, str]) -> set[str]:
    """What is filled into a phrase in any of its plural forms."""
    forms = [phrase] if isinstance(phrase, str) else list(phrase.values())
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_that_are_kept_by_language_are_whole(language: str) -> None:
    missing = []
    for name, file in (
        ("messages.yml", policy("messages.yml")),
        ("phrases.yml", policy("phrases.yml")),
        ("documents.yml", policy("documents.yml")["words"]),
        ("pay_page.yml", policy("pay_page.yml")),
    ):
        wanted = {
            key for key, text in file["en"].items() if not isinstance(text, str) or re.search(r"[a-z]{2}", bare(text))
        }
        missing += [f"{name}: {key}" for key in sorted(wanted - set(file.get(language, {})))]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_wherever_english_stands_beside_other_languages_so_does_this_one(language: str) -> None:
    names = [
        "answers.yml",
        "autopay.yml",
        "canned_answers.yml",
        "choices.yml",
        "data_copy.yml",
        "email.yml",
        "keywords.yml",
    ]
    names += ["rights.yml", "whatsapp_templates.yml"]
    lacking = [f"{name}: {at}" for name in names for at in beside_english(policy(name), language)]
    # Names of their own are the same everywhere.
    assert [at for at in lacking if not re.search(r"Apple Pay|Google Pay|PayPal|Venmo|Pix", at)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_takes_the_values_of_the_english_one_in_every_plural_k8(language: str) -> None:
    phrases = policy("phrases.yml")
    english, own = phrases["en"], phrases[language]
    assert [key for key in own if key not in english or values(own[key]) != values(english[key])] == []
    assert [key for key, phrase in own.items() if isinstance(phrase, dict) and "other" not in phrase] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_p1_nothing_said_to_a_stranger_implies_a_debt(language: str) -> None:
    responses = said(language)
    found = {
        name: re.findall(OF_WHAT_IS_OPEN[language], " ".join(responses[name]), re.I)
        for name in TO_STRANGERS
        if name in responses
    }
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_c8_c12_where_everything_stops_no_word_is_about_money_and_nothing_is_asked(language: str) -> None:
    responses = said(language)
    found = {
        name: re.findall(OF_MONEY[language], " ".join(responses[name]), re.I)
        for name in (*WITHOUT_MONEY, "utter_crisis")
    }
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_k9_no_sentence_takes_the_customer_for_a_man_or_a_woman(language: str) -> None:
    taken = {
        "es": r"(?<!la )\bbienvenid[oa]\b|\bestimad[oa]\b|\best[aá] (?:verificad|cansad|atrasad|preocupad)[oa]\b",
        "pt": r"\bbem-vind[oa]\b|\bprezad[oa]\b|\bvocê está (?:segur|pront|verificad|cansad|atrasad|preocupad)[oa]\b",
    }[language]
    texts = [*(text for texts in said(language).values() for text in texts), *policy("messages.yml")[language].values()]
    assert [text for text in texts if re.search(taken, text, re.I)] == []


def bare(text: str) -> str:
    """The words of `text` without what is filled in."""
    return re.sub(r"\{\w+\}|https?://\S+", "", text)


def beside_english(value: Any, language: str, at: str = "") -> Iterator[str]:
    """Where English is given and `language` is not."""
    if isinstance(value, dict):
        if "en" in value and language not in value:
            yield f"{at} {value['en']}"
        for key, inner in value.items():
            yield from beside_english(inner, language, f"{at}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from beside_english(inner, language, f"{at}.{number}")
