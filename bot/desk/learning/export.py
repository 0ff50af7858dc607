"""What was accepted becomes files: examples to train with, and better answers for whoever edits domain.yml."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from babel import Locale
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations import written
from bot.db import Database
from bot.desk.learning import examples, intents
from bot.desk.learning.sentence import folded
from bot.models import Conversation, Message, Review, ReviewKind, ReviewStatus

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
    def read(cls, training: Path, measuring: Path, but: Collection[Path]) -> Corpus:
        """All below `training` but the files that are written, and of `measuring/*.yml`. Raises `InvalidInput`."""
        written_to = {path.resolve() for path in but}
        others = [path for path in sorted(training.rglob("*.yml")) if path.resolve() not in written_to]
        trained = {folded(text): intent for intent, all in examples.read(others).items() for text in all}
        measured = [text for all in examples.read(sorted(measuring.glob("*.yml"))).values() for text in all]
        return cls(trained, frozenset(map(folded, measured)))


def export(db: Database, *, to: Path, answers: Path, training: Path, measuring: Path) -> Exported:
    """Add what was accepted since the last time to the examples in `to`, and write every accepted answer to `answers`.

    What was said in another language than English goes to a file of the same name in that language's folder beside
    `to`, where training looks for it. Who took a sentence out of a file by hand has taken it out: it does not come
    back. A sentence that `training` has or `measuring` measures with is left out and named. The files come first:
    after a crash between the two, the next run finds them and changes nothing. Raises `InvalidInput` for files that
    cannot be read.
    """
    done = Exported()
    with db.reading() as session:
        accepted = _accepted(session)
        files = {review.id: _file(session, review, to) for review in accepted}
    targets = sorted({to, *files.values()})
    corpus, kept = Corpus.read(training, measuring, targets), {path: examples.read([path]) for path in targets}
    there = {folded(text): intent for file in kept.values() for intent, all in file.items() for text in all}
    fresh = [each for each in accepted if each.exported_at is None]
    settled = [each for each in fresh if each.kind == ReviewKind.ANSWER]
    for review in (each for each in fresh if each.kind == ReviewKind.INTENT):
        text, intent = review.text or "", review.intent or ""
        if problem := _problem(text, intent, corpus, there):
            done.left_out.append((text, problem))
            continue
        if folded(text) not in there:
            kept[files[review.id]].setdefault(intent, set()).add(text)
            there[folded(text)] = intent
            done.added[intent] += 1
        settled.append(review)
    better = [each for each in accepted if each.kind == ReviewKind.ANSWER]
    done.answers = len(better)
    for path, held in kept.items():
        if held:
            path.parent.mkdir(parents=True, exist_ok=True)
            done.changed |= examples.save(path, examples.written(held, (*intents.in_order(), *_unknown(held))))
    if better:
        done.changed = examples.save(answers, _list(better)) or done.changed
    with db.transaction() as session:
        _mark(session, settled)
    return done


def _file(session: Session, review: Review, to: Path) -> Path:
    """Where a sentence belongs: by its own words, else by the language of the conversation in which it was said."""
    shown = written.language_of(review.text or "")
    message = session.get(Message, review.message_id) if review.message_id else None
    talk = session.get(Conversation, message.conversation_id) if message else None
    spoken = shown.language if shown else Locale.parse(talk.locale, sep="-").language if talk else "en"
    return to if spoken == "en" or spoken not in policies.desk().languages.assistant else to.parent / spoken / to.name


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
