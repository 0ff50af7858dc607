"""What a customer means: one linear classifier over words, their pieces and their meanings, a guard, and doubt."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Set, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME, INTENT_MESSAGE_PREFIX
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.inside_rasa.clauses import clauses_of, others
from bot.inside_rasa.guard import gravest, guarded
from bot.inside_rasa.linear_model import LinearModel

RANKED = 10
TYPED_COMMAND = re.compile(r"[\s\u2060]*/[a-z_]+\s*(\{|$)")
ALSO = "also"
FOLDER = Path("data") / "nlu"
OTHERS = "others"
CLEARLY_MORE = 0.2
"""Of the words of a message, how many more the other model must know to hear it instead."""

Example = Tuple[Text, Text]
"""A text, and the intent that it stands for."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    """Sets a message's intent, its ranking and its other wishes; a doubtful message gets `nlu_fallback` in front.

    Doubtful is: less probability than `fallback_threshold`, or a lead over the second intent below `fallback_margin`,
    or nothing that could be read (another script, mere signs, a command that was typed). A payload (`/intent{...}`)
    is left to Rasa's own reader.

    There may be two models, of our first language and of the `others`: who speaks one of these is heard by theirs.

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
        `others` are the languages (ISO 639-1) that one more model hears, learnt from `data/nlu/<language>`.
        """
        return {
            "fallback_threshold": 0.2,
            "fallback_margin": 0.0,
            "clause_thresholds": {},
            "guard_threshold": 0.4,
            "others": [],
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
        others: Optional[LinearModel] = None,
    ) -> None:
        """Takes what `create` or `load` has; without a model every message is doubtful."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        self._others = others

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
            others = LinearModel.read(folder / OTHERS) if (folder / OTHERS).exists() else None
            return cls(config, model_storage, resource, LinearModel.read(folder), others)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the intent examples and keeps what was learnt; fewer than two intents leave it untrained.

        Raises InvalidConfigException when `clause_thresholds` or `priors` names an intent without examples: nobody
        would hear it.
        """
        examples = [(one.get(TEXT), one.get(INTENT)) for one in training_data.intent_examples if one.get(TEXT)]
        intents = {intent for _, intent in examples}
        for setting in ("clause_thresholds", "priors"):
            unknown = sorted(set(self._config[setting]) - intents)
            if unknown:
                raise InvalidConfigException(f"{setting} in config.yml: no examples of {', '.join(unknown)}.")
        ours, theirs = shared_out(examples, self._config["others"])
        self._model, self._others = self._learnt(ours), self._learnt(theirs)
        if self._model is not None:
            with self._model_storage.write_to(self._resource) as folder:
                self._model.write(folder)
                if self._others is not None:
                    (folder / OTHERS).mkdir()
                    self._others.write(folder / OTHERS)
        return self._resource

    def _learnt(self, examples: Sequence[Example]) -> Optional[LinearModel]:
        if len({intent for _, intent in examples}) < 2:
            return None
        texts, intents = zip(*examples, strict=True)
        model = LinearModel.learn(texts, intents, self._config["C"], self._config["bayes_share"], self._config["folds"])
        model.expect({intent: times for intent, times in self._config["priors"].items() if intent in model.intents})
        return model

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `intent`, `intent_ranking` (at most ten) and `also` (the other wishes) of each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.startswith(INTENT_MESSAGE_PREFIX):
                self._judge(message, text)
        return messages

    def _judge(self, message: Message, text: Text) -> None:
        thresholds = self._config["clause_thresholds"]
        model = self._hearing(message, text)
        clauses = clauses_of(text) if thresholds and model else []
        whole, *parts = _shares(model, [text, *clauses])
        intent = self._whole(model, text, whole)
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

    def _hearing(self, message: Message, text: Text) -> Optional[LinearModel]:
        """Who hears this message: the model of the language that the front door says is spoken, unless the other one
        knows clearly more of the words."""
        locale = (message.get(METADATA) or {}).get("locale") or ""
        is_other = locale.replace("_", "-").split("-")[0].lower() in self._config["others"]
        own, other = (self._others, self._model) if is_other else (self._model, self._others)
        if own is None or other is None:
            return own or other
        return other if other.features.known_words(text) - own.features.known_words(text) > CLEARLY_MORE else own

    def _whole(self, model: Optional[LinearModel], text: Text, shares: Dict[Text, float]) -> Dict[Text, Any]:
        """What the whole message says."""
        order = list(self._config["clause_thresholds"])
        doubt = {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": self._config["fallback_threshold"]}
        if model is None or TYPED_COMMAND.match(text) or not model.features.readable(text):
            return doubt
        heard = guarded(shares, order, self._config["guard_threshold"])
        if heard:
            return {"name": heard[0], "confidence": heard[1]}
        ordinary = [share for share in shares.items() if share[0] not in order]
        (name, first), (_, second) = [*ordinary, ("", 0.0), ("", 0.0)][:2]
        if first < self._config["fallback_threshold"] or first - second < self._config["fallback_margin"]:
            return doubt
        return {"name": name, "confidence": first}


def shared_out(examples: Iterable[Example], others: Iterable[Text]) -> Tuple[List[Example], List[Example]]:
    """The examples of our first language and those of `others`, which stand in folders of their own; what stands in
    both is both."""
    ours = _said_in(FOLDER.glob("*.yml"))
    theirs = _said_in(path for language in others for path in sorted((FOLDER / language).glob("*.yml")))
    return (
        [example for example in examples if example[0] not in theirs or example[0] in ours],
        [example for example in examples if example[0] in theirs],
    )


def _said_in(paths: Iterable[Path]) -> Set[Text]:
    lines = [line.strip() for path in paths for line in path.read_text("utf-8").splitlines()]
    return {line[2:].strip() for line in lines if line.startswith("- ")}


def _shares(model: Optional[LinearModel], texts: List[Text]) -> List[Dict[Text, float]]:
    """The probability of every intent for each text, the likeliest first."""
    if model is None:
        return [{} for _ in texts]
    chances = model.chances_of(texts)
    return [{model.intents[at]: round(float(row[at]), 4) for at in np.argsort(-row, kind="stable")} for row in chances]
