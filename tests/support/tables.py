"""Small files of rows, and what reading them gives or says."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from classification.data.dataset import ReadOptions, load_rows
from classification.errors import InputError
from classification.task import DatasetSource, Label, Task

HEADER = "text,label\n"


def task_of(*names: str, several: bool = False, language: str = "en", dataset: DatasetSource | None = None) -> Task:
    """A task with these labels."""
    return Task(
        name="mood",
        language=language,
        instruction="Decide how the writer feels.",
        # A word of its own for each, so that names may be anything.
        labels=tuple(Label(name=name, verbalizer=f"word {runtime}") for runtime, name in enumerate(names)),
        multi_label=several,
        dataset=dataset,
    )


MOOD = task_of("bad", "good")
TAGS = task_of("cat", "dog", "fish", several=True)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """A file with this content; folders on the way are made."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def refusal(
    source: Path | str, task: Task = MOOD, *, options: ReadOptions | None = None, split: str | None = None
) -> str:
    """The sentence that reading this gets, with the folder cut off."""
    with pytest.raises(InputError) as raised:
        load_rows(source, task, options=options, split=split)
    return str(raised.value).replace(f"{Path(source).parent}/", "")


@contextmanager
def told() -> Iterator[list[str]]:
    """What reading logs inside of the block, as sentences."""
    sentences: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            sentences.append(record.getMessage())

    logger, keeper = logging.getLogger("classification"), Keeper()
    logger.addHandler(keeper)
    try:
        yield sentences
    finally:
        logger.removeHandler(keeper)


def pairs(source: Path | str, task: Task = MOOD, **options: object) -> list[tuple[str, tuple[str, ...]]]:
    """Text and labels of each row."""
    rows = load_rows(source, task, **options)  # type: ignore[arg-type]
    return list(zip(rows.texts, rows.labels, strict=True))


def labels(source: Path | str, task: Task = MOOD, **options: object) -> Sequence[tuple[str, ...]]:
    """Labels of each row."""
    return load_rows(source, task, **options).labels  # type: ignore[arg-type]
