"""How a table is written, for reports, cards and the terminal; what its cells say is up to whoever has it written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tabulate import DataRow, TableFormat, tabulate

#: A line of a Markdown table. Its columns are not padded: the cells of a card may hold whole texts.
LINE = DataRow("| ", " | ", " |")
SHORTEST = 0.0001  # seconds; below it, clocks say more than the classifier does


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
        body,
        list(headings),
        tablefmt="simple" if headings else "plain",
        disable_numparse=True,
        colalign=aligned,
        preserve_whitespace=True,
    )
    return "\n".join(line.rstrip() for line in text.splitlines())


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table of cells that are Markdown already: one line each, and no bar that is not escaped."""
    rule = f"| {' | '.join(['---'] * left + ['---:'] * (len(headings) - left))} |"
    form = TableFormat(None, lambda widths, aligns: rule, None, None, LINE, LINE, 0, None)
    return tabulate(
        [list(row) for row in rows],
        list(headings),
        tablefmt=form,
        disable_numparse=True,
        stralign=None,
        numalign=None,
        preserve_whitespace=True,
    )


def duration(seconds: float) -> str:
    """``0.0086`` as ``8.6 ms``, ``1.3`` as ``1.30 s``, ``491.2`` as ``8 min 11 s``, ``7500`` as ``2 h 5 min``."""
    if seconds < SHORTEST:
        return f"< {1000 * SHORTEST:g} ms"
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"
    if seconds < 59.995:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def percent(share: float) -> str:
    """``0.8731`` as ``87.3%``; never a 0 or a 100 that is not one."""
    if 0 < share < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"
