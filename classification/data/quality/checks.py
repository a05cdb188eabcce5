"""The checks behind `classification.data.quality.report`: each looks at one thing and yields what it finds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations

from ...errors import shown
from ...task import Task
from ..counting import EXAMPLES, first_few, quantity
from ..dataset import Splits
from ..splitting import fold
from .findings import (
    NOTABLE_SHARE,
    Check,
    Example,
    Finding,
    Severity,
    by_share,
    cut,
    examples_of,
    rows_found,
)
from .mojibake import double_encoded, lost_character
from .text_checks import strange_texts, swallowed_rows

#: From this share of contradictory rows on, the finding is an error.
CONTRADICTORY_SHARE = 0.05
#: Rows of the commonest label for one of the rarest: from the first ratio on a note, from the second a warning.
UNEVEN, IMBALANCED = 3, 10
#: Fewer training rows than this teach a label poorly.
FEW_ROWS = 20
#: Roughly 512 tokens, what a typical encoder reads: four characters a token, in Chinese and Japanese one.
LONG, LONG_CJK = 2000, 500


def duplicates(splits: Splits, task: Task) -> Iterator[Finding]:
    """Texts that occur again within a split: first exactly, then with another case or spacing."""
    for split, rows in splits.items():
        seen: set[str] = set()
        seen_folded: set[str] = set()
        exact: list[int] = []
        loose: list[int] = []
        for row, text in enumerate(rows.texts):
            folded = fold(text)
            if text in seen:
                exact.append(row)
            elif folded in seen_folded:
                loose.append(row)
            seen.add(text)
            seen_folded.add(folded)
        for kind, found, how in (
            ("exact-duplicates", exact, "repeating an earlier text"),
            ("near-duplicates", loose, "differing from an earlier text by case or spacing only"),
        ):
            if found:
                sentence = f"{rows_found(found, how, rows)}; keep one of each."
                yield Finding(kind, by_share(found, rows), len(found), split, sentence, examples_of(split, rows, found))


def contradictions(splits: Splits, task: Task) -> Iterator[Finding]:
    """Texts, case and spacing aside, that carry different labels in different rows of any split."""
    places: dict[str, list[tuple[str, int]]] = defaultdict(list)
    labels: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for split, rows in splits.items():
        for row, (text, names) in enumerate(zip(rows.texts, rows.labels, strict=True)):
            folded = fold(text)
            places[folded].append((split, row))
            labels[folded].add(names)
    found = [folded for folded, answers in labels.items() if len(answers) > 1]
    if not found:
        return
    total = sum(len(rows) for _, rows in splits.items())
    share = sum(len(places[folded]) for folded in found) / total
    by_name = dict(splits.items())
    first = [places[folded][0] for folded in found[:EXAMPLES]]
    answers = " and ".join(shown(", ".join(names)) for names in sorted(labels[found[0]]))
    verb = "has" if len(found) == 1 else "have"
    yield Finding(
        "contradictory-labels",
        "error" if share >= CONTRADICTORY_SHARE else "warning",
        len(found),
        None,
        f"{quantity(len(found), 'text')} {verb} different labels in different rows (the first: {answers}); "
        "decide on one, or remove them.",
        tuple(Example(split, row + 1, cut(by_name[split].texts[row])) for split, row in first),
    )


def leaks(splits: Splits, task: Task) -> Iterator[Finding]:
    """Texts of one split that also stand in another: a model would be tested on what it was taught."""
    folded = {split: [fold(text) for text in rows.texts] for split, rows in splits.items()}
    by_name = dict(splits.items())
    for earlier, later in combinations(folded, 2):
        known = set(folded[earlier])
        found = [row for row, text in enumerate(folded[later]) if text in known]
        if found:
            rows = by_name[later]
            yield Finding(
                "leak",
                "error" if len(found) >= NOTABLE_SHARE * len(rows) else "warning",
                len(found),
                None,
                f"{rows_found(found, f'of {later} also in {earlier}', rows)}; remove them from {earlier}.",
                examples_of(later, rows, found),
            )


def balance(splits: Splits, task: Task) -> Iterator[Finding]:
    """Labels that are missing, have few training rows, or are far rarer than others; rows without a label."""
    for split, rows in splits.items():
        counts = Counter(name for names in rows.labels for name in names)
        missing = [name for name in task.label_names if not counts[name]]
        if missing:
            severity: Severity = "error" if split == "train" else "warning"
            sentence = f"no row of {first_few(missing)}; add rows, or take the label out of the task."
            yield Finding("missing-labels", severity, len(missing), split, sentence)
        few = [name for name in task.label_names if 0 < counts[name] < FEW_ROWS]
        if few and split == "train":
            named = first_few([f"{name} ({counts[name]})" for name in few])
            sentence = f"fewer than {FEW_ROWS} rows of {named}; a model learns little from so few."
            yield Finding("few-rows", "warning", len(few), split, sentence)
        if split == "train" and len(counts) > 1:
            yield from _imbalance(counts, split)
        bare = [row for row, names in enumerate(rows.labels) if not names]
        if bare:
            sentence = f"{rows_found(bare, 'without a label', rows)}; is that meant?"
            yield Finding("no-label", "note", len(bare), split, sentence, examples_of(split, rows, bare))


def _imbalance(counts: Counter[str], split: str) -> Iterator[Finding]:
    (most, many), (least, few) = counts.most_common()[0], counts.most_common()[-1]
    ratio = many / few
    if ratio >= UNEVEN:
        yield Finding(
            "imbalance",
            "warning" if ratio >= IMBALANCED else "note",
            round(ratio),
            split,
            f"{most} is {ratio:.1f} times as frequent as {least}; read macro-F1 rather than accuracy.",
        )


def reading(splits: Splits, task: Task) -> Iterator[Finding]:
    """What was assumed or left out when the rows were read."""
    for note in splits.notes:
        yield Finding("reading", "note", 1, None, note)


def long_texts(splits: Splits, task: Task) -> Iterator[Finding]:
    """Texts that a typical encoder would have to cut."""
    limit = LONG_CJK if task.language.split("-")[0] in ("zh", "ja") else LONG
    for split, rows in splits.items():
        found = [row for row, text in enumerate(rows.texts) if len(text) > limit]
        if found:
            sentence = f"{rows_found(found, f'of over {limit:,} characters', rows)}; models may shorten them."
            yield Finding("long-texts", "warning", len(found), split, sentence, examples_of(split, rows, found))


def encoding(splits: Splits, task: Task) -> Iterator[Finding]:
    """Characters that were lost, or that are UTF-8 read as another encoding."""
    for split, rows in splits.items():
        lost = {row: place for row, text in enumerate(rows.texts) if (place := lost_character(text)) is not None}
        if lost:
            sentence = f"{rows_found(lost, 'with lost characters (such as U+FFFD)', rows)}; read the original again."
            yield Finding(
                "lost-characters", by_share(lost, rows), len(lost), split, sentence, examples_of(split, rows, lost)
            )
        double = {row: pair for row, text in enumerate(rows.texts) if (pair := double_encoded(text))}
        if double:
            seen, meant = next(iter(double.values()))
            how = f"of UTF-8 that was read as another encoding ({shown(seen)} for {shown(meant)})"
            sentence = f"{rows_found(double, how, rows)}; read the original as UTF-8."
            places = {row: rows.texts[row].index(pair[0]) for row, pair in double.items()}
            yield Finding(
                "double-encoded", by_share(double, rows), len(double), split, sentence, examples_of(split, rows, places)
            )


CHECKS: tuple[Check, ...] = (
    leaks,
    contradictions,
    duplicates,
    balance,
    swallowed_rows,
    strange_texts,
    encoding,
    long_texts,
    reading,
)
