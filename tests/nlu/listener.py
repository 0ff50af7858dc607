"""The trained model's classifier, alone: it hears sentences as the assistant does. Runs in Rasa's interpreter."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.inside_rasa import quick_start  # noqa: F401  isort: skip
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from bot.inside_rasa.classifier import IntentClassifier
from tests.nlu.figures import FALLBACK, Heard
from tests.nlu.sentences import Sentence

NODE = "run_bot.inside_rasa.classifier.IntentClassifier0"


@dataclass(frozen=True)
class Listener:
    """A classifier with what it was trained to know, and its settings as they were when it was trained."""

    classifier: IntentClassifier
    config: dict[str, Any]

    @classmethod
    def of(cls, model: Path, **changed: Any) -> Listener:
        """Reads it from a packed model, with these settings changed; raises KeyError when it has none of ours."""
        with tempfile.TemporaryDirectory() as folder:
            storage, described = LocalModelStorage.from_model_archive(Path(folder), model)
            node = described.predict_schema.nodes[NODE]
            config = {**IntentClassifier.get_default_config(), **node.config, **changed}
            context = ExecutionContext(described.predict_schema)
            resource = node.resource or Resource(node.constructor_name)
            return cls(IntentClassifier.load(config, storage, resource, context), config)

    def with_settings(self, **changed: Any) -> Listener:
        """The same knowledge with other settings."""
        config = {**self.config, **changed}
        known = self.classifier
        return Listener(
            IntentClassifier(config, known._model_storage, known._resource, known._model, known._others),
            config,
        )

    @property
    def intents(self) -> list[str]:
        """What it can hear."""
        model = self.classifier._model
        return model.intents if model else []

    def parse(self, text: str, locale: str = "en-US") -> dict[str, Any]:
        """What it makes of one message: `intent`, `intent_ranking`, `also`."""
        (message,) = self.classifier.process([Message({"text": text, "metadata": {"locale": locale}})])
        return {name: message.get(name) for name in ("intent", "intent_ranking", "also")}

    def hear(self, sentences: Sequence[Sentence]) -> tuple[list[Heard], list[float]]:
        """Every sentence as it was heard in the language that its file begins with (es_heldout.yml, else English), and
        the milliseconds of one core that each took."""
        heard, took = [], []
        for sentence in sentences:
            began = time.thread_time()
            parse = self.parse(sentence.text, sentence.file.split("_")[0] if "_" in sentence.file else "en-US")
            took.append(1000 * (time.thread_time() - began))
            likeliest = next(ranked for ranked in parse["intent_ranking"] if ranked["name"] != FALLBACK)
            heard.append(
                Heard(sentence.intent, parse["intent"]["name"], likeliest["name"], float(likeliest["confidence"]))
            )
        return heard, took
