"""Hashes of the texts of a training, kept in every checkpoint and in the run folder."""

from __future__ import annotations

from classification.data.rows import Rows
from classification.models.pool import ModelSource
from classification.runs.seen import TextHashes, hashes_of_base


def hashes_of_training(train: Rows, validation: Rows | None, *, base: ModelSource | None = None) -> TextHashes | None:
    """The hashes of a run's texts, for comparisons to count which rows it has seen.

    What a base model that is itself a run or a checkpoint had seen before is among them. A resumed training has the
    rows that it began with, since others are refused.

    Args:
        train: the rows that are trained on, and no others.
        validation: the rows that choose the checkpoint and that the recorded scores are of.
        base: the copy of the base model that is trained.

    Returns:
        ``None`` where it is not known what the base model was trained on: an incomplete list would make a comparison
        look cleaner than it is.
    """
    own = TextHashes.of(train.texts, validation.texts if validation is not None else ())
    if base is None or base.kind != "path":
        return own
    earlier = hashes_of_base(base.location)
    return None if earlier is None else own | earlier
