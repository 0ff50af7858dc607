"""STOP, START and HELP are heard on a whole message, in any writing, and never inside another wish (C4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversations import keywords
from bot.conversations.keywords import Keyword

STOPS = ["STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT", "OPT OUT"]
ABROAD = ["PARAR", "ALTO", "BAJA", "DETENER", "CANCELAR", "PARE", "SAIR", "DESCADASTRAR", "Darme de baja"]


@pytest.mark.parametrize("text", [*STOPS, *ABROAD])
def test_c4_every_word_for_stop_is_heard_in_any_case(text: str) -> None:
    for written in (text, text.lower(), text.title()):
        assert keywords.read(written, refused=False) is Keyword.STOP


@pytest.mark.parametrize(
    "text",
    [
        "Stop. Thank you", "please stop", "Please STOP, thanks!", "stop!!!", "STOP thanks", "stop pls", "Stop?",
        "“Stop”",
        "*STOP*", " stop\n", "stop 🙏", "🛑 stop", "stop ✋🏽", "S.T.O.P.", "s t o p", "ＳＴＯＰ", "𝗦𝗧𝗢𝗣", "st\u200bop",
        "stop\ufeff", "st\u00adop",
        "stop stop", "STOP, STOP, STOP", "stop, unsubscribe", "opt-out", "Opt - Out", "stop all please",
        "hi, stop please", "Stopp!", "parem",
        "ok stop thank you very much", "Stop\n\nSent from my iPhone", "Stop. Have a nice day", "por favor, pare",
        "Baja, gracias", "Sair, por favor. Obrigada!", "un-subscribe",
    ],
)  # fmt: skip
def test_c4_punctuation_ornament_and_courtesy_change_nothing(text: str) -> None:
    assert keywords.read(text, refused=False) is Keyword.STOP


@pytest.mark.parametrize(
    "text",
    [
        "stop the autopay", "how do I cancel my plan", "end of the month", "cancel the payment", "don't stop",
        "don’t stop",
        "can I stop by", "cancel my plan please", "quit my job", "I had to quit", "at the end", "nonstop", "stopped",
        "ending",
        "stop 20", "stop it there and pay 50", "start the plan", "start on friday", "help me pay",
        "I need help with the link",
        "more info about INV-1001", "information about my bill please and why", "para el viernes", "sai", "no", "ok",
        "thanks", "please",
        "", "   ", "👍", "🛑", "1", "?!", "yes stop calling my work", "help stop", "start stop",
        "fin de mes", "no quiero cancelar", "cancelar o plano", "stop " * 60,
    ],
)  # fmt: skip
def test_c4_never_as_part_of_another_message(text: str) -> None:
    assert keywords.read(text, refused=False) is None
    assert keywords.read(text, refused=True) is None


@pytest.mark.parametrize(
    "text", ["START", "start!", "Unstop please", "un-stop", "comenzar", "Começar, obrigada", "iniciar"]
)
def test_c4_start_is_heard_at_any_time(text: str) -> None:
    assert keywords.read(text, refused=False) is Keyword.START
    assert keywords.read(text, refused=True) is Keyword.START


@pytest.mark.parametrize("text", ["YES", "yes please", "Yes! 😀", "Sí", "si", "SÍ, gracias", "sim", "Sim, por favor"])
def test_c4_yes_restores_only_after_a_stop(text: str) -> None:
    assert keywords.read(text, refused=True) is Keyword.START
    assert keywords.read(text, refused=False) is None


@pytest.mark.parametrize("text", ["HELP", "help?", "Info", "please help", "AYUDA", "ajuda, por favor", "información"])
def test_c4_help_is_heard(text: str) -> None:
    assert keywords.read(text, refused=False) is Keyword.HELP


@pytest.mark.parametrize(
    ("text", "spoken", "language"),
    [
        ("STOP", "en-US", "en-US"),
        ("STOP", "es-MX", "es-MX"),
        ("PARE", "pt-BR", "pt-BR"),
        ("PARE", "es-MX", "es-MX"),
        ("alto", "en-US", "es"),
        ("sair", "en-US", "pt"),
        ("hello", "en-GB", "en-GB"),
    ],
)
def test_it_is_confirmed_in_the_language_of_the_word(text: str, spoken: str, language: str) -> None:
    assert keywords.language(text, spoken) == language


ORNAMENT = st.text(alphabet=" .,!?-_*~'\"\n\t\u200b\u200d\ufeff👍🙏✋🛑", max_size=12)
COURTESY = st.sampled_from(["", "please", "Thank you", "thanks", "pls", "por favor", "obrigado", "Gracias"])


@given(before=ORNAMENT, polite=COURTESY, word=st.sampled_from([*STOPS, *ABROAD]), after=ORNAMENT, thanks=COURTESY)
def test_c4_whatever_stands_around_it(before: str, polite: str, word: str, after: str, thanks: str) -> None:
    assert keywords.read(f"{before}{polite} {word}{after} {thanks}{after}", refused=False) is Keyword.STOP


@given(
    words=st.lists(st.sampled_from(["my", "plan", "on", "friday", "20", "autopay"]), min_size=1, max_size=6),
    place=st.integers(0, 6),
    word=st.sampled_from([*STOPS, "START", "HELP", "YES"]),
)
def test_c4_another_word_makes_it_another_message(words: list[str], place: int, word: str) -> None:
    said = " ".join([*words[:place], word, *words[place:]])
    assert keywords.read(said, refused=True) is None


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    found = keywords.read(text, refused=True)
    assert found is None or found in Keyword
    assert keywords.language(text, "en-US")
