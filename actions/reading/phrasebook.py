"""A phrasebook: how one language says what the readers know in English. The phrases are data (`policies/reading/`).

The longest phrase counts; what stands in no phrase stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache

from text_to_num import alpha2digit

from actions.reading.pieces import Kind, Piece, after, folded, joined, pieces
from bot import policies
from bot.policies.reading import ReadingPolicy, spelt_out

_PLACEHOLDER = re.compile(r"(<\w+>)")
_NAMES = re.compile(r"<(month|weekday)>")
_KIN = "<kin>"
_TIME = re.compile(r"(?:[01]?\d|2[0-4])(?:[:.][0-5]\d)?")
_LAST_DAY = 31
_NO_EDGE = "$£€%&@#/+-"

Caught = tuple[tuple[str, Piece], ...]


@dataclass(slots=True)
class _Node:
    """What may follow the words so far, and what they mean if they end here."""

    after: dict[str, _Node] = field(default_factory=dict)
    means: str | None = None
    alone: str | None = None  # where nothing else stands beside it


@dataclass(frozen=True, slots=True)
class _Found:
    end: int
    means: str
    caught: Caught


class Phrasebook:
    """The phrases of one language (ISO 639-1), ready to be looked up. Raises `PolicyInvalid`."""

    def __init__(self, language: str) -> None:
        self._language = language
        policy = policies.reading(language)
        self.words = policy.words
        self._numbers = {folded(word): word for word in policy.numbers}
        self._misspelt = {folded(word): folded(meant) for word, meant in policy.misspelt.items()}
        self._one = policy.one
        self._joins, self._thousand = policy.joins, policy.thousand
        self._exact = {word: english for english, words in policy.exact.items() for word in words}
        self._root = _Node()
        for english, phrase in _written(policy, policy.phrases):
            node = self._node(phrase)
            node.means = node.means or english
        told = policies.telling(language) if policy.phrases else None  # English tells itself
        self._kin = {folded(name): kin for kin, names in told.kin.items() for name in names} if told else {}
        for english, phrase in told.written() if told else ():
            node = self._node(phrase)
            node.means = node.means or english
        for english, phrase in _written(policy, policy.alone):
            node = self._node(phrase)
            node.alone = node.alone or english

    def in_english(self, text: str) -> str:
        """`text` with every phrase of this language in plain English and its number words in figures."""
        parts = self._in_figures(self._well_spelt(pieces(text)))
        said: list[Piece] = []
        at = 0
        while at < len(parts):
            found = self._longest(self._root, parts, at, at, ())
            part = parts[at]
            if (found is None or found.end == at + 1) and part.raw.lower() in self._exact:
                found = _Found(at + 1, self._exact[part.raw.lower()], ())
            if found is None:
                said.append(_plain(part))
                at += 1
                continue
            said.append(Piece(_filled(found), "", Kind.WORD, part.gap))
            at = found.end
        return joined(said)

    def _node(self, phrase: str) -> _Node:
        node = self._root
        for token in self._tokens(phrase):
            node = node.after.setdefault(token, _Node())
        return node

    def _tokens(self, phrase: str) -> Iterator[str]:
        for part in _PLACEHOLDER.split(phrase):
            if _PLACEHOLDER.fullmatch(part):
                yield part
            else:
                yield from (piece.said for piece in self._in_figures(pieces(part)))

    def _longest(self, node: _Node, parts: Sequence[Piece], start: int, at: int, caught: Caught) -> _Found | None:
        best = None
        means = node.alone if node.alone is not None and _is_alone(parts, start, at) else node.means
        if means is not None:
            best = _Found(at, means, caught)
        if at == len(parts):
            return best
        for token in self._ways(parts, at):
            following = node.after.get(token)
            if following is None:
                continue
            part = replace(parts[at], raw=self._kin[parts[at].said]) if token == _KIN else parts[at]
            more = (*caught, (token, part)) if token.startswith("<") else caught
            found = self._longest(following, parts, start, at + 1, more)
            if found is not None and (best is None or found.end > best.end):
                best = found
        return best

    def _ways(self, parts: Sequence[Piece], at: int) -> Iterator[str]:
        """As what the piece at `at` may be looked up, the word itself first."""
        yield from _ways(parts, at)
        if parts[at].said in self._kin:
            yield _KIN

    def _well_spelt(self, parts: list[Piece]) -> list[Piece]:
        return [replace(part, said=self._misspelt.get(part.said, part.said)) for part in parts]

    def _in_figures(self, parts: list[Piece]) -> list[Piece]:
        """`parts` with number words as figures: "mil doscientos" is 1200, "3 mil" is 3000."""
        done: list[Piece] = []
        at = 0
        while at < len(parts):
            end = self._end_of_number(parts, at)
            if end == at:
                done.append(parts[at])
                at += 1
                continue
            words = [self._numbers.get(part.said, part.said) for part in parts[at:end]]
            said = str(alpha2digit(" ".join(words), self._language, threshold=0))
            if done and words[0] == self._thousand and said.isdecimal() and (times := _thousands(done[-1])):
                if said == "1000":
                    rest, end = self._rest_of_thousands(parts, end)
                    said = str(1000 + rest)
                figures = str(int((times - 1) * 1000) + int(said))
                done[-1] = Piece(figures, figures, Kind.FIGURE, done[-1].gap)
            else:
                done += after(parts[at].gap, pieces(said))
            at = end
        return done

    def _rest_of_thousands(self, parts: Sequence[Piece], at: int) -> tuple[int, int]:
        """What follows "2 mil" as part of its number, "500" or "e 500", and where that ends."""
        at_figure = at + 1 if at < len(parts) and parts[at].said == self._joins else at
        figure = parts[at_figure] if at_figure < len(parts) else None
        if figure is None or figure.kind is not Kind.FIGURE or not re.fullmatch(r"[1-9]\d\d", figure.said):
            return 0, at
        return int(figure.said), at_figure + 1

    def _end_of_number(self, parts: Sequence[Piece], at: int) -> int:
        """Where the number that begins at `at` ends; `at` itself where none does. "Un" alone is an article."""
        end = at
        while end < len(parts):
            is_joined = parts[end].said == self._joins and end > at and end + 1 < len(parts)
            if parts[end].said in self._numbers:
                end += 1
            elif is_joined and parts[end + 1].said in self._numbers:
                end += 2
            else:
                break
        return at if all(part.said in self._one for part in parts[at:end]) else end


@cache
def phrasebook(language: str) -> Phrasebook:
    """The phrasebook of `language`, made once. Raises `PolicyInvalid`."""
    return Phrasebook(language)


def _written(policy: ReadingPolicy, by_english: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each meaning with each of its phrases, spelt out, with the names of months and weekdays in their places."""
    for english, phrases in by_english.items():
        for phrase in (one for written in phrases for one in spelt_out(written)):
            names = _NAMES.search(phrase)
            if names is None:
                yield english, phrase
                continue
            named = policy.months if names[1] == "month" else policy.weekdays
            for name, ways in named.items():
                for way in ways:
                    yield english.replace(names[0], name), phrase.replace(names[0], way)


def _ways(parts: Sequence[Piece], at: int) -> Iterator[str]:
    """The same without the names of people."""
    part = parts[at]
    yield part.said
    if at + 1 < len(parts) and parts[at + 1].said == "%":
        return
    is_plain = re.fullmatch(r"\d+(?:[.,']\d+)*", part.said) is not None
    if part.kind is Kind.MONEY or (part.kind is Kind.FIGURE and is_plain):
        yield "<n>"
        yield "<m>"
    if part.number is not None and 1 <= part.number <= _LAST_DAY:
        yield "<d>"
    if part.kind is Kind.CLOCK or (part.kind is Kind.FIGURE and _TIME.fullmatch(part.said)):
        yield "<t>"
    if part.kind is Kind.TIMES:
        yield "<x>"


def _is_alone(parts: Sequence[Piece], start: int, end: int) -> bool:
    return all(
        not 0 <= beside < len(parts) or (parts[beside].kind is Kind.SIGN and parts[beside].said not in _NO_EDGE)
        for beside in (start - 1, end)
    )


def _filled(found: _Found) -> str:
    text = found.means
    for name, piece in found.caught:
        text = text.replace(name, _value(name, piece), 1)
        if name == "<d>":
            text = text.replace("<dth>", _nth(piece.number or 0), 1)
    return text


def _value(name: str, piece: Piece) -> str:
    match name:
        case "<d>":
            return str(piece.number)
        case "<t>" if piece.kind is Kind.CLOCK:
            return _on_the_clock(piece.said)
        case "<x>":
            return re.sub(r"\D", "", piece.said)
        case _:
            return piece.raw


def _plain(part: Piece) -> Piece:
    """A piece of no phrase: "2º" is 2nd and "15h" 15:00 in English, too."""
    match part.kind:
        case Kind.ORDINAL:
            return Piece(_nth(part.number or 0), part.said, part.kind, part.gap)
        case Kind.CLOCK:
            return Piece(_on_the_clock(part.said), part.said, part.kind, part.gap)
        case _:
            return part


def _on_the_clock(said: str) -> str:
    hour, *minutes = re.findall(r"\d+", said)
    return f"{hour}:{minutes[0] if minutes else '00'}"


def _nth(number: int) -> str:
    is_teen = 11 <= number % 100 <= 13
    return f"{number}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _thousands(before: Piece) -> Decimal | None:
    """How many thousands are said by a figure before the word for a thousand: 3 in "3 mil", 1.5 in "1,5 mil"."""
    is_small = before.kind is Kind.FIGURE and re.fullmatch(r"\d{1,3}(?:[.,]\d)?", before.said)
    return Decimal(before.said.replace(",", ".")) if is_small else None
