"""What words mean, in numbers: the vectors that the package wordllama ships, of which nothing else is used.

Words that mean like things have like vectors, so a word that training never met still says something. The package
itself is not imported: it wants a newer numpy and pydantic than Rasa allows (docs/decisions/0011-what-words-mean.md).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import re
from pathlib import Path
from typing import Any, Sequence

import numpy as np
import numpy.typing as npt

from bot.inside_rasa.terms import plain

PACKAGE = "wordllama"
TABLE = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
LONGEST = 2000
"""Characters of a text that are looked at: what more says changes a mean no longer, and costs."""
SAID = re.compile(r"[^\w'£$€%.,?! ]+")

Vectors = npt.NDArray[np.float32]


class WordVectors:
    """A vector for each of 32,000 pieces of words, and how a text is cut into them."""

    def __init__(self, tokenizer: Any, table: npt.NDArray[np.float16], name: str) -> None:
        """Takes a tokenizer of the library `tokenizers`, a row for each of its tokens, and what to know the two by."""
        self.name = name
        self._tokenizer = tokenizer
        self._table = table

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self._table.shape[1])

    def means(self, texts: Sequence[str]) -> Vectors:
        """A row for each text: the mean of its tokens' vectors; zeros for a text without any."""
        rows = np.zeros((len(texts), self.width), np.float32)
        for row, text in zip(rows, texts, strict=True):
            tokens = self._tokenizer.encode(_said(text), add_special_tokens=False).ids
            if tokens:
                row[:] = self._table[tokens].astype(np.float32).mean(axis=0)
        return rows


@functools.lru_cache(maxsize=1)
def shipped() -> WordVectors:
    """The vectors of the installed package, read once; raises ModuleNotFoundError when it is not installed."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{PACKAGE} is not installed: run `make rasa`.")
    folder = Path(found.submodule_search_locations[0])
    (table,) = load_file(folder / TABLE).values()
    return WordVectors(Tokenizer.from_file(str(folder / TOKENIZER)), table, hashlib.sha256(table.tobytes()).hexdigest())


def _said(text: str) -> str:
    """The text in small letters, without accents and signs that say nothing."""
    return " ".join(SAID.sub(" ", plain(text[:LONGEST].lower().replace("’", "'"))).split())
