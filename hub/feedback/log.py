"""Labels that visitors of a page gave: kept as rows of a dataset on the Hub, and read back as a training set."""

from __future__ import annotations

import csv
import json
import logging
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from huggingface_hub import CommitScheduler, HfApi, snapshot_download
from huggingface_hub.hf_api import CommitInfo

from classification.data.rows import Rows
from classification.errors import InputError, one_of
from classification.network.hub_errors import explained
from classification.task import Task

from ..shared.client import checked_repo_id, connect

logger = logging.getLogger(__name__)

VARIABLE = "PROMPT_OR_TUNE_FEEDBACK"
MINUTES_BETWEEN_COMMITS = 2
#: Most marks that one run of a page takes, against abuse.
MOST_ROWS, LONGEST_TEXT = 20_000, 5000
LARGEST_SET = 200_000_000
FILES = "data/*.jsonl"
CARD = """---
configs:
- config_name: default
  data_files: data/*.jsonl
tags:
- prompt-or-tune
- text-classification
---

# What visitors marked as right

Each row is a text that a visitor of the page asked about, and the label that this visitor said is right. Nobody has
checked it, and the texts are the visitors' own: look at them before you train on them, and before you pass them on.

```sh
python -m hub.feedback {repo_id} --task TASK.yaml --output feedback.csv
```
"""


class _Scheduler(CommitScheduler):
    """Commits in the background; what cannot be sent now is logged in one sentence and sent with the next."""

    def push_to_hub(self) -> CommitInfo | None:
        try:
            with explained(f"send feedback to {self.repo_id}"):
                return super().push_to_hub()
        except InputError as error:
            logger.warning("%s", error)
            return None


class FeedbackLog:
    """Takes marks, and commits them to a private dataset every few minutes and at the end.

    Args:
        repo_id: the dataset; made where it is missing, private.
        task: whose labels are allowed.
        api: may write to it.
        minutes: between commits.

    Raises:
        InputError: the dataset cannot be written to, or the Hub cannot be reached.
    """

    def __init__(self, repo_id: str, task: Task, api: HfApi, *, minutes: float = MINUTES_BETWEEN_COMMITS) -> None:
        self.repo_id, self._task, self._count = checked_repo_id(repo_id), task, 0
        folder = Path(tempfile.mkdtemp(prefix="feedback-"))
        began = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        # Each run of a page has a file of its own, so that two pages never write to the same one.
        self._file = folder / f"{began}-{uuid.uuid4().hex[:8]}.jsonl"
        with explained(f"collect feedback in {self.repo_id}"):
            self._scheduler = _Scheduler(
                repo_id=self.repo_id,
                repo_type="dataset",
                private=True,
                folder_path=folder,
                path_in_repo="data",
                every=minutes,
                hf_api=api,
                allow_patterns="*.jsonl",
            )
            self.private = bool(api.repo_info(self.repo_id, repo_type="dataset").private)
            if not api.file_exists(self.repo_id, "README.md", repo_type="dataset"):
                card = CARD.format(repo_id=self.repo_id).encode()
                api.upload_file(
                    path_or_fileobj=card, path_in_repo="README.md", repo_id=self.repo_id, repo_type="dataset"
                )

    def add(self, text: str, labels: Sequence[str]) -> None:
        """Keep one mark.

        Raises:
            InputError: no text, a label that the task does not have, or more than a page takes.
        """
        row = checked_mark(self._task, text, labels)
        with self._scheduler.lock:
            if self._count >= MOST_ROWS:
                raise InputError("This page has taken as many marks as it can; thank you all the same.")
            self._count += 1
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def flush(self) -> None:
        """Send what was marked so far, and wait until it is there."""
        self._scheduler.trigger().result()

    def close(self) -> None:
        """Send the rest, and stop."""
        self.flush()
        self._scheduler.stop()


def feedback_from_environment(environ: Mapping[str, str], task: Task) -> FeedbackLog | None:
    """The log that the environment asks for, or ``None`` where it asks for none.

    Raises:
        InputError: it asks for one that cannot be written to; the sentence says why.
    """
    repo_id = environ.get(VARIABLE, "").strip()
    return FeedbackLog(repo_id, task, connect()) if repo_id else None


def checked_mark(task: Task, text: object, labels: object) -> dict[str, str]:
    """A row: the text, and its label, several joined with ``|``.

    Raises:
        InputError: no text, a text that is too long, or labels that the task does not allow.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError("Ask about a text first; then its right label can be marked.")
    if len(text) > LONGEST_TEXT:
        raise InputError(f"The text has {len(text):,} characters; at most {LONGEST_TEXT:,} can be kept.")
    if not isinstance(labels, list | tuple) or not all(isinstance(label, str) for label in labels):
        raise InputError(f"Choose what is right: {one_of(task.label_names)}.")
    named = {label for label in labels if task.index(label) >= 0}
    if len(named) != 1 and not task.multi_label:
        raise InputError(f"Choose one label that is right: {one_of(task.label_names)}.")
    return {"text": text.strip(), "label": "|".join(name for name in task.label_names if name in named)}


def fetch_marks(repo_id: str, task: Task, api: HfApi) -> tuple[Rows, int]:
    """Everything that was marked, one row for a text: what was said of it last; and how many lines were no marks.

    Raises:
        InputError: the dataset is not there, may not be seen, is too large, or holds no marks for this task.
    """
    repo_id = checked_repo_id(repo_id)
    with explained(f"read the feedback in {repo_id}"):
        folder = Path(
            snapshot_download(
                repo_id, repo_type="dataset", allow_patterns=FILES, token=api.token, endpoint=api.endpoint
            )
        )
    files = sorted(folder.glob(FILES))
    if sum(file.stat().st_size for file in files) > LARGEST_SET:
        raise InputError(f"{repo_id}: more than {LARGEST_SET // 10**6} MB of feedback; read its files one by one.")
    marks: dict[str, tuple[str, ...]] = {}
    strange = 0
    for line in (line for file in files for line in file.read_text(encoding="utf-8", errors="replace").splitlines()):
        try:
            found = json.loads(line)
            row = checked_mark(task, found["text"], [name for name in str(found["label"]).split("|") if name])
            marks[row["text"]] = tuple(name for name in row["label"].split("|") if name)
        except (ValueError, KeyError, TypeError, RecursionError):  # an InputError is a ValueError
            strange += 1
    if not marks:
        raise InputError(f"{repo_id}: nothing is marked yet with labels of the task {task.name}.")
    return Rows(tuple(marks), tuple(marks.values())), strange


def write_training_set(rows: Rows, file: Path) -> None:
    """Write rows as the CSV that every training script and comparison reads: ``text,label``."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["text", "label"])
        writer.writerows([text, "|".join(names)] for text, names in zip(rows.texts, rows.labels, strict=True))
