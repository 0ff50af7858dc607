"""Shares, how sure they are, and whether two of them differ: exact where that is cheap. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Z95 = 1.959963984540054
SAME = 1e-9  # two probabilities this near are one, relatively


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, and Wilson's 95 % interval around it, which stays within 0 and 1 and is honest for few
    (E. B. Wilson, JASA 22, 1927, p. 209)."""

    hits: int
    of: int

    @property
    def rate(self) -> float:
        """The share itself; 0 of none."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """From where to where; anything is possible of none."""
        if not self.of:
            return 0.0, 1.0
        spread = Z95**2 / self.of
        middle = (self.rate + spread / 2) / (1 + spread)
        half = Z95 / (1 + spread) * math.sqrt(self.rate * (1 - self.rate) / self.of + spread / (4 * self.of))
        return max(0.0, middle - half), min(1.0, middle + half)


def chance(one: Share, other: Share) -> float:
    """How likely so great a difference, or a greater one, would be if both were the same: Fisher's exact test of two
    sides (R. A. Fisher, J. R. Stat. Soc. 85, 1922, p. 87), summing the tables no likelier than ours."""
    hits, total = one.hits + other.hits, one.of + other.of
    if not one.of or not other.of:
        return 1.0
    possible = range(max(0, hits - other.of), min(hits, one.of) + 1)
    logs = {seen: _log_choose(one.of, seen) + _log_choose(other.of, hits - seen) for seen in possible}
    here = logs[one.hits]
    whole = _log_choose(total, hits)
    return min(1.0, math.fsum(math.exp(log - whole) for log in logs.values() if log <= here + SAME * abs(here)))


def adjusted(chances: Iterable[float]) -> list[float]:
    """The same when several comparisons are looked at together, after Holm (Scand. J. Stat. 6, 1979, p. 65): otherwise
    one of twenty differs by chance alone."""
    given = list(chances)
    result = [1.0] * len(given)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(given)), key=given.__getitem__)):
        highest = max(highest, min(1.0, given[place] * (len(given) - rank)))
        result[place] = highest
    return result


def _log_choose(of: int, some: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(some + 1) - math.lgamma(of - some + 1)
