"""What was accepted becomes files: examples to train with, and better answers for whoever edits domain.yml."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.db import Database
from bot.desk.learning import examples, intents
from bot.desk.learning.sentence import folded
from bot.models import Review, ReviewKind, ReviewStatus

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


@dataclass(slots=True)
class Exported:
    """What an export did: new examples by intent, sentences that were left out with the reason, answers written, and
    whether either file is another one now."""

    added: Counter[str] = field(default_factory=Counter)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    answers: int = 0
    changed: bool = False


@dataclass(slots=True)
class Corpus:
    """Sentences that are there already, folded: trained on (with the intent), and only measured with."""

    trained: dict[str, str]
    measured: frozenset[str]

    @classmethod
    def read(cls, training: Path, measuring: Path, but: Path) -> Corpus:
        """All of `training/*.yml` but the file that is written, and of `measuring/*.yml`. Raises `InvalidInput`."""
        others = [path for path in sorted(training.glob("*.yml")) if path.resolve() != but.resolve()]
        trained = {folded(text): intent for intent, all in examples.read(others).items() for text in all}
        measured = [text for all in examples.read(sorted(measuring.glob("*.yml"))).values() for text in all]
        return cls(trained, frozenset(map(folded, measured)))


def export(db: Database, *, to: Path, answers: Path, training: Path, measuring: Path) -> Exported:
    """Add what was accepted since the last time to the examples in `to`, and write every accepted answer to `answers`.

    Who took a sentence out of `to` by hand has taken it out: it does not come back. A sentence that `training` has or
    `measuring` measures with is left out and named. The files come first: after a crash between the two, the next run
    finds them and changes nothing. Raises `InvalidInput` for files that cannot be read.
    """
    done = Exported()
    with db.reading() as session:
        accepted = _accepted(session)
    corpus, kept = Corpus.read(training, measuring, to), examples.read([to])
    there = {folded(text): intent for intent, all in kept.items() for text in all}
    fresh = [each for each in accepted if each.exported_at is None]
    settled = [each for each in fresh if each.kind == ReviewKind.ANSWER]
    for review in (each for each in fresh if each.kind == ReviewKind.INTENT):
        text, intent = review.text or "", review.intent or ""
        if problem := _problem(text, intent, corpus, there):
            done.left_out.append((text, problem))
            continue
        if folded(text) not in there:
            kept.setdefault(intent, set()).add(text)
            there[folded(text)] = intent
            done.added[intent] += 1
        settled.append(review)
    better = [each for each in accepted if each.kind == ReviewKind.ANSWER]
    done.answers = len(better)
    if kept:
        done.changed = examples.save(to, examples.written(kept, (*intents.in_order(), *_unknown(kept))))
    if better:
        done.changed = examples.save(answers, _list(better)) or done.changed
    with db.transaction() as session:
        _mark(session, settled)
    return done


def _accepted(session: Session) -> list[Review]:
    """Oldest first, so that of two alike the first is kept."""
    kinds = (ReviewKind.INTENT, ReviewKind.ANSWER)
    query = sa.select(Review).where(Review.status == ReviewStatus.ACCEPTED, Review.kind.in_(kinds))
    return list(session.scalars(query.order_by(Review.id)))


def _problem(text: str, intent: str, corpus: Corpus, there: dict[str, str]) -> str | None:
    """Why a sentence cannot be an example of `intent`, if so."""
    plain = folded(text)
    if plain in corpus.measured:
        return "it is in tests/nlu, where understanding is measured; who trains on it measures nothing"
    if (other := corpus.trained.get(plain)) is not None:
        return f"it is an example of {other} already"
    if there.get(plain, intent) != intent:
        return f"it was accepted as {there[plain]}, too"
    return None


def _unknown(kept: examples.Examples) -> list[str]:
    """Intents of the file that domain.yml does not have (any more): not ours to drop."""
    return sorted(set(kept) - set(intents.in_order()))


def _list(better: list[Review]) -> str:
    """The answers as a Markdown list."""
    items = [
        f"- A customer wrote: “{_plainly(each.text)}” (heard as `{each.heard_as or 'nothing'}`)\n"
        f"  Better: {_plainly(each.answer)}\n"
        for each in better
    ]
    head = "# Better answers\n\nAccepted at the desk, oldest first, for whoever edits `domain.yml`.\n\n"
    return head + "\n".join(items)


def _plainly(text: str | None) -> str:
    """As text in Markdown."""
    return _MARKS.sub(r"\\\1", text or "")


def _mark(session: Session, settled: list[Review]) -> None:
    ids = [each.id for each in settled]
    if ids:
        session.execute(sa.update(Review).where(Review.id.in_(ids)).values(exported_at=clock.now()))
