"""Answers that are remembered, so that contenders with one prompt and other calibrations go through the model once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from ..predictions import Classifier, Predictions
from ..prompting.messages import Demonstration
from .calibrated import best_order, demonstrations_of

#: Texts whose answers are kept, each by its hash; the one that was asked longest ago goes first.
MOST_TEXTS = 5_000


class RememberedAnswers:
    """The answers of one classifier; several contenders may share them."""

    def __init__(self, classifier: Classifier, most: int = MOST_TEXTS) -> None:
        self.classifier, self.most = classifier, most
        self._known: OrderedDict[bytes, Predictions] = OrderedDict()
        self._lock = Lock()  # a contender may still be calibrated while another one answers

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Answers in the order of the texts; what is remembered has the time that it took when it was asked."""
        if not texts:
            return self.classifier.predict(texts)
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if new:
            asked = self.classifier.predict(list(new.values()))
            found |= {key: asked.row(at) for at, key in enumerate(new)}
        with self._lock:
            for key in keys:
                self._known[key] = found[key]
                self._known.move_to_end(key)
            while len(self._known) > self.most:
                self._known.popitem(last=False)
        return Predictions.joined([found[key] for key in keys])


class RememberingClassifier:
    """One contender's view of shared answers, under its own name."""

    def __init__(self, name: str, answers: RememberedAnswers) -> None:
        self.name, self.task, self.answers = name, answers.classifier.task, answers

    def prompt(self, text: str) -> str | None:
        """What the model is shown for a text."""
        return self.answers.classifier.prompt(text)

    def shown(self, text: str) -> Sequence[Demonstration]:
        """The demonstrations in the prompt for a text."""
        return demonstrations_of(self.answers.classifier, text)

    def best_order(self, texts: Sequence[str]) -> list[int]:
        """The order in which texts are answered fastest."""
        return best_order(self.answers.classifier, texts)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text."""
        return self.answers.predict(texts)
