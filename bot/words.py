"""Sentences of the front door, from `policies/messages.yml`: words are data (design section 1, 6)."""

from __future__ import annotations

from functools import lru_cache

import yaml

from bot.settings import ROOT


@lru_cache(maxsize=1)
def _messages() -> dict[str, dict[str, str]]:
    with (ROOT / "policies" / "messages.yml").open(encoding="utf-8") as file:
        loaded: dict[str, dict[str, str]] = yaml.safe_load(file)
    return loaded


def check() -> None:
    """Read the sentences now, so that a fault in the file shows at start."""
    _messages()


def say(key: str, locale: str, **values: object) -> str:
    """The sentence `key` in the language of `locale` (BCP 47), its placeholders filled.

    Raises `KeyError` for a key that English lacks.
    """
    messages = _messages()
    language = messages.get(locale.replace("_", "-").split("-")[0].lower(), {})
    return (language.get(key) or messages["en"][key]).strip().format(**values)
