"""Money: integer minor units and an ISO 4217 code, formatted only at the edge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision

from bot.errors import InvalidInput


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` minor units (cents, pence, yen) of `currency` (three capital letters). May be negative."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError("minor units are whole numbers")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise InvalidInput(f"{self.currency!r} is not an ISO 4217 currency code")

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in `currency`."""
        return cls(0, currency)

    @classmethod
    def of(cls, amount: Decimal | str, currency: str) -> Money:
        """Read a decimal in major units ("80.50"). Raises `InvalidInput` for more digits than the currency has."""
        try:
            major = Decimal(amount)
        except InvalidOperation as error:
            raise InvalidInput(f"{amount!r} is not an amount") from error
        scaled = major.scaleb(precision(currency)) if major.is_finite() else Decimal("NaN")
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise InvalidInput(f"{amount!r} is not an amount of {currency}")
        return cls(int(scaled), currency)

    @property
    def major(self) -> Decimal:
        """The exact decimal in major units."""
        return Decimal(self.minor).scaleb(-precision(self.currency))

    def format(self, locale: str) -> str:
        """As the `locale` writes it ("en-US" or "en_US"): $80.50, £75.25, R$ 480,00."""
        return format_currency(self.major, self.currency, locale=locale.replace("-", "_"))

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def split(self, parts: int) -> list[Money]:
        """`parts` equal instalments; the odd minor units go to the last (design section 10). The sum is exact (S7)."""
        if parts < 1:
            raise InvalidInput("a sum is split into one part or more")
        each = self.minor // parts
        return [Money(each, self.currency)] * (parts - 1) + [Money(self.minor - each * (parts - 1), self.currency)]

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise InvalidInput(f"{self.currency} and {other.currency} cannot be reckoned together")
        return other.minor


def precision(currency: str) -> int:
    """How many decimal digits the currency has: 2 for USD, 0 for JPY, 3 for KWD (ISO 4217, by CLDR)."""
    return get_currency_precision(currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, all in `currency`; nothing sums to zero."""
    sum_ = Money.zero(currency)
    for amount in amounts:
        sum_ = sum_ + amount
    return sum_
