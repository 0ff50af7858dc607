"""How a stop is confirmed where it was said: on a phone it is about a number, by e-mail about an address (C5)."""

from __future__ import annotations

from bot import policies, words
from bot.models import Channel
from bot.words import say


def stopped(channel: str, locale: str) -> str:
    """The one confirmation of a stop."""
    brand = policies.brand_name()
    if channel == Channel.EMAIL:
        return policies.in_language(policies.email().opted_out, locale).format(brand=brand)
    return say("opted_out", locale, brand=brand)


def welcome(channel: str, locale: str) -> str:
    """The answer to START."""
    brand = policies.brand_name()
    if channel == Channel.EMAIL:
        return policies.in_language(policies.email().opted_in, locale).format(brand=brand)
    return say("opted_in", locale, brand=brand)


def every_stop() -> set[str]:
    """Each way in which a stop is confirmed, in every language."""
    brand = policies.brand_name()
    on_phones = {say("opted_out", language, brand=brand) for language in words.languages("opted_out")}
    return on_phones | {text.format(brand=brand) for text in policies.email().opted_out.values()}
