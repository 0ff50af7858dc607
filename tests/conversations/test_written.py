"""The language of a message shows itself beyond doubt, or not at all."""

from __future__ import annotations

import pytest

from bot import policies
from bot.conversations.written import is_yes, language_of

SHOWN = {
    "en": ["how much do I owe?", "I'd like to pay", "thanks a lot", "Hello there"],
    "es": ["hola", "quiero pagar", "¿cuánto debo?", "ya pagué ayer", "no me llego el recibo", "te pago el viernes"],
    "pt": [
        "oi",
        "quero pagar",
        "quanto eu devo?",
        "ja paguei ontem",
        "não chegou o recibo",
        "pago na sexta",
        "bom dia",
    ],
    "fr": ["Bonjour, je voudrais payer", "j'ai déjà payé"],
    "de": ["ich möchte bezahlen", "guten Tag, ich habe eine Frage"],
    "it": ["vorrei pagare la fattura"],
    "ru": ["я уже заплатил"],
    "uk": ["скільки я винен і коли платити її"],
    "zh": ["我想付款"],
    "ja": ["支払いたいです"],
    "ko": ["결제하고 싶어요"],
    "ar": ["أريد أن أدفع"],
}


def test_a_language_is_known_by_its_small_words_its_signs_or_its_script() -> None:
    wrong = {
        text: found
        for language, texts in SHOWN.items()
        for text in texts
        if (found := language_of(text)) is None or found.language != language
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "text",
    ["", "ok", "pagar", "saldo", "no", "GT-1001", "maya@example.com", "50", "78006", "👍", "¡", "www.example.com/como"],
)
def test_what_shows_nothing_is_in_no_language(text: str) -> None:
    assert language_of(text) is None


def test_two_languages_in_one_message_are_none() -> None:
    for text in (
        "quiero pagar 50 on friday",
        "can I pay mañana por favor",
        "gracias thank you ya pagué",
        "preciso de ajuda with my account",
    ):
        assert language_of(text) is None, text


def test_a_message_is_long_enough_by_its_words_and_by_how_much_they_tell() -> None:
    long = language_of("hola, quiero saber cuánto debo")
    assert long is not None
    assert (long.words, long.is_long) == (5, True)
    for text in ("quiero pagar", "quero Beatriz Souza Carlos Mendoza"):
        short = language_of(text)
        assert short is not None
        assert not short.is_long, text


def test_a_long_message_is_known_by_its_beginning() -> None:
    found = language_of("quiero pagar mi cuenta " * 400)
    assert found is not None
    assert found.language == "es"


def test_a_yes_is_known_in_the_languages_that_we_lack() -> None:
    for text, language in (("Oui, s'il vous plaît", "fr"), ("好的", "zh"), ("Да!", "ru"), ("ja bitte", "de")):
        assert is_yes(text, language), text
    for text, language in (
        ("jamais", "fr"),
        ("jacke", "de"),
        ("non", "fr"),
        ("yes", "en"),
        ("да", "xx"),
        ("дам", "ru"),
    ):
        assert not is_yes(text, language), text


def test_each_language_that_we_lack_has_a_sentence_and_ours_have_none() -> None:
    ours = set(policies.desk().languages.assistant)
    assert {code for code, shown in policies.languages().root.items() if shown.sorry is None} == ours
    assert [
        code for code, shown in policies.languages().root.items() if (shown.accepts is None) != (code in ours)
    ] == []
