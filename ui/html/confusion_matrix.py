"""A confusion matrix as an HTML table: numbers first, shading to find the large ones."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def confusion_table(labels: Sequence[str], matrix: Sequence[Sequence[int]], *, caption: str) -> str:
    """A confusion matrix as a table: a row for each true label, shaded by its share of that row.

    Args:
        labels: L names.
        matrix: counts [L, L + 1]; the last column counts invalid answers, and is left out where all are valid.
        caption: what the table shows, in words.
    """
    with_invalid = any(row[len(labels)] for row in matrix if len(row) > len(labels))
    heads = [*labels, "invalid"] if with_invalid else list(labels)
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in heads)
    rows = []
    for i, (name, counts) in enumerate(zip(labels, matrix, strict=True)):
        total = max(sum(counts), 1)
        cells = "".join(
            f'<td class="{"hit" if i == j else "miss"}" style="--share:{count / total:.3f}">'
            f"<b>{count:,}</b><small>{count / total:.0%}</small></td>"
            for j, count in enumerate(counts[: len(heads)])
        )
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="confusion">'
        f'<caption>{escape(caption)}</caption><thead><tr><th class="corner" scope="col">true ↓ answered →</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
