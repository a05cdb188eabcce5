from __future__ import annotations

import ast

import pytest
from jinja2 import UndefinedError
from markdown_it import MarkdownIt
from support.cards import run_record

from hub.cards.markdown import Python, as_markdown, code, escaped, fenced, link, render, render_python

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@pytest.mark.parametrize(
    "text",
    ["**bold**", "_a_ __b__", "`code`", "[a](b)", "![a](b)", "a | b", "~~gone~~", "# head", "## head", "- item",
     "+ item", "* item", "> quote", "1. first", "12) twelfth", "---", "===", "\\", "a\\b", "a & b &amp; c", "<b>",
     "[x]: y", "#", "-", "0.832", "+0.577", "C#", "$$x$$", "a  b", "| - |", "~~~", "&lt;"],
)  # fmt: skip
def test_a_text_is_shown_as_it_is_and_as_nothing_else(text: str) -> None:
    tokens = READER.parse(escaped(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    shown = "".join(part.content for part in tokens[1].children or ())
    assert {part.type for part in tokens[1].children or ()} <= {"text", "text_special"}
    assert shown == " ".join(text.split())


def test_numbers_and_words_are_not_cluttered() -> None:
    for text in ("0.832", "+0.577", "-0.1", "TF-IDF + logistic regression", "p = 0.004", "8 min 11 s", "C# (2024)!"):
        assert escaped(text) == text


@pytest.mark.parametrize("text", ["https://evil.example", "www.evil.example", "@someone", "HTTP://EVIL"])
def test_no_link_and_no_mention_comes_of_plain_text(text: str) -> None:
    assert "<!-- -->" in escaped(text)


def test_long_texts_are_cut() -> None:
    assert escaped("a" * 500, 10) == "aaaaaaaaa…"


def shown_in_a_table(*cells: object) -> str:
    """A line of a table, as a template puts it, in a browser."""
    rule = " --- |" * len(cells)
    return READER.render(f"|{rule.replace('---', 'x')}\n|{rule}\n| {' | '.join(map(as_markdown, cells))} |")


def test_a_table_keeps_its_columns_whatever_stands_in_it() -> None:
    html = shown_in_a_table("x | y", 1234, "2\n3")
    assert html.count("<tr>") == 2
    assert html.count("<td") == 3
    assert "<td>x | y</td>" in html
    assert "<td>1,234</td>" in html


def test_code_of_any_text_stays_in_its_cell() -> None:
    assert code("rows.csv") == "`rows.csv`"
    for text in ("a`b", "a|b", "<b>", "``"):
        html = shown_in_a_table(code(text), 1)
        assert html.count("<td") == 2
        assert html.count("<code>") == 1
        assert "<b>" not in html


def test_nothing_closes_a_fence_from_inside() -> None:
    html = READER.render(fenced("a\n```\n# no head\n````", "python"))
    assert "<h1>" not in html
    assert html.count("<pre>") == 1


def test_a_link_shows_its_text_only() -> None:
    assert READER.render(link("a](b", "https://x.example")) == '<p><a href="https://x.example">a](b</a></p>\n'


def test_a_template_escapes_by_default_and_misses_nothing() -> None:
    with pytest.raises(UndefinedError):
        render("model.md.j2", language="English")


@pytest.mark.parametrize("value", [0.5, None, True, ["a"]])
def test_what_is_no_text_has_to_be_made_one(value: object) -> None:
    with pytest.raises(TypeError, match="is no text; say how it is shown"):
        as_markdown(value)


@pytest.mark.parametrize("value", ["a\"b'c", "a\nb", '"""', "\\", "é中", "it's", "{{ x }}", "\u202e"])
def test_a_value_in_a_program_is_a_literal(value: str) -> None:
    values = {"record": run_record(), "revision": None, "text": "a", "expected": Python("")}
    program = render_python("snippets/project.py.j2", repo_id=value, **values)
    call = next(node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call))
    assert ast.literal_eval(call.args[0]) == value
    assert "\u202e" not in program
