"""Where the people of the year live: zones, numbers, languages. Written by hand, so that the judge need not ask the
product where a number may ring."""

from __future__ import annotations

from dataclasses import dataclass

# PR stands for the accounts that an agency collects for others, in the same world as the creditor's own in the US.
PACKS = {"US": "us", "PR": "us_collector", "GB": "uk", "BR": "br"}


@dataclass(frozen=True, slots=True)
class Place:
    """A zone (IANA) of a country, and how numbers of it begin; `weight` is how many of a hundred people live there."""

    country: str
    zone: str
    prefix: str
    digits: int
    languages: tuple[str, ...]
    currency: str
    weight: int

    def phone(self, number: int) -> str:
        """The number of the person with this number; each has one of their own."""
        return f"{self.prefix}{number:0{self.digits}d}"


PLACES = (
    Place("US", "America/New_York", "+121255", 5, ("en-US", "en-US", "es-US"), "USD", 16),
    Place("US", "America/Chicago", "+131255", 5, ("en-US",), "USD", 10),
    Place("US", "America/Phoenix", "+160255", 5, ("en-US", "es-US"), "USD", 4),
    Place("US", "America/Los_Angeles", "+141555", 5, ("en-US", "en-US", "es-US"), "USD", 10),
    Place("PR", "America/Puerto_Rico", "+178755", 5, ("es-US", "en-US"), "USD", 12),
    Place("GB", "Europe/London", "+447400", 6, ("en-GB",), "GBP", 22),
    Place("BR", "America/Sao_Paulo", "+551195", 7, ("pt-BR",), "BRL", 14),
    Place("BR", "America/Manaus", "+559299", 7, ("pt-BR",), "BRL", 4),
    Place("AU", "Australia/Sydney", "+6129", 7, ("en-AU",), "AUD", 5),
    Place("KE", "Africa/Nairobi", "+254712", 6, ("en-KE",), "KES", 3),
)
# Where somebody moves to from each country, within it or out of it.
MOVES = {
    "US": ("America/New_York", "America/Chicago", "America/Los_Angeles", "Pacific/Honolulu", "Europe/London"),
    "PR": ("America/Puerto_Rico", "America/New_York"),
    "GB": ("Europe/London", "Europe/Madrid", "America/New_York"),
    "BR": ("America/Sao_Paulo", "America/Manaus", "Europe/Lisbon"),
    "AU": ("Australia/Sydney", "Australia/Perth"),
    "KE": ("Africa/Nairobi", "Europe/London"),
}
