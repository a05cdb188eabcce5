"""How a table is written, for reports, cards and the terminal; what its cells say is up to whoever has it written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tabulate import DataRow, TableFormat, tabulate

#: A line of a Markdown table. Its columns are not padded: the cells of a card may hold whole texts.
LINE = DataRow("| ", " | ", " |")


def plain_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A table for a terminal, aligned by the columns that each text takes there.

    Args:
        headings: none for a list without a first line.
        rows: texts, without control characters.
        left: so many columns hold words; the others hold numbers, which stand to the right.
    """
    body = [list(row) for row in rows]
    aligned = ["left"] * left + ["right"] * (max(map(len, [headings, *body])) - left)
    text = tabulate(
        body, list(headings), tablefmt="simple" if headings else "plain", disable_numparse=True, colalign=aligned,
        preserve_whitespace=True,
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in text.splitlines())


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table of cells that are Markdown already: one line each, and no bar that is not escaped."""
    rule = f"| {' | '.join(['---'] * left + ['---:'] * (len(headings) - left))} |"
    form = TableFormat(None, lambda widths, aligns: rule, None, None, LINE, LINE, 0, None)
    return tabulate(
        [list(row) for row in rows], list(headings), tablefmt=form, disable_numparse=True, stralign=None,
        numalign=None, preserve_whitespace=True,
    )  # fmt: skip
