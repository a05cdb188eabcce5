"""What kinds of classifiers there are: one record for each family, and nothing else asks which family a run is of.

A new approach adds its classifier in ``classification.classifiers``, its training script, one entry here, and the words
of its card in ``hub.cards``. One that is only prompted has no script and no card.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from .errors import InputError, one_of, shown

#: Files of a model that transformers saved, and those of its tokenizer, of which a whole model needs a vocabulary.
VOCABULARIES = (
    "tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
)  # fmt: skip
TRANSFORMERS_FILES = (
    "config.json", "generation_config.json", "adapter_config.json", "adapter_model.safetensors", "model.safetensors",
    "model-*-of-*.safetensors", "model.safetensors.index.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "chat_template.jinja", "merges.txt", *VOCABULARIES,
)  # fmt: skip
ONNX_FILES = ("onnx/model.onnx", "onnx/model.onnx_data")
BASELINE_FILES = ("baseline.json", "model.safetensors", "vocabulary.txt")


@dataclass(frozen=True)
class Family:
    """One way to make a classifier.

    Functions are named as ``module:function`` and imported when they are called: model libraries take seconds.

    Attributes:
        name: as ``run.json`` and lineups write it.
        script: the module that trains it, for ``python -m``; ``None`` where it is only prompted.
        loader: loads a run of it; takes a `classification.classifiers.loading.RunToLoad`, returns a `Classifier`.
            ``None`` where it is only prompted, so that there are no runs of it.
        library: what the Hub calls the library that loads its weights.
        files: patterns of the files that a run of it may consist of, beside its record.
        fitted: whether it has no base model: a baseline.
        prompt_loader: loads a base model that is prompted and not trained; ``None`` where that makes no sense.
        onnx_loader: loads a run that was exported to ONNX; ``None`` where there is no export.
        is_chat: whether it is asked in a chat, so that every way of putting a question fits.
        shows_by_text: whether its prompt may show every text its own demonstrations.
        task_type: what PEFT calls the task of its adapters; ``None`` where it has none.
        architecture: how the names of its architectures end in ``config.json``, by which a model that was saved
            without a record is told; ``None`` where such a model is not loaded.
        labels_in_config: whether ``config.json`` says which output is which label (``id2label``).
        requirements: the file that has the libraries which its training needs, beside those of every training; those
            that its answers need, where it is only prompted. ``None`` where it needs no others.
        serves_as: other families that the same run can be loaded as; TF-IDF keeps the label counts too, so it serves
            as the majority baseline.
    """

    name: str
    script: str | None = None
    loader: str | None = None
    library: str = "transformers"
    files: tuple[str, ...] = ()
    fitted: bool = False
    prompt_loader: str | None = None
    onnx_loader: str | None = None
    is_chat: bool = False
    shows_by_text: bool = False
    task_type: str | None = None
    architecture: str | None = None
    labels_in_config: bool = False
    requirements: str | None = None
    serves_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class Method:
    """What a training changes.

    Attributes:
        title: in words, for tables and cards.
        adapter: whether the run holds an adapter of PEFT's.
        needs_base: whether the run holds only what was added to its base model.
    """

    title: str
    adapter: bool = False
    needs_base: bool = False


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            "chat",
            script="training.sft",
            loader="classification.classifiers.chat:load_tuned",
            prompt_loader="classification.classifiers.chat:load_prompted",
            is_chat=True,
            shows_by_text=True,
            library="transformers",
            files=TRANSFORMERS_FILES,
            task_type="CAUSAL_LM",
            architecture="ForCausalLM",
        ),
        Family(
            "encoder",
            script="training.encoder",
            loader="classification.classifiers.encoder:load_encoder",
            onnx_loader="classification.classifiers.onnx:load_onnx",
            library="transformers",
            files=(*TRANSFORMERS_FILES, *ONNX_FILES, "head.safetensors"),
            task_type="SEQ_CLS",
            architecture="ForSequenceClassification",
            labels_in_config=True,
        ),
        Family(
            "decoder",
            script="training.decoder",
            loader="classification.classifiers.encoder:load_encoder",
            library="transformers",
            files=TRANSFORMERS_FILES,
            task_type="SEQ_CLS",
            labels_in_config=True,
        ),
        Family(
            "seq2seq",
            script="training.seq2seq",
            loader="classification.classifiers.seq2seq:load_tuned",
            prompt_loader="classification.classifiers.seq2seq:load_prompted",
            shows_by_text=True,
            library="transformers",
            files=TRANSFORMERS_FILES,
            task_type="SEQ_2_SEQ_LM",
        ),
        Family(
            "cloze",
            script="training.cloze",
            loader="classification.classifiers.cloze:load_tuned",
            prompt_loader="classification.classifiers.cloze:load_prompted",
            library="transformers",
            files=TRANSFORMERS_FILES,
        ),
        Family("similarity", prompt_loader="classification.classifiers.similarity:load_prompted"),
        Family("nli", prompt_loader="classification.classifiers.nli:load_prompted"),
        Family(
            "gliclass",
            prompt_loader="classification.classifiers.gliclass:load_prompted",
            library="gliclass",
            requirements="requirements/gliclass.txt",
        ),
        Family(
            "probe",
            script="training.probe",
            loader="classification.classifiers.probe:load_probe",
            library="prompt-or-tune",
            files=("head.safetensors",),
        ),
        Family(
            "static",
            script="training.static",
            loader="classification.classifiers.static:load_static",
            library="model2vec",
            files=("config.json", "model.safetensors", "tokenizer.json", "head.safetensors"),
            requirements="requirements/static.txt",
        ),
        Family(
            "setfit",
            script="training.setfit",
            loader="classification.classifiers.encoder:load_encoder",
            onnx_loader="classification.classifiers.onnx:load_onnx",
            library="transformers",
            files=(*TRANSFORMERS_FILES, *ONNX_FILES, "head.safetensors"),
            requirements="requirements/setfit.txt",
        ),
        Family(
            "tfidf",
            script="training.baseline",
            loader="classification.classifiers.baseline:load_tfidf",
            library="prompt-or-tune",
            files=BASELINE_FILES,
            fitted=True,
            serves_as=("majority",),
        ),
        Family(
            "majority",
            script="training.baseline",
            loader="classification.classifiers.baseline:load_majority",
            library="prompt-or-tune",
            files=BASELINE_FILES,
            fitted=True,
        ),
    )
}
#: The family of a prompt whose lineup entry names none.
PROMPTED = "chat"

METHODS: dict[str, Method] = {
    "lora": Method("LoRA", adapter=True, needs_base=True),
    "full": Method("all weights"),
    "head": Method("head only"),
    "fit": Method("fitted"),
    "probe": Method("linear probe", needs_base=True),
    "static": Method("static embeddings"),
    "setfit": Method("SetFit"),
}

WeightsFormat = Literal["safetensors", "onnx"]


def known_family(name: str) -> str:
    """The name of a family, for a pydantic field.

    Raises:
        ValueError: there is none of that name.
    """
    return _known(name, FAMILIES, "family")


def trained_family(name: str) -> str:
    """The name of a family that there are runs of, for a pydantic field.

    Raises:
        ValueError: there is none of that name, or it is only prompted.
    """
    return _known(name, {one.name: one for one in FAMILIES.values() if one.loader}, "family")


def known_method(name: str) -> str:
    """The name of a method, for a pydantic field.

    Raises:
        ValueError: there is none of that name.
    """
    return _known(name, METHODS, "method")


def _known(name: str, names: dict[str, Any], what: str) -> str:
    if name not in names:
        raise ValueError(f"there is no {what} {shown(name)}; it is {one_of(names)}")
    return name


def function_of(place: str) -> Callable[..., Any]:
    """The function that ``module:function`` names."""
    module, _, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def all_files() -> tuple[str, ...]:
    """Patterns of the files that a run of any family may consist of, each once."""
    return tuple(dict.fromkeys(pattern for family in FAMILIES.values() for pattern in family.files))


def scripts() -> tuple[str, ...]:
    """The training scripts, each once."""
    return tuple(dict.fromkeys(family.script for family in FAMILIES.values() if family.script))


def need_libraries(family: str, modules: Sequence[str]) -> None:
    """Refuse a training or a prompt whose library is not installed.

    Args:
        family: what is trained or prompted.
        modules: what is imported.

    Raises:
        InputError: one is missing.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise InputError(f"{missing[0]} is not installed; run: pip install -r {FAMILIES[family].requirements}")
