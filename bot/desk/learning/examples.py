"""Training files: Rasa's NLU YAML, read and written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from bot.errors import InvalidInput

# Sentences by intent.
Examples = dict[str, set[str]]
_ITEM = re.compile(r"- (.*)")
HEAD = """version: "3.1"

# What agents marked and a supervisor accepted at the desk, written by `goodterms learn export` (docs/learning.md).

nlu:
"""


def read(paths: Iterable[Path]) -> Examples:
    """Every example of the files, without what is none; a file that is missing holds nothing. Raises `InvalidInput`."""
    found: Examples = {}
    for path in paths:
        if not path.exists():
            continue
        try:
            for intent, sentences in _groups(path.read_text("utf-8")):
                found.setdefault(intent, set()).update(sentences)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
            raise InvalidInput(f"{path} can't be read as training data. Mend it or move it away first.") from error
    return found


def written(examples: Mapping[str, Iterable[str]], order: Iterable[str]) -> str:
    """The file that holds `examples`, intents in `order`, sentences sorted. It gives the same sentences back, which is
    looked at here: raises `ValueError` for a sentence that no file keeps."""
    kept = {intent: set(examples[intent]) for intent in order if examples.get(intent)}
    groups = [
        f"- intent: {intent}\n  examples: |\n"
        + "".join(f"    - {text}\n" for text in sorted(sentences, key=lambda each: (each.casefold(), each)))
        for intent, sentences in kept.items()
    ]
    text = HEAD + "\n".join(groups) if groups else HEAD.replace("nlu:\n", "nlu: []\n")
    if dict(_groups(text)) != kept:
        raise ValueError("a sentence would not come back as it is")
    return text


def save(path: Path, text: str) -> bool:
    """Whether the file changed. It is there whole or not at all."""
    if path.exists() and path.read_bytes() == text.encode():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(text.encode())
    os.replace(beside, path)
    return True


def _groups(text: str) -> Iterable[tuple[str, set[str]]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for group in yaml.load(text, Loader=loader)["nlu"] or []:  # noqa: S506 - a safe loader
        if "intent" in group:
            lines = map(_ITEM.fullmatch, group["examples"].split("\n"))
            yield group["intent"], {line[1].strip() for line in lines if line}
