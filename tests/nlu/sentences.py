"""The sentences that understanding is trained and measured with, as they stand in Rasa's NLU YAML."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import yaml

HARMLESS = "harmless"  # in mixed.yml: no intent, but two ordinary wishes, or words that only sound alarming

# The gravest first (`clause_thresholds` in config.yml has the same order): missing one of these harms a person.
SENSITIVE = (
    "express_crisis", "report_vulnerability", "report_deceased", "wrong_person", "third_party", "report_fraud",
    "report_bankruptcy", "report_attorney", "request_human", "cease_contact", "complain", "dispute_debt",
    "report_hardship",
)  # fmt: skip


class Sentence(NamedTuple):
    """One example: its words, the intent that it stands for, and the file that it is in."""

    text: str
    intent: str
    file: str


def read(paths: Iterable[Path]) -> list[Sentence]:
    """Every example of these files, in order; raises AssertionError with the line that is none."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    sentences = []
    for path in paths:
        for group in yaml.load(path.read_text("utf-8"), Loader=loader)["nlu"]:
            for line in group["examples"].splitlines():
                assert line.startswith("- "), f"{path.name}, {group['intent']}: not an example: {line!r}"
                sentences.append(Sentence(line[2:].strip(), group["intent"], path.name))
    return sentences
