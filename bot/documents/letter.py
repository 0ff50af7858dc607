"""A letter: in which language, zone and paper a document is written, and what stands on every one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_gmt

from bot import policies
from bot.documents.legible import legible
from bot.models import Customer
from bot.money import Money
from bot.policies.document import DocumentWords


@dataclass(frozen=True, slots=True)
class Letter:
    """How to write to one customer. `zone` is IANA; `paper` is the renderer's name of a size."""

    words: DocumentWords
    locale: Locale
    zone: ZoneInfo
    paper: str
    name: str
    account_number: str

    @classmethod
    def to(cls, customer: Customer, locale: str) -> Letter:
        """A letter to `customer` in `locale` (BCP 47), or in English with that region's dates."""
        known = policies.documents().words
        found = written_in(locale)
        paper = "us-letter" if customer.country in policies.documents().letter else "a4"
        zone = ZoneInfo(customer.time_zone)
        return cls(known[found.language], found, zone, paper, customer.name, customer.account_number)

    def money(self, amount: Money) -> str:
        """$80.50, as everywhere."""
        return amount.format(str(self.locale))

    def date(self, day: dt.date) -> str:
        """2 March 2026."""
        return format_date(day, "long", self.locale)

    def short_date(self, day: dt.date) -> str:
        """2 Mar 2026, for a column."""
        return format_date(day, "medium", self.locale)

    def instant(self, instant: dt.datetime) -> str:
        """2 March 2026, 09:00 (GMT-06:00), in the customer's zone."""
        local = instant.astimezone(self.zone)
        time = format_time(local, "short", self.zone, self.locale)
        return f"{self.date(local.date())}, {time} ({get_timezone_gmt(local, 'long', self.locale)})"

    def content(self, title: str) -> dict[str, Any]:
        """What every template asks for. `title` is the document's; it stands in the file too."""
        brand = policies.brand()
        website = (brand.website or "").removeprefix("https://").rstrip("/")
        contact = [legible(part, 100) for part in (brand.phone, brand.email, website) if part]
        reach = [self.words.reach]
        if contact:
            reach.append(self.words.reach_contact.format(contact=" · ".join(contact)))
        territory = self.locale.territory
        return {
            "lang": self.locale.language,
            "region": territory if territory and len(territory) == 2 else None,
            "paper": self.paper,
            "title": title,
            "business": {"name": legible(brand.name, 100), "lines": [legible(line, 100) for line in brand.address]},
            "reach": " ".join(reach),
            "page": self.words.page,
        }

    def addressee(self) -> list[list[str]]:
        """Whom it is for, as labelled values."""
        return [
            [self.words.customer, legible(self.name, 120)],
            [self.words.account, legible(self.account_number, 64)],
        ]


def written_in(locale: str) -> Locale:
    """The locale that a document asked for in `locale` is written in: its language if there are words, else English."""
    language, *_ = parts = locale.replace("_", "-").split("-")
    language = language.lower() if language.lower() in policies.documents().words else "en"
    territory = next((part.upper() for part in parts[1:] if len(part) == 2), None)
    try:
        return Locale(language, territory)
    except (UnknownLocaleError, ValueError):
        return Locale(language)
