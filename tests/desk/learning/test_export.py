"""What was accepted becomes training data once: sorted, unchanged, guarded like all sentences that are trained on."""

from __future__ import annotations

import inspect
import shutil
import uuid
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli import app
from bot.db import Database
from bot.desk.learning import examples, export, intents, personal, sentence
from bot.desk.learning.export import Exported
from bot.desk.learning.on_file import OnFile
from bot.errors import InvalidInput
from bot.models import Agent, Review, ReviewKind, ReviewStatus
from bot.settings import ROOT
from tests import factories
from tests.nlu import sentences
from tests.nlu import test_training_data as guards

HARDSHIP = "my boat sank and the season is over"


@pytest.fixture
def agent(db: Database) -> Agent:
    """Who proposed it all."""
    with db.transaction() as session:
        return factories.agent(session)


def accepted(db: Database, agent: Agent, text: str, intent: str = "report_hardship", answer: str | None = None) -> None:
    """A proposal that a supervisor agreed to."""
    with db.transaction() as session:
        session.add(
            Review(
                key=uuid.uuid4().hex,
                kind=ReviewKind.ANSWER if answer else ReviewKind.INTENT,
                status=ReviewStatus.ACCEPTED,
                intent=None if answer else intent,
                text=text,
                answer=answer,
                heard_as="nlu_fallback",
                proposed_by=agent.id,
            )
        )


def exported(db: Database, to: Path) -> Exported:
    """One run on the real corpus."""
    return export.export(
        db,
        to=to / "reviewed.yml",
        answers=to / "better.md",
        training=ROOT / "data" / "nlu",
        measuring=ROOT / "tests" / "nlu",
    )


def test_the_file_is_sorted_in_the_order_of_the_domain_and_changes_nothing_twice(
    db: Database, agent: Agent, tmp_path: Path
) -> None:
    for text in ("zzz the season is over for boats", HARDSHIP):
        accepted(db, agent, text)
    accepted(db, agent, "hello from the harbour wall", "greet")
    accepted(db, agent, HARDSHIP.upper())
    done = exported(db, tmp_path)
    assert (done.added, done.left_out, done.changed) == ({"report_hardship": 2, "greet": 1}, [], True)
    first = (tmp_path / "reviewed.yml").read_bytes()
    groups = yaml.safe_load(first)["nlu"]
    assert [(each["intent"], each["examples"].splitlines()) for each in groups] == [
        ("greet", ["- hello from the harbour wall"]),
        ("report_hardship", [f"- {HARDSHIP}", "- zzz the season is over for boats"]),
    ]
    again = exported(db, tmp_path)
    assert (again.added, again.left_out, again.changed) == ({}, [], False)
    assert (tmp_path / "reviewed.yml").read_bytes() == first
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_sentence_goes_to_the_folder_of_its_language(db: Database, agent: Agent, tmp_path: Path) -> None:
    accepted(db, agent, "me quedé sin temporada y el barco sigue parado en el muelle")
    accepted(db, agent, "não tenho como pagar, o barco ficou parado a temporada toda")
    accepted(db, agent, HARDSHIP)
    assert exported(db, tmp_path).added == {"report_hardship": 3}
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("reviewed.yml")}
    assert found == {"reviewed.yml", "es/reviewed.yml", "pt/reviewed.yml"}
    again = exported(db, tmp_path)
    assert (again.added, again.changed) == ({}, False)


def test_a_sentence_taken_out_by_hand_stays_out_and_what_was_there_stays(
    db: Database, agent: Agent, tmp_path: Path
) -> None:
    accepted(db, agent, HARDSHIP)
    exported(db, tmp_path)
    file = tmp_path / "reviewed.yml"
    file.write_text(file.read_text().replace(HARDSHIP, "a sentence from another desk"))
    accepted(db, agent, "hello from the harbour wall", "greet")
    exported(db, tmp_path)
    assert examples.read([file]) == {
        "greet": {"hello from the harbour wall"},
        "report_hardship": {"a sentence from another desk"},
    }


def test_after_a_crash_between_the_file_and_the_mark_nothing_is_said_twice(
    db: Database, agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(db, agent, HARDSHIP)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(export, "_mark", crash)
        with pytest.raises(KeyboardInterrupt):
            exported(db, tmp_path)
    first = (tmp_path / "reviewed.yml").read_bytes()
    assert exported(db, tmp_path).changed is False
    assert (tmp_path / "reviewed.yml").read_bytes() == first


def test_what_is_trained_or_measured_already_is_left_out_and_named(db: Database, agent: Agent, tmp_path: Path) -> None:
    measured = sentences.read([guards.HELDOUT])[0]
    trained = sentences.read(guards.TRAINING)[0]
    accepted(db, agent, f"{measured.text}!", measured.intent)
    accepted(db, agent, trained.text, trained.intent)
    done = exported(db, tmp_path)
    assert [text for text, _ in done.left_out] == [f"{measured.text}!", trained.text]
    assert "tests/nlu" in done.left_out[0][1]
    assert f"example of {trained.intent} already" in done.left_out[1][1]
    assert not (tmp_path / "reviewed.yml").exists()


def test_what_was_accepted_as_two_things_is_kept_as_the_first(db: Database, agent: Agent, tmp_path: Path) -> None:
    accepted(db, agent, HARDSHIP)
    accepted(db, agent, HARDSHIP, "complain")
    done = exported(db, tmp_path)
    assert done.added == {"report_hardship": 1}
    assert "report_hardship, too" in done.left_out[0][1]


def test_better_answers_are_a_list_in_which_marks_are_text(db: Database, agent: Agent, tmp_path: Path) -> None:
    accepted(db, agent, "is there a *discount* <b>", answer="I'll [ask](x) for you.")
    assert exported(db, tmp_path).answers == 1
    text = (tmp_path / "better.md").read_text()
    assert r"“is there a \*discount\* \<b\>” (heard as `nlu_fallback`)" in text
    assert r"Better: I'll \[ask\](x) for you." in text
    assert exported(db, tmp_path).changed is False


def test_a_file_that_cannot_be_read_is_left_as_it_is(sqlite_db: Database, tmp_path: Path) -> None:
    file = tmp_path / "reviewed.yml"
    for text in ("nlu: [", "- nothing", "nlu:\n- intent: greet\n"):
        file.write_text(text)
        with pytest.raises(InvalidInput, match=r"reviewed\.yml can't be read"):
            exported(sqlite_db, tmp_path)
        assert file.read_text() == text


def test_the_guards_on_training_data_hold_for_what_is_exported(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_db.transaction() as session:
        agent = factories.agent(session)
    accepted(sqlite_db, agent, HARDSHIP)
    accepted(sqlite_db, agent, "hello from the harbour wall, not Monday", "greet")
    exported(sqlite_db, tmp_path)
    paths = [*guards.TRAINING, tmp_path / "reviewed.yml"]
    monkeypatch.setattr(guards, "TRAINING", paths)
    # Whether the sentences that are there already name only the demo's accounts is that guard's own to say.
    known = sentences.read(paths)
    given = {"training": known, "heldout": sentences.read(guards.UNSEEN)}
    ran = 0
    for name, guard in inspect.getmembers(guards, inspect.isfunction):
        wanted = inspect.signature(guard).parameters
        if name.startswith("test_") and wanted and set(wanted) <= set(given):
            guard(**{each: given[each] for each in wanted})
            ran += 1
    guards.test_no_sentence_is_said_twice_within_or_across_intents(paths)
    assert ran >= 9


WORDS = st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9 '@.,$+()/:#|>\[\]{}-]{1,60}", fullmatch=True)


@given(said=st.lists(st.tuples(WORDS, st.sampled_from(intents.in_order())), max_size=8))
def test_whatever_is_accepted_comes_back_from_the_file_and_passes_the_guards(said: list[tuple[str, str]]) -> None:
    kept: examples.Examples = {}
    for words, intent in said:
        text = sentence.tidy(words)
        try:
            sentence.require_plain(text, intent)
            personal.require_none(text, OnFile())
        except InvalidInput:
            continue
        kept.setdefault(intent, set()).add(text)
    written = examples.written(kept, intents.in_order())
    groups = yaml.safe_load(written)["nlu"]
    back = {each["intent"]: {line[2:] for line in each["examples"].splitlines()} for each in groups}
    assert back == kept
    read = [sentences.Sentence(text, intent, "reviewed.yml") for intent, all in kept.items() for text in all]
    known = [sentences.Sentence("INV-1001 a@example.com +12125550101 I'm Maya", "inform", "known.yml")]
    guards.test_sentences_carry_no_entity_marks_nor_commands(read, [])
    guards.test_email_addresses_are_on_a_domain_kept_for_examples(read, known)
    guards.test_long_numbers_are_fictional_phones_and_never_cards(read, known)
    guards.test_account_and_invoice_numbers_are_the_demos(read, known)
    guards.test_only_the_demo_customers_and_agents_are_named(read, known)


def test_every_intent_of_the_domain_has_words() -> None:
    shown = [intent for group in intents.inventory().values() for intent in group]
    assert sorted(shown) == sorted(intents.in_order())
    assert set(shown) == set(guards.INTENTS)


def test_folding_is_that_of_the_guards() -> None:
    for each in sentences.read(guards.TRAINING)[::40]:
        assert sentence.folded(each.text) == guards.folded(each.text)


def test_the_command_says_what_it_did_and_what_to_run_next(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_db.transaction() as session:
        agent = factories.agent(session)
    accepted(sqlite_db, agent, HARDSHIP)
    accepted(sqlite_db, agent, "when do you open", answer="We are here from eight.")
    file = tmp_path / "reviewed.yml"
    words = ["learn", "export", "--to", str(file), "--answers", str(tmp_path / "better.md")]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 0, run.output
    assert "report_hardship: 1 new sentence" in run.output
    assert "`make model`, then `make nlu-report`" in run.output
    assert "Better answers for domain.yml: 1" in run.output
    assert "Nothing has been accepted since the last time." in CliRunner().invoke(app, words).output
    file.write_text("nlu: [")
    broken = CliRunner().invoke(app, words)
    assert (broken.exit_code, "Traceback" in broken.output) == (1, False)
    shutil.rmtree(tmp_path)
