"""Text classification: tasks, labelled rows, prompts, models, classifiers and run folders.

Example:
    >>> from classification import load_classifier
    >>> classifier = load_classifier("demo/tfidf")
    >>> answers = classifier.predict(["Profit rises well above the forecast"])
    >>> answers.labels(classifier.task)
    [('Bullish',)]
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .predictions import Classifier
    from .task import Task


def load_classifier(
    run: str | Path, task: Task | None = None, *, model: str | None = None, label_map: Mapping[str, str] | None = None
) -> Classifier:
    """Load a trained classifier from a run folder or from the Hub.

    Args:
        run: a folder that a training script wrote, or a repository as ``owner/name`` or ``owner/name@revision``.
        task: what it decides; by default what it was trained for. A model that was saved without a ``run.json`` needs
            one.
        model: where the base model of an adapter is, if not where its record says; a Hub id or a folder.
        label_map: for a classifier that was saved without a ``run.json``, its labels, or the numbers of its outputs, to
            the labels of the task.

    Returns:
        A classifier: ``predict(texts)`` gives the probability of every label for each text.

    Raises:
        InputError: the run is not there, is not whole, needs a task, or is for other labels than the task's.
    """
    from .lineup import contender_of_run
    from .models.pool import ModelPool

    return contender_of_run(Path(run).name, str(run), task, model=model, label_map=label_map).load(ModelPool())
