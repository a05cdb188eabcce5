"""GLiClass through its own library: all labels and the text in one pass of an encoder (Stepanov et al. 2025).

https://github.com/Knowledgator/GLiClass, https://arxiv.org/abs/2508.07662. The library's pipeline writes the input and
makes probabilities of the logits: a softmax where a text has one label, a logistic function each where it may have
several. Left to us is what it does not look after: that the labels behind a long text are not cut off, that a text
cannot hold its control tokens, and that a configuration has no code of its own run.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, shown
from ..families import need_libraries
from ..models.pool import LoadedModel, ModelSource, folder_of, locate
from ..network.hub_client import prepare_client
from ..predictions import Predictions
from ..prompting.messages import Demonstration
from ..task import Task
from .loading import PromptToLoad
from .seq2seq import check_scored

LABEL_TOKEN, EXAMPLE_TOKEN = "<<LABEL>>", "<<EXAMPLE>>"  # noqa: S105  no passwords
#: In a text these would begin another label, or end the labels.
CONTROL = re.compile(r"<<(LABEL|SEP|EXAMPLE)>>")
#: Tokens that the library reads by default, whatever longer texts an encoder could.
USUAL_LENGTH = 1024
#: Tokens left free, since a text beside others may take one or two more than alone.
SLACK = 4
BATCH_SIZE = 16
MODEL_TYPE, ARCHITECTURE = "GLiClass", "uni-encoder"


class GliClassClassifier:
    """Shows an encoder all labels together with the text, and gives each label a logit.

    Args:
        name: of the contender.
        task: what it decides.
        base: a GLiClass model of the kind uni-encoder.
        demonstrations: labelled rows that are shown with every text, as the library writes them.
        describe_labels: whether a label is ``word: description`` and not its word alone.

    Raises:
        InputError: the model's tokenizer lacks the token for labels or demonstrations, or it takes fewer labels than
            the task has, or labels and demonstrations leave no room for a text.
    """

    def __init__(
        self,
        name: str,
        task: Task,
        base: LoadedModel,
        *,
        demonstrations: Sequence[Demonstration] = (),
        describe_labels: bool = False,
    ) -> None:
        from gliclass import ZeroShotClassificationPipeline

        self.name, self.task, self.base = name, task, base
        self.labels = [
            f"{label.word}: {label.description}" if describe_labels and label.description else label.word
            for label in task.labels
        ]
        self.examples = [
            {"text": _plain(shown.text), "labels": [self.labels[task.index(name)] for name in shown.labels]}
            for shown in demonstrations
        ]
        _check_tokens(name, base, len(self.labels), with_examples=bool(self.examples))
        self.max_length = _context_length(base)
        self._pipeline = ZeroShotClassificationPipeline(
            base.model, base.tokenizer, max_length=self.max_length, device=base.model.device, progress_bar=False
        )
        self._around = len(base.tokenizer(self.prompt(""))["input_ids"])
        if self._around + SLACK >= self.max_length:
            raise InputError(
                f"{name}: labels and demonstrations take {self._around} tokens, and {base.weights.model_id} reads "
                f"{self.max_length}, so no text has room; show fewer demonstrations, or leave 'describe_labels' out."
            )

    def prompt(self, text: str) -> str:
        """What the encoder reads for a text: it, the labels, and demonstrations."""
        return str(self._pipeline.pipe.prepare_input(_plain(text), self.labels, self.examples))

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text. Texts of like length share a batch; answers keep the caller's order."""
        started = time.perf_counter()
        plain = [_plain(text) for text in texts]
        room = self.max_length - self._around - SLACK
        ids, ends = self._tokens(plain)
        by_length = np.argsort(ids, kind="stable")
        cut = [plain[row] if ids[row] <= room else plain[row][: ends[row][room - 1]] for row in by_length]
        probabilities = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        if texts:
            probabilities[by_length] = self._asked(cut)
        return Predictions.of(
            probabilities,
            time.perf_counter() - started,
            prompt_tokens=[min(count, room) + self._around for count in ids],
            truncated=[count > room for count in ids],
        )

    def _tokens(self, texts: Sequence[str]) -> tuple[list[int], list[list[int]]]:
        """How many tokens each text has, and at which character each of them ends."""
        if not texts:
            return [], []
        found = self.base.tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return [len(row) for row in found["input_ids"]], [[end for _, end in row] for row in found["offset_mapping"]]

    def _asked(self, texts: list[str]) -> NDArray[np.float32]:
        """Probabilities float32 [n, L], as the library makes them."""
        with self.base.using(None):
            found = self._pipeline(
                texts,
                self.labels,
                batch_size=BATCH_SIZE,
                classification_type="multi-label" if self.task.multi_label else "single-label",
                examples=self.examples or None,
                return_hierarchical=True,  # so that every label comes with its probability
            )
        return np.asarray([[row[label] for label in self.labels] for row in found], dtype=np.float32)


def _plain(text: str) -> str:
    return CONTROL.sub(r"<< \1 >>", text)


def _check_tokens(name: str, base: LoadedModel, labels: int, *, with_examples: bool) -> None:
    config, tokenizer = base.model.config, base.tokenizer
    needed = {LABEL_TOKEN: config.class_token_index}
    if with_examples:
        needed[EXAMPLE_TOKEN] = config.example_token_index
    for token, number in needed.items():
        if tokenizer.convert_tokens_to_ids(token) != number:
            remedy = "make its approach zero-shot" if token == EXAMPLE_TOKEN else "name another copy of it"
            raise InputError(
                f"{name}: the tokenizer of {base.weights.model_id} has no {token}, which its model knows; {remedy}."
            )
    most = getattr(config, "max_labels_alloc", "dynamic")
    most = config.max_num_classes if most == "fixed" else most
    if isinstance(most, int) and labels > most:
        raise InputError(
            f"{name}: {base.weights.model_id} takes {most} labels at most, and the task has {labels}; name another "
            "model."
        )


def _context_length(base: LoadedModel) -> int:
    encoder = base.model.config.encoder_config.get_text_config()
    positions = int(getattr(encoder, "max_position_embeddings", 0) or USUAL_LENGTH)
    return min(int(base.tokenizer.model_max_length), positions, USUAL_LENGTH)


def check_configuration(source: ModelSource) -> None:
    """Refuse a model that the library would not load as a GLiClass, or for which it would run code of a stranger's.

    For an encoder that transformers does not know, the library asks for the encoder's own code to be run, whatever
    ``trust_remote_code`` says.

    Raises:
        InputError: its configuration cannot be had, or is one of these.
    """
    from gliclass import GLiClassModelConfig
    from transformers import CONFIG_MAPPING

    if source.kind == "hub":
        prepare_client()
    try:
        place = folder_of(source) or source.location
        found, _ = GLiClassModelConfig.get_config_dict(place, revision=source.revision)
    except Exception as error:  # damaged files make the library raise errors of every kind
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
        raise InputError(f"cannot load {source.model_id} from {source.kind}: {reason}") from error
    if found.get("model_type") != MODEL_TYPE:
        raise InputError(
            f"{source.model_id} is no GLiClass model (model_type in its config.json is "
            f"{shown(found.get('model_type'))}); name one, such as knowledgator/gliclass-small-v1.0."
        )
    if found.get("architecture_type", ARCHITECTURE) != ARCHITECTURE:
        raise InputError(
            f"{source.model_id}: a GLiClass of the kind {shown(found['architecture_type'])}; only {ARCHITECTURE} is "
            "used here, so name one of those."
        )
    encoder = found.get("encoder_config")
    kind = encoder.get("model_type", "deberta-v2") if isinstance(encoder, dict) else None
    if kind not in CONFIG_MAPPING:
        raise InputError(
            f"{source.model_id}: its encoder is of the kind {shown(kind)}, which transformers does not know, and no "
            "code of a stranger's is run; name a GLiClass with another encoder."
        )


def load_prompted(prompt: PromptToLoad) -> GliClassClassifier:
    """A GLiClass model that is asked about the task's labels.

    Raises:
        InputError: the library is not installed, the model cannot be used, or a free answer is asked for.
    """
    check_scored(prompt.name, prompt.decode, "gliclass")
    need_libraries("gliclass", ("gliclass",))
    check_configuration(locate(prompt.model, prompt.revision, prompt.pool.source))
    from gliclass import GLiClassModel

    base = prompt.pool.of_class(GLiClassModel, prompt.model, prompt.revision)
    if base.missing:
        raise InputError(
            f"{prompt.name}: the files of {prompt.model} lack {base.missing[0]}, so it would answer by chance; name "
            "another copy of it."
        )
    return GliClassClassifier(
        prompt.name,
        prompt.task,
        base,
        demonstrations=prompt.demonstrations,
        describe_labels=prompt.describe_labels,
    )
