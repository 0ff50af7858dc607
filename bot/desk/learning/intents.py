"""What a sentence can mean: the intents of domain.yml, with the inventory's words (`intents.yml`)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

from bot.errors import InvalidInput
from bot.settings import ROOT


@lru_cache(maxsize=1)
def inventory() -> dict[str, dict[str, str]]:
    """Group → intent → what the customer wants, in words. Only what domain.yml knows."""
    known = set(in_order())
    groups: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("intents.yml").read_text("utf-8"))
    return {name: {each: words for each, words in group.items() if each in known} for name, group in groups.items()}


@lru_cache(maxsize=1)
def in_order() -> tuple[str, ...]:
    """Every intent, as domain.yml lists them."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    return tuple(each if isinstance(each, str) else next(iter(each)) for each in domain["intents"])


def words(intent: str | None) -> str:
    """The intent in the inventory's words, "" for one that it does not have."""
    return next((group[intent] for group in inventory().values() if intent in group), "")


def require(intent: str | None) -> str:
    """An intent of the inventory. Raises `InvalidInput`."""
    if intent is None or not words(intent):
        raise InvalidInput("Choose what the customer meant.")
    return intent
