"""The run folder: weights, and beside them ``run.json``, which is enough to load, describe and repeat the run.

Training writes it; the lineup and the Hub read it and never ask who wrote it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import InputError
from ..files.reading import LONGEST_RECORD, read_limited
from ..task import Task, explain

RUN_FILE = "run.json"
#: Hashes of the texts that the run has seen, and how large such a file may be: about two million texts.
HASHES_FILE, MAX_HASHES_BYTES = "text_hashes.txt", 50_000_000
#: How folders begin in which a run is written before it is put in place, and the list of files that ends the writing.
UNFINISHED, MANIFEST = ".unfinished-", "files.txt"
#: The small files that say what a run is, before its weights are looked at.
DESCRIPTIONS = (RUN_FILE, "config.json", "adapter_config.json", "baseline.json")
#: Everything that a run folder may give to the world, or take from it: no pickle, no optimizer state, no code.
RUN_FILES = (
    *DESCRIPTIONS, HASHES_FILE, "adapter_model.safetensors", "model.safetensors", "model-*-of-*.safetensors",
    "model.safetensors.index.json", "generation_config.json", "vocabulary.txt",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
    "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.txt", "vocab.json", "merges.txt",
    "onnx/model.onnx", "onnx/model.onnx_data",
)  # fmt: skip

Family = Literal["chat", "encoder", "majority", "tfidf"]
Method = Literal["lora", "full", "head", "fit"]


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


class RunRecord(_Record):
    """Everything that there is to know about a training run."""

    format: Literal[1] = 1
    name: str
    created: str = Field(description="UTC, ISO 8601")
    family: Family
    method: Method
    task: Task
    base: BaseRecord | None = None
    data: DataRecord
    describe_labels: bool = Field(default=False, description="chat: the prompt also says what labels mean")
    max_length: int | None = Field(default=None, ge=1, description="tokens; longer texts are shortened")
    hyperparameters: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    versions: dict[str, str] = Field(default_factory=dict)
    hardware: dict[str, str | int] = Field(default_factory=dict)
    seconds: float = Field(default=0.0, description="wall-clock time of the training")
    history: list[dict[str, float]] = Field(default_factory=list, description="loss and metrics as they were logged")
    evaluation: dict[str, Any] | None = Field(default=None, description="metrics on the split that it names")
    answers: tuple[ExampleAnswer, ...] = Field(default=(), description="to the task's own examples, in their order")
    sha256: dict[str, str] = Field(default_factory=dict, description="of weights and text_hashes.txt, by their names")
    export: Literal["onnx"] | None = Field(default=None, description="the weights in another format than safetensors")

    def save(self, folder: str | Path) -> None:
        """Write ``run.json`` into the run folder."""
        text = self.model_dump_json(indent=2, exclude_none=True, exclude=None if self.sha256 else {"sha256"})
        (Path(folder) / RUN_FILE).write_text(f"{text}\n", encoding="utf-8")


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


def load_run(folder: str | Path) -> RunRecord:
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
            f"{folder}: no readable {RUN_FILE}; give a folder that python -m training.sft, training.encoder or "
            "training.baseline wrote."
        ) from None
    try:
        return RunRecord.model_validate_json(text)
    except ValidationError as error:
        raise InputError(explain(error, file, RunRecord)) from None
