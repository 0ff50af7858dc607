"""How, when and in which language somebody wants to be reached, from free text (C7)."""

from __future__ import annotations

import datetime as dt

import pytest

from actions.talk import reaching
from bot.conversations import preferences
from bot.conversations.preferences import Standing
from bot.models import Medium

TODAY = dt.date(2026, 3, 2)


def read(text: str) -> Standing:
    """What the text comes to."""
    return preferences.standing(reaching.preferences(text, TODAY, "en-US"))


@pytest.mark.parametrize(
    ("text", "refused", "welcome"),
    [
        ("no more calls please", {"call"}, set()),
        ("don't text me", {"sms"}, set()),
        ("please stop emailing me", {"email"}, set()),
        ("text me instead of calling", {"call"}, {"sms"}),
        ("I prefer email", set(), {"email"}),
        ("email is better", set(), {"email"}),
        ("no calls, texts are fine", {"call"}, {"sms"}),
        ("don't call, email me", {"call"}, {"email"}),
        ("please email me rather than phone", {"call"}, {"email"}),
        ("don't call me at work", {"call"}, set()),
        ("never ring me, use whatsapp", {"call"}, {"whatsapp"}),
        ("I'd rather get letters", set(), {"letter"}),
        ("can you text me", set(), {"sms"}),
        ("I can't take calls", {"call"}, set()),
    ],
)
def test_a_medium_is_refused_or_welcome_as_it_was_said(text: str, refused: set[str], welcome: set[str]) -> None:
    found = read(text)
    assert (found.refused, found.welcome) == (refused, welcome)


def test_only_one_medium_refuses_the_others() -> None:
    found = read("text only please")
    assert Medium.SMS in found.welcome
    assert found.refused == set(Medium) - {Medium.SMS, Medium.WEB}


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("don't call before 10am", (600, 1440)),
        ("only after 5pm", (1020, 1440)),
        ("please only message me between 9 and 12", (540, 720)),
        ("evenings only", (1020, 1260)),
    ],
)
def test_hours_are_read_and_no_medium_is_refused_by_them(text: str, hours: tuple[int, int]) -> None:
    found = read(text)
    assert (found.hours, found.refused) == (hours, frozenset())


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("only on weekdays", {0, 1, 2, 3, 4}),
        ("not on weekends", {0, 1, 2, 3, 4}),
        ("please never on Sundays", {0, 1, 2, 3, 4, 5}),
        ("mondays and fridays only", {0, 4}),
        ("Monday to Thursday", {0, 1, 2, 3}),
    ],
)
def test_days_are_read(text: str, days: set[int]) -> None:
    assert read(text).days == days


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("nothing until the 15th", "2026-03-15"),
        ("leave me alone until April 1", "2026-04-01"),
        ("please don't write before next Friday", "2026-03-13"),
        ("I need peace for two weeks", "2026-03-16"),
    ],
)
def test_a_day_until_which_it_is_quiet_is_read(text: str, until: str) -> None:
    assert read(text).quiet_until == dt.date.fromisoformat(until)


@pytest.mark.parametrize("text", ["", "hello", "what do I owe", "I'd like to change how you contact me", "3"])
def test_where_nothing_is_said_nothing_is_read(text: str) -> None:
    assert reaching.preferences(text, TODAY, "en-US") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("can we speak Spanish?", "es"),
        ("en español por favor", "es"),
        ("hablas espanol?", "es"),
        ("¿Puede ser en castellano?", "es"),
        ("português, por favor", "pt"),
        ("fala portugues?", "pt"),
        ("do you speak French", "fr"),
        ("auf Deutsch bitte", "de"),
        ("in Polish please", "pl"),
        ("English please", "en"),
        ("I don't speak English, Spanish please", "es"),
        ("no hablo inglés", "es"),
        ("não falo inglês", "pt"),
        ("another language", None),
        ("", None),
    ],
)
def test_a_language_is_known_by_its_english_name_or_its_own_k12(text: str, code: str | None) -> None:
    assert reaching.language(text) == code


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("call me on 312-555-0199", "+13125550199"),
        ("(312) 555 0199", "+13125550199"),
        ("my number is +44 7700 900004", "+447700900004"),
        ("call me at 3", None),
        ("tomorrow between 10 and 12", None),
        ("", None),
    ],
)
def test_a_number_is_read_in_the_form_that_phones_use(text: str, number: str | None) -> None:
    assert reaching.phone(text, reaching.regions("en-US")) == number
