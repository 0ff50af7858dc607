"""How well sentences were heard, in figures. Plain arithmetic: what was meant, what was heard, how sure it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.nlu.sentences import HARMLESS

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
BINS = 10


@dataclass(frozen=True)
class Heard:
    """One sentence: the intent that it stands for, the one that was heard, and the likeliest with its confidence."""

    meant: str
    heard: str
    likeliest: str
    confidence: float

    @property
    def right(self) -> bool:
        """Doubt is right about what is out of scope, and wrong about anything else."""
        return self.heard == self.meant or (self.meant == OUT_OF_SCOPE and self.heard == FALLBACK)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def percent(self) -> float:
        """0 to 100; 0 of nothing is 0."""
        return 100 * self.part / self.whole if self.whole else 0.0

    def __str__(self) -> str:
        return f"{self.percent:.1f} % ({self.part} of {self.whole})" if self.whole else "–"


@dataclass(frozen=True)
class Figures:
    """The figures of one file. `sensitive` are the intents that win over all others."""

    sentences: Sequence[Heard]
    sensitive: Collection[str]

    @property
    def accuracy(self) -> Share:
        """Sentences heard rightly, of all that stand for an intent."""
        meant = [one for one in self.sentences if one.meant != HARMLESS]
        return Share(sum(one.right for one in meant), len(meant))

    @property
    def macro_f1(self) -> float:
        """The mean of the intents' F1, 0 to 100: every intent counts the same."""
        scores = []
        for intent in self.intents:
            recall, precision = self.recall(intent), self.precision(intent)
            scores.append(2 * recall.part / (recall.whole + precision.whole) if recall.whole else 0.0)
        return 100 * sum(scores) / len(scores) if scores else 0.0

    @cached_property
    def intents(self) -> list[str]:
        """The intents that sentences of the file stand for, by name."""
        return sorted({one.meant for one in self.sentences} - {HARMLESS})

    def recall(self, intent: str) -> Share:
        """Of the sentences that stand for `intent`, those heard rightly."""
        meant = [one for one in self.sentences if one.meant == intent]
        return Share(sum(one.right for one in meant), len(meant))

    def precision(self, intent: str) -> Share:
        """Of the sentences heard as `intent`, those that stand for it."""
        heard = [one for one in self.sentences if self._counted_as(one) == intent]
        return Share(sum(one.right for one in heard), len(heard))

    def sensitive_recall(self) -> Share:
        """Sensitive sentences heard as what they are (C12, C13)."""
        meant = [one for one in self.sentences if one.meant in self.sensitive]
        return Share(sum(one.right for one in meant), len(meant))

    def sensitive_at_all(self) -> Share:
        """Sensitive sentences heard as any sensitive intent: none of these is met with an ordinary answer."""
        meant = [one for one in self.sentences if one.meant in self.sensitive]
        return Share(sum(one.heard in self.sensitive for one in meant), len(meant))

    def false_alarms(self) -> Share:
        """Ordinary sentences heard as sensitive."""
        meant = [one for one in self.sentences if one.meant not in self.sensitive]
        return Share(sum(one.heard in self.sensitive for one in meant), len(meant))

    def false_alarms_of(self, intent: str) -> Share:
        """Ordinary sentences heard as this sensitive intent."""
        meant = [one for one in self.sentences if one.meant not in self.sensitive]
        return Share(sum(one.heard == intent for one in meant), len(meant))

    def wrongly_out_of_scope(self) -> Share:
        """Sentences with a wish of ours that were heard as out of scope or left in doubt."""
        meant = [one for one in self.sentences if one.meant not in (OUT_OF_SCOPE, HARMLESS)]
        return Share(sum(one.heard in (OUT_OF_SCOPE, FALLBACK) for one in meant), len(meant))

    def doubted(self) -> Share:
        """Sentences with a wish of ours that were left in doubt: the customer is asked again."""
        meant = [one for one in self.sentences if one.meant not in (OUT_OF_SCOPE, HARMLESS)]
        return Share(sum(one.heard == FALLBACK for one in meant), len(meant))

    def confusions(self, most: int) -> list[tuple[str, str, int]]:
        """What was meant, what was heard instead, and how often; the most frequent first."""
        pairs = Counter((one.meant, one.heard) for one in self.sentences if not one.right and one.meant != HARMLESS)
        return [(meant, heard, count) for (meant, heard), count in sorted(pairs.items(), key=_most_first)[:most]]

    def calibration(self) -> list[tuple[float, float, int]]:
        """For each tenth of confidence that occurs: mean confidence and share of right ones (0 to 1), and how many."""
        bins: list[list[Heard]] = [[] for _ in range(BINS)]
        for one in self.sentences:
            if one.meant != HARMLESS:
                bins[min(int(one.confidence * BINS), BINS - 1)].append(one)
        return [
            (
                sum(one.confidence for one in held) / len(held),
                sum(one.likeliest == one.meant for one in held) / len(held),
                len(held),
            )
            for held in bins
            if held
        ]

    def calibration_error(self) -> float:
        """The expected calibration error, 0 to 1: how far confidence lies from truth, on average."""
        rows = self.calibration()
        total = sum(count for _, _, count in rows)
        return sum(abs(sure - true) * count for sure, true, count in rows) / total if total else 0.0

    def _counted_as(self, one: Heard) -> str:
        return OUT_OF_SCOPE if one.meant == OUT_OF_SCOPE and one.heard == FALLBACK else one.heard


def _most_first(pair: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -pair[1], pair[0]
