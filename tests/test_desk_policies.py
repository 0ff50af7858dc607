"""The desk's own policies: a wrong file fails with its name, its key and what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import policies
from bot.policies import CannedAnswersPolicy, KindnessPolicy, PolicyInvalid, WrapUpPolicy
from bot.policies.file import read

WRONG = (
    (KindnessPolicy, "kindness.yml", "'consequences?'", "'consequences('", "bans.threat"),
    (KindnessPolicy, "kindness.yml", "\n  debt:\n", "\n  depth:\n", "bans"),
    (KindnessPolicy, "kindness.yml", "rule: C11", "rule: court", "rule"),
    (KindnessPolicy, "kindness.yml", "deniable: true", "deniabel: true", "deniabel"),
    (
        CannedAnswersPolicy,
        "canned_answers.yml",
        "Hello {first_name}",
        "Hello {surname}",
        "surname: only these may stand",
    ),
    (CannedAnswersPolicy, "canned_answers.yml", "Hello {first_name}", "Hello {first_name", "a brace is not closed"),
    (CannedAnswersPolicy, "canned_answers.yml", "{title: Hello,", "{name: Hello,", "hello.en.title"),
    (
        CannedAnswersPolicy,
        "canned_answers.yml",
        "\nhello:\n  en:",
        "\nhello:\n  fr:",
        "hello: an English entry is needed",
    ),
    (WrapUpPolicy, "wrap_up.yml", "paid: {title: Paid, rated: true}", "Paid!: {title: Paid}", "Paid!"),
    (WrapUpPolicy, "wrap_up.yml", "title: Paid,", "title: '',", "paid.title"),
)


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    for kind, name, before, after, says in WRONG:
        good = (policies.FOLDER / name).read_text("utf-8")
        assert before in good, (name, before)
        wrong = tmp_path / name
        wrong.write_text(good.replace(before, after, 1), "utf-8")
        with pytest.raises(PolicyInvalid) as refused:
            read(kind, wrong)
        assert name in refused.value.message, after
        assert says in refused.value.message, after


def test_at_least_one_wrap_up_is_needed(tmp_path: Path) -> None:
    empty = tmp_path / "wrap_up.yml"
    empty.write_text("{}", "utf-8")
    with pytest.raises(PolicyInvalid, match="at least one code"):
        read(WrapUpPolicy, empty)
