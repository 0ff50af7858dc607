"""What the assistant says in other languages than the domain's, from `policies/responses/<language>.yml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ruamel.yaml import YAML

FOLDER = Path(__file__).resolve().parents[2] / "policies" / "responses"

Variation = Dict[str, Any]


@dataclass(frozen=True)
class Words:
    """One language: the texts of each response, and the titles of buttons by those of the domain."""

    responses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Words:
        """Reads one file; raises ValueError with its name when it is damaged or has another form."""
        try:
            given = YAML(typ="safe", pure=True).load(path) or {}
            titles, responses = given.get("titles") or {}, given.get("responses") or {}
            if any(not isinstance(texts, list) or not texts for texts in responses.values()):
                raise TypeError("each response is a list of one text or more")
            return cls({name: [str(text) for text in texts] for name, texts in responses.items()}, dict(titles))
        except Exception as error:
            raise ValueError(f"{path.parent.name}/{path.name} cannot be read: {error}") from error


@dataclass(frozen=True)
class Translations:
    """Words by language (ISO 639-1). The domain's own language has none: what it says stands in the domain."""

    languages: Mapping[str, Words] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Translations:
        """Reads every file of a folder, which may be missing; raises ValueError for a damaged one."""
        return cls({path.stem: Words.read(path) for path in sorted(folder.glob("*.yml"))})

    def language_of(self, locale: Optional[str]) -> Optional[str]:
        """The language of a locale (BCP 47), where there are words in it; None: the domain's."""
        language = (locale or "").replace("_", "-").split("-")[0].lower()
        return language if language in self.languages else None

    def of(self, response: str, variations: List[Variation], language: Optional[str]) -> List[Variation]:
        """The `variations` of a response in `language`; themselves where it has no words for them.

        Each text takes its buttons and all else from the variation at the same place, or from the first.
        """
        words = self.languages.get(language or "")
        if words is None or not variations:
            return variations
        texts = words.responses.get(response)
        if texts is None or not any("text" in variation for variation in variations):
            return [_titled(variation, words) for variation in variations]
        beside = [variations[at] if at < len(variations) else variations[0] for at in range(len(texts))]
        return [{**_titled(one, words), "text": text} for one, text in zip(beside, texts, strict=True)]


def _titled(variation: Variation, words: Words) -> Variation:
    if not variation.get("buttons"):
        return variation
    titled = [{**one, "title": words.titles.get(one["title"], one["title"])} for one in variation["buttons"]]
    return {**variation, "buttons": titled}
