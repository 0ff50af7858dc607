"""What a customer means: one linear classifier over words and pieces of words, and the doubt that goes with it."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME, INTENT_MESSAGE_PREFIX
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.inside_rasa.clauses import clauses_of, gravest
from bot.inside_rasa.linear_model import LinearModel

RANKED = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    """Sets a message's intent and its ranking; a doubtful message gets `nlu_fallback` in front of the true ranking.

    Doubtful is: less probability than `fallback_threshold`, or a lead over the second intent below `fallback_margin`,
    or nothing that could be read (no letter and no digit). A payload (`/intent{...}`) is left to Rasa's own reader.

    A sensitive intent of one clause wins over a message that as a whole says nothing so grave (rules C12, C13). The
    intent then has `clause: true`, and the ranking stays that of the whole message.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """The settings with their defaults: when to doubt, the classifier's penalty, and the folds for calibration.

        `clause_thresholds` maps the sensitive intents, the gravest first, to the least probability with which a clause
        speaks for the message; without any, clauses are not read.
        """
        return {"fallback_threshold": 0.4, "fallback_margin": 0.1, "clause_thresholds": {}, "C": 10.0, "folds": 2}

    @staticmethod
    def required_packages() -> List[Text]:
        """The packages that this component needs."""
        return ["numpy", "sklearn"]

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[LinearModel] = None,
    ) -> None:
        """Takes what `create` or `load` has; without a model every message is doubtful."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifier:
        """Makes an untrained classifier."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifier:
        """Reads a trained classifier back; raises ValueError when the resource holds none."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, LinearModel.read(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the intent examples and keeps what was learnt; fewer than two intents leave it untrained.

        Raises InvalidConfigException when `clause_thresholds` names an intent without examples: nobody would hear it.
        """
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        texts = [example.get(TEXT) for example in examples]
        intents = [example.get(INTENT) for example in examples]
        unknown = sorted(set(self._config["clause_thresholds"]) - set(intents))
        if unknown:
            raise InvalidConfigException(f"clause_thresholds in config.yml: no examples of {', '.join(unknown)}.")
        if len(set(intents)) > 1:
            self._model = LinearModel.learn(texts, intents, self._config["C"], self._config["folds"])
            with self._model_storage.write_to(self._resource) as folder:
                self._model.write(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `intent` and `intent_ranking` (at most ten) of each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.startswith(INTENT_MESSAGE_PREFIX):
                self._judge(message, text)
        return messages

    def _judge(self, message: Message, text: Text) -> None:
        thresholds = self._config["clause_thresholds"]
        rankings, readable = self._rankings([text, *(clauses_of(text) if thresholds else [])])
        ranking = rankings[0]
        if not readable or self._doubtful(ranking):
            confidence = self._config["fallback_threshold"]
            ranking = [{"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": confidence}, *ranking]
        clauses = ((first["name"], first["confidence"]) for first, *_ in rankings[1:])
        heard = gravest(ranking[0]["name"], clauses, thresholds)
        intent = {"name": heard[0], "confidence": heard[1], "clause": True} if heard else ranking[0]
        message.set(INTENT, intent, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)

    def _rankings(self, texts: List[Text]) -> Tuple[List[List[Dict[Text, Any]]], bool]:
        """The ranking of each text, and whether the first of them could be read."""
        if self._model is None:
            return [[]], False
        chances, readable = self._model.chances_of(texts)
        best = np.argsort(-chances, kind="stable")[:, :RANKED]
        names = self._model.intents
        rankings = [
            [{"name": names[at], "confidence": round(float(row[at]), 4)} for at in order]
            for row, order in zip(chances, best, strict=True)
        ]
        return rankings, bool(readable[0])

    def _doubtful(self, ranking: List[Dict[Text, Any]]) -> bool:
        first, second = (float(ranked["confidence"]) for ranked in ranking[:2])
        return first < self._config["fallback_threshold"] or first - second < self._config["fallback_margin"]
