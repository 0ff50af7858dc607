"""What a customer means: one linear classifier over words, their pieces and their meanings, a guard, and doubt."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Text

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

from bot.inside_rasa.clauses import clauses_of, others
from bot.inside_rasa.guard import gravest, guarded
from bot.inside_rasa.linear_model import LinearModel

RANKED = 10
TYPED_COMMAND = re.compile(r"[\s\u2060]*/[a-z_]+\s*(\{|$)")
ALSO = "also"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    """Sets a message's intent, its ranking and its other wishes; a doubtful message gets `nlu_fallback` in front.

    Doubtful is: less probability than `fallback_threshold`, or a lead over the second intent below `fallback_margin`,
    or nothing that could be read (another script, mere signs, a command that was typed). A payload (`/intent{...}`)
    is left to Rasa's own reader.

    A message is sensitive when the sensitive intents together are likely enough, in doubt or not; and a sensitive
    intent of one clause wins over a message that as a whole says nothing so grave (rules C12, C13). The intent then
    has `clause: true`. The ranking stays that of the whole message.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """The settings with their defaults: when to doubt, the classifier's penalty, and the folds for calibration.

        `clause_thresholds` maps the sensitive intents, the gravest first, to the least probability with which a clause
        speaks for the message; without any, neither clauses nor the guard are asked. `guard_threshold` is the least
        probability of all sensitive intents together at which the message is sensitive, `also_threshold` the least
        with which a clause is remembered as another wish, `priors` how many times as often as others an intent is said.
        """
        return {
            "fallback_threshold": 0.2,
            "fallback_margin": 0.0,
            "clause_thresholds": {},
            "guard_threshold": 0.4,
            "also_threshold": 0.5,
            "C": 1.0,
            "bayes_share": 0.4,
            "priors": {},
            "folds": 2,
        }

    @staticmethod
    def required_packages() -> List[Text]:
        """The packages that this component needs."""
        return ["numpy", "safetensors", "sklearn", "tokenizers"]

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

        Raises InvalidConfigException when `clause_thresholds` or `priors` names an intent without examples: nobody
        would hear it.
        """
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        texts = [example.get(TEXT) for example in examples]
        intents = [example.get(INTENT) for example in examples]
        for setting in ("clause_thresholds", "priors"):
            unknown = sorted(set(self._config[setting]) - set(intents))
            if unknown:
                raise InvalidConfigException(f"{setting} in config.yml: no examples of {', '.join(unknown)}.")
        if len(set(intents)) > 1:
            self._model = LinearModel.learn(
                texts, intents, self._config["C"], self._config["bayes_share"], self._config["folds"]
            )
            self._model.expect(self._config["priors"])
            with self._model_storage.write_to(self._resource) as folder:
                self._model.write(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `intent`, `intent_ranking` (at most ten) and `also` (the other wishes) of each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.startswith(INTENT_MESSAGE_PREFIX):
                self._judge(message, text)
        return messages

    def _judge(self, message: Message, text: Text) -> None:
        thresholds = self._config["clause_thresholds"]
        clauses = clauses_of(text) if thresholds and self._model else []
        whole, *parts = self._shares([text, *clauses])
        intent = self._whole(text, whole)
        surest = [max(shares.items(), key=lambda share: share[1]) for shares in parts]
        heard = gravest(intent["name"], surest, thresholds)
        if heard:
            intent = {"name": heard[0], "confidence": heard[1], "clause": True}
        ranking = [{"name": name, "confidence": share} for name, share in list(whole.items())[:RANKED]]
        if intent["name"] == DEFAULT_NLU_FALLBACK_INTENT_NAME:
            ranking.insert(0, intent)
        spoken = [(clause, *first) for clause, first in zip(clauses, surest, strict=True)]
        message.set(INTENT, intent, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set(ALSO, others(spoken, intent["name"], self._config["also_threshold"]), add_to_output=True)

    def _whole(self, text: Text, shares: Dict[Text, float]) -> Dict[Text, Any]:
        """What the whole message says."""
        order = list(self._config["clause_thresholds"])
        doubt = {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": self._config["fallback_threshold"]}
        if self._model is None or TYPED_COMMAND.match(text) or not self._model.features.readable(text):
            return doubt
        heard = guarded(shares, order, self._config["guard_threshold"])
        if heard:
            return {"name": heard[0], "confidence": heard[1]}
        ordinary = [share for share in shares.items() if share[0] not in order]
        (name, first), (_, second) = [*ordinary, ("", 0.0), ("", 0.0)][:2]
        if first < self._config["fallback_threshold"] or first - second < self._config["fallback_margin"]:
            return doubt
        return {"name": name, "confidence": first}

    def _shares(self, texts: List[Text]) -> List[Dict[Text, float]]:
        """The probability of every intent for each text, the likeliest first."""
        if self._model is None:
            return [{} for _ in texts]
        names = self._model.intents
        chances = self._model.chances_of(texts)
        return [{names[at]: round(float(row[at]), 4) for at in np.argsort(-row, kind="stable")} for row in chances]
