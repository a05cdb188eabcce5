"""The run folder: weights, and beside them ``run.json``, which is enough to load, describe and repeat the run.

Training writes it; the lineup and the Hub read it and never ask who wrote it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..errors import InputError, one_of
from ..families import FAMILIES, METHODS, Family, WeightsFormat, all_files, known_method, scripts, trained_family
from ..files.reading import LONGEST_RECORD, read_limited
from ..task import Task, explain_validation

RUN_FILE = "run.json"
#: Hashes of the texts that the run has seen, and how large such a file may be: about two million texts.
HASHES_FILE, MAX_HASHES_BYTES = "text_hashes.txt", 50_000_000
#: How folders begin in which a run is written before it is put in place, and the list of files that ends the writing.
UNFINISHED, MANIFEST = ".unfinished-", "files.txt"
#: The small files that say what a run is, before its weights are looked at.
DESCRIPTIONS = (RUN_FILE, "config.json", "adapter_config.json", "baseline.json")
class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class BaseRecord(_Record):
    """The base model that a run stands on."""

    id: str = Field(description="Hub id, never a path of the machine that trained")
    revision: str | None = None
    weights: str = Field(description="which copy was used: package, cache, hub or path")

    @property
    def from_folder(self) -> bool:
        """Whether it was in a folder of the machine that trained, so that its id is no more than a name."""
        return self.weights.startswith("path")


class DataRecord(_Record):
    """The rows that a run was trained on."""

    source: str = Field(description="Hub id, or the name of a file or folder")
    fingerprint: str = Field(description="sha256 over texts and labels of all splits")
    rows: dict[str, int] = Field(description="split to number of rows")


class ExampleAnswer(_Record):
    """What a finished model answers to one of the texts that its task declares as examples."""

    text: str
    labels: tuple[str, ...] = Field(description="one label, or for several labels a text those that apply")
    probability: float = Field(ge=0, le=1, description="of the most probable label")


class EnergyRecord(_Record):
    """How much electricity a training took."""

    kwh: float = Field(ge=0, description="of processor, memory and graphics boards")
    seconds: float = Field(ge=0, description="wall-clock time that it covers: of a resumed training the last stretch")
    metered: bool = Field(description="whether the processor's power was read from a meter, not taken from a table")
    source: str = Field(description="library and version that told it")


class RunRecord(_Record):
    """Everything that there is to know about a training run."""

    format: Literal[1] = 1
    id: str | None = Field(default=None, description="of this run alone; none in records of older versions")
    name: str
    created: str = Field(description="UTC, ISO 8601")
    family: Annotated[str, AfterValidator(trained_family)]
    method: Annotated[str, AfterValidator(known_method)]
    task: Task
    base: BaseRecord | None = None
    data: DataRecord
    describe_labels: bool = Field(default=False, description="chat: the prompt also says what labels mean")
    pooling: Literal["mean", "cls"] | None = Field(
        default=None, description="sentence encoders: how the hidden states of a text become one vector"
    )
    quantization: Literal["nf4"] | None = Field(
        default=None, description="how the base's weights were held while its adapter was trained"
    )
    thresholds: tuple[Annotated[float, Field(ge=0, le=1)], ...] | None = Field(
        default=None, description="several labels: the probability from which each applies, in the task's order"
    )
    max_length: int | None = Field(default=None, ge=1, description="tokens; longer texts are shortened")
    hyperparameters: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    versions: dict[str, str] = Field(default_factory=dict)
    hardware: dict[str, str | int] = Field(default_factory=dict)
    seconds: float = Field(default=0.0, description="wall-clock time of the training")
    command: tuple[str, ...] | None = Field(default=None, description="what made it, without tokens and local paths")
    energy: EnergyRecord | None = Field(default=None, description="where codecarbon was installed")
    history: list[dict[str, float]] = Field(default_factory=list, description="loss and metrics as they were logged")
    evaluation: dict[str, Any] | None = Field(default=None, description="metrics on the split that it names")
    answers: tuple[ExampleAnswer, ...] = Field(default=(), description="to the task's own examples, in their order")
    sha256: dict[str, str] = Field(default_factory=dict, description="of weights and text_hashes.txt, by their names")
    export: Literal["onnx"] | None = Field(default=None, description="the weights in another format than safetensors")

    @property
    def kind(self) -> Family:
        """What there is to know of its family."""
        return FAMILIES[self.family]

    @property
    def weights_format(self) -> WeightsFormat:
        """What its weights are written as."""
        return self.export or "safetensors"

    @property
    def is_adapter(self) -> bool:
        """Whether its weights are an adapter, which its base model is needed for; an export has it merged in."""
        return METHODS[self.method].adapter and self.export is None

    @property
    def adapter_task(self) -> str | None:
        """What PEFT calls the task of its adapter; a pooled encoder has its head beside the adapter."""
        return "FEATURE_EXTRACTION" if self.pooling else self.kind.task_type

    @property
    def needs_base(self) -> bool:
        """Whether it holds what was added to a base model only: an adapter, or a head on a frozen encoder."""
        return METHODS[self.method].needs_base and self.export is None

    @property
    def is_whole_model(self) -> bool:
        """Whether it is a model of transformers that stands on its own, with its tokenizer."""
        return not self.kind.fitted and not self.needs_base

    @property
    def how(self) -> str:
        """What its training changed, in a few words: ``LoRA``, ``all weights as ONNX``."""
        return METHODS[self.method].title + (" as ONNX" if self.export == "onnx" else "")

    @property
    def loader(self) -> str | None:
        """``module:function`` that loads it; ``None`` where its family is not loaded from this format."""
        return self.kind.onnx_loader if self.export == "onnx" else self.kind.loader

    def save(self, folder: str | Path) -> None:
        """Write ``run.json`` into the run folder."""
        text = self.model_dump_json(indent=2, exclude_none=True, exclude=None if self.sha256 else {"sha256"})
        (Path(folder) / RUN_FILE).write_text(f"{text}\n", encoding="utf-8")


def run_files() -> tuple[str, ...]:
    """Everything that a run folder may give to the world, or take from it: no pickle, no optimizer state, no code."""
    return tuple(dict.fromkeys((*DESCRIPTIONS, HASHES_FILE, *all_files())))


def is_between(folder: str | Path) -> bool:
    """Whether a run folder is between two results: the old record is gone, and the new one still waits."""
    place = Path(folder)
    return not (place / RUN_FILE).is_file() and any(place.glob(f"{UNFINISHED}*/{MANIFEST}"))


def check_in_place(folder: str | Path) -> None:
    """Refuse a run folder between two results: its record is taken away first and put in place last.

    Raises:
        InputError: a training was stopped while it put its result in place.
    """
    if is_between(folder):
        raise InputError(
            f"{folder}: a training was stopped while its result was put in place; run the same command again, with "
            "--resume_from_checkpoint true where it had checkpoints."
        )


def load_record(folder: str | Path) -> RunRecord:
    """Read a run folder's record.

    Raises:
        InputError: there is no ``run.json``, it is too large, or it is not one of ours.
    """
    file = Path(folder) / RUN_FILE
    check_in_place(folder)
    try:
        text = read_limited(file, LONGEST_RECORD, what="record of a run").decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"{folder}: no readable {RUN_FILE}; give a folder that python -m {one_of(scripts())} wrote."
        ) from None
    try:
        return RunRecord.model_validate_json(text)
    except ValidationError as error:
        raise InputError(explain_validation(error, file, RunRecord)) from None
