"""The page for programs: real clients over HTTP, and the documentation's own code run as it is written."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from gradio_client.utils import Status
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from support.browser import served
from support.fakes import EMOTIONS, SENTIMENT, FakeClassifier, FakeContender, FakeLineup, fake_comparison, fake_lineup
from support.paths import ROOT

from classification.errors import InputError
from classification.lineup import load_lineup
from comparison.comparison import Comparison
from ui import api
from ui.live.contender_server import ContenderServer
from ui.live.evaluate_rows import checked_rows, evaluate_rows
from ui.page import build_page

PAGE = ROOT / "docs" / "api.md"
ADDRESS = "http://127.0.0.1:7860"
FUNCTIONS = {"classify", "compare", "contenders", "evaluate", "report", "results"}
ROWS = [{"text": f"headline {n}", "label": label} for n, label in enumerate(["Bullish"] * 6 + ["Neutral"] * 4)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(build_page(fake_lineup(), None, comparison=fake_comparison())) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False, analytics_enabled=False)


def with_tools(url: str, use: Callable[[ClientSession], Awaitable[Any]], *, sse: bool = False) -> Any:
    """Run something with an MCP session; in a thread, since a browser test may own this one's event loop."""

    async def main() -> Any:
        transport = sse_client(f"{url}gradio_api/mcp/sse") if sse else streamable_http_client(f"{url}gradio_api/mcp/")
        async with transport as streams, ClientSession(streams[0], streams[1]) as session:
            await session.initialize()
            return await use(session)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, main()).result(60)


def sentence(client: Client, *arguments: object, api_name: str) -> str:
    with pytest.raises(AppError) as refused:
        client.predict(*arguments, api_name=api_name)
    return str(refused.value)


# --- over HTTP


def test_every_function_is_there_described_and_nothing_else_is(client: Client) -> None:
    found = client.view_api(return_format="dict")["named_endpoints"]
    assert {name.strip("/") for name in found} == FUNCTIONS
    assert all(len(endpoint["description"]) > 40 for endpoint in found.values())


def test_one_contender_can_be_asked(client: Client) -> None:
    found = client.predict("Shares fall", "SmolLM2 zero-shot", api_name="/classify")
    assert (found["label"], found["valid"], found["error"]) == ("Neutral", True, None)
    assert found["probabilities"] == pytest.approx({"Bearish": 0.21, "Bullish": 0.33, "Neutral": 0.46})
    assert "differs" not in found  # from whom?


@pytest.mark.parametrize(("length", "cut_to"), [(5000, None), (5001, 5000), (70_000, 5000)])
def test_a_text_that_is_too_long_is_cut_and_both_answers_say_so(
    client: Client, length: int, cut_to: int | None
) -> None:
    one = client.predict("a" * length, "TF-IDF", api_name="/classify")
    all_of_them = client.predict("a" * length, api_name="/compare")
    for found in (one, all_of_them):
        assert (found["characters"], found["cut_to"]) == (length, cut_to)
    assert one["label"] == "Bullish"
    assert all(contender["error"] is None for contender in all_of_them["contenders"])


def test_every_contender_reads_the_same_cut_text() -> None:
    lineup = fake_lineup()
    *_, states = ContenderServer(lineup, None).start().ask("a" * 5001)
    assert all(state.answer for state in states)
    assert {contender.classifier.asked[-1] for contender in lineup.contenders} == {"a" * 5000}


def posted(url: str, name: str, *arguments: object) -> str:
    """What the API tells a program that writes its JSON itself: gradio_client refuses to send half a character."""
    headers = {"content-type": "application/json"}
    sent = httpx.post(f"{url}gradio_api/call/{name}", content=json.dumps({"data": arguments}), headers=headers)
    return httpx.get(f"{url}gradio_api/call/{name}/{sent.json()['event_id']}", timeout=30).text


def test_half_a_character_gets_a_sentence_wherever_it_is_sent(url: str) -> None:
    half = "the text has half a character in it (the surrogate U+D83D as character 3); give the whole character."
    assert half in posted(url, "classify", "a \ud83d", "TF-IDF")
    assert half in posted(url, "compare", "a \ud83d")
    assert f"the rows: row 11: {half}" in posted(
        url, "evaluate", [*ROWS, {"text": "a \ud83d", "label": "Bullish"}], None
    )
    assert "the lineup has no contender" in posted(url, "classify", "a", "\ud83d")
    for label in ("\ud83d", ["Bullish", "\udc00"]):
        assert "row 1" in posted(url, "evaluate", [{"text": "a", "label": label}], None)


def test_only_the_one_that_is_asked_answers() -> None:
    server = ContenderServer(fake_lineup(), None).start()
    *_, states = server.ask("a text", only="TF-IDF")
    assert [state.name for state in states if state.answer] == ["TF-IDF"]


def test_evaluating_gives_scores_intervals_tests_and_a_verdict(client: Client) -> None:
    found = client.predict(ROWS, ["Majority", "TF-IDF", "MiniLM tuned"], api_name="/evaluate")
    scores = {contender["name"]: contender for contender in found["contenders"]}
    assert (found["finished"], found["rows"], found["task"]) == (True, 10, "financial-sentiment")
    assert scores["Majority"]["accuracy"] == 0.4  # it says Neutral to all
    assert scores["TF-IDF"]["accuracy"] == 0.6  # and this one Bullish
    low, high = scores["TF-IDF"]["accuracy_ci"]
    assert 0 < low < 0.6 < high < 1
    assert scores["TF-IDF"]["confusion_matrix"] == [[0, 0, 0, 0], [0, 6, 0, 0], [0, 4, 0, 0]]
    assert len(found["pairs"]) == 3
    assert found["pairs"][0]["only_first_right"] == 4
    assert found["verdict"].startswith("TF-IDF has the highest macro-F1, 0.375")
    assert "configuration" not in scores["TF-IDF"]


def test_without_names_every_contender_is_evaluated(client: Client) -> None:
    found = client.predict(ROWS[:2], api_name="/evaluate")
    assert [contender["name"] for contender in found["contenders"]] == [c.name for c in fake_lineup().contenders]


def test_progress_can_be_read_along(client: Client) -> None:
    steps = list(client.submit(ROWS, ["TF-IDF"], api_name="/evaluate"))
    assert steps[:2] == [
        {"finished": False, "contender": "TF-IDF", "done": 8, "of": 10},
        {"finished": False, "contender": "TF-IDF", "done": 10, "of": 10},
    ]
    assert steps[-1]["finished"] is True


@pytest.mark.parametrize(
    ("rows", "contenders", "expected"),
    [
        ([], None, 'There are no rows; give a list of objects with "text" and "label".'),
        (ROWS * 21, None, "There are 210 rows; at most 200 can be evaluated here; use python -m comparison run"),
        ([ROWS[0], {"text": "a"}], None, "the rows: row 2 is {'text': 'a'}; give an object with"),
        ([{"text": 3, "label": "Bullish"}], None, "the rows: the text of row 1 is 3; give words."),
        ([{"text": "a" * 5001, "label": "Bullish"}], None, "the rows: row 1 has 5,001 characters; at most 5,000 are"),
        ([{"text": " ", "label": "Bullish"}], None, "the rows: the text is empty in 1 of 1 row (row 1); fill or"),
        ([{"text": "a", "label": "Bulish"}], None, "does not know (row 1 'Bulish' (did you mean 'Bullish'?))"),
        ([{"text": "a", "label": ["Bullish", "Neutral"]}], None, "1 row has a list for a label (row 1 ['Bullish'"),
        ([{"text": "a", "label": None}], None, "the rows: none of its 1 row has a label; add labels."),
        ([{"text": "a", "label": ["Bullish"]}], None, "1 row has a list for a label (row 1 ['Bullish'])"),
        (ROWS, ["TFIDF"], "the lineup has no contender 'TFIDF' (did you mean 'TF-IDF'?); it has Majority, TF-IDF,"),
        (ROWS, [], "There is no contender to evaluate; name Majority, TF-IDF,"),
    ],
)
def test_what_cannot_be_evaluated_gets_a_sentence(
    client: Client, rows: object, contenders: object, expected: str
) -> None:
    assert expected in sentence(client, rows, contenders, api_name="/evaluate")


def test_rows_of_a_task_with_several_labels() -> None:
    given = [
        {"text": "a", "label": ["emotion 9", "emotion 3"]},
        {"text": "b", "label": "emotion 1|emotion 2"},
        {"text": "c", "label": []},
    ]
    rows = checked_rows(EMOTIONS, given)
    assert rows.labels == (("emotion 3", "emotion 9"), ("emotion 1", "emotion 2"), ())


def test_a_contender_that_breaks_does_not_end_an_evaluation() -> None:
    broken = FakeContender(FakeClassifier("a", error=InputError("runs/a: no weights; train it first.")))
    unloaded = FakeContender(FakeClassifier("b"), error=InputError("runs/b: no run.json; train it first."))
    lineup = FakeLineup(SENTIMENT, [broken, unloaded, FakeContender(FakeClassifier("c"))])
    rows = checked_rows(SENTIMENT, ROWS)
    *_, found = evaluate_rows(ContenderServer(lineup, None).start(), rows, ["a", "b", "c"])
    assert isinstance(found, Comparison)
    assert [contender.error for contender in found.contenders] == [
        "runs/a: no weights; train it first.", "runs/b: no run.json; train it first.", None,
    ]  # fmt: skip


def test_an_evaluation_stops_when_its_caller_cancels_it() -> None:
    classifier = FakeClassifier("slow", gate=threading.Event())
    assert classifier.gate is not None
    with served(build_page(FakeLineup(SENTIMENT, [FakeContender(classifier)]), None)) as url:
        classifier.gate.set()  # for the question after loading
        client = Client(url, verbose=False, analytics_enabled=False)
        client.predict("a text", "slow", api_name="/classify")
        classifier.gate.clear()
        job = client.submit(ROWS * 20, api_name="/evaluate")
        while job.status().code is not Status.PROCESSING:
            time.sleep(0.01)
        before = len(classifier.asked)
        job.cancel()
        classifier.gate.set()
        assert client.predict(ROWS, api_name="/evaluate")["finished"] is True  # one runs at a time: the other is over
        assert len(classifier.asked) - before <= 2 * 8 + len(ROWS)  # and not all 200 rows of the first


def test_a_report_in_each_format(client: Client) -> None:
    assert client.predict(api_name="/report").startswith("| Contender | Approach |")
    assert client.predict("table", api_name="/report").startswith("Contender ")
    assert client.predict("csv", api_name="/report").startswith("name,approach,family,accuracy")
    assert "there is no format 'pdf'; ask for table, markdown or csv." in sentence(client, "pdf", api_name="/report")


def test_a_comparison_that_is_no_repository_gets_a_sentence(client: Client) -> None:
    message = sentence(client, "table", "../etc/passwd", api_name="/report")
    assert message == "'../etc/passwd' is not a dataset on the Hub; write owner/name, or owner/name@revision."
    assert sentence(client, "you/<b>", api_name="/results").startswith("'you/<b>' is not a dataset on the Hub;")


def test_without_the_hub_a_comparison_there_gets_a_sentence(client: Client) -> None:
    message = sentence(client, "table", "you/comparison", api_name="/report")
    assert message.startswith("cannot open the comparison you/comparison: the Hub cannot be reached;")


def test_without_results_the_api_says_how_to_make_them() -> None:
    with served(build_page(fake_lineup(), None)) as url:
        message = sentence(Client(url, verbose=False, analytics_enabled=False), api_name="/report")
        assert message.startswith("There are no results yet; make them with: python -m comparison run --lineup")


# --- as MCP tools


@pytest.mark.parametrize("sse", [False, True], ids=["streamable HTTP", "SSE"])
def test_an_mcp_client_finds_the_tools_and_calls_them(url: str, sse: bool) -> None:
    async def use(session: ClientSession) -> tuple[Any, Any]:
        answer = await session.call_tool("classify", {"text": "Shares fall", "contender": "TF-IDF"})
        return await session.list_tools(), answer

    tools, answer = with_tools(url, use, sse=sse)
    assert {tool.name for tool in tools.tools} == FUNCTIONS
    assert json.loads(answer.content[0].text)["label"] == "Bullish"
    assert json.loads(answer.content[0].text)["error"] is None


def test_every_tool_and_every_argument_is_described(url: str) -> None:
    tools = with_tools(url, lambda session: session.list_tools()).tools
    for tool in tools:
        assert len(tool.description) > 60
        assert "Args" not in tool.description
        for name, argument in tool.inputSchema["properties"].items():
            assert len(argument["description"]) > 20, f"{tool.name}: {name}"
            assert name not in ("request", "oauth")
    required = {tool.name: tool.inputSchema.get("required", []) for tool in tools}
    assert required["classify"] == ["text", "contender"]
    assert required["evaluate"] == ["rows"]
    assert required["report"] == []


def test_an_mcp_client_evaluates_and_reads_a_report(url: str) -> None:
    async def use(session: ClientSession) -> tuple[Any, Any]:
        found = await session.call_tool("evaluate", {"rows": ROWS, "contenders": ["TF-IDF", "Majority"]})
        return found, await session.call_tool("report", {"format": "table"})

    found, report = with_tools(url, use)
    assert json.loads(found.content[0].text)["best"] == "TF-IDF"
    assert report.content[0].text.startswith("Contender ")


def test_an_mcp_client_gets_the_same_sentence(url: str) -> None:
    answer = with_tools(url, lambda session: session.call_tool("compare", {"text": " "}))
    assert answer.isError
    assert answer.content[0].text == "There is no text to classify; type one, or pick an example."


# --- the documentation


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    """The demo's page with the contenders that need no weights."""
    demo = load_lineup(ROOT / "demo" / "lineup.yaml")
    light = [contender for contender in demo.contenders if contender.approach == "baseline"]
    results = Comparison.load(ROOT / "demo" / "results")
    with served(build_page(FakeLineup(demo.task, light), demo.pool(), comparison=results)) as address:  # type: ignore[arg-type]
        yield address


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_documented_code_runs_and_prints_what_it_says(demo_url: str, number: int, tmp_path: Path) -> None:
    code = blocks("python")[number]
    assert ADDRESS in code
    script = tmp_path / "example.py"
    script.write_text(code.replace(f"{ADDRESS}/", demo_url).replace(ADDRESS, demo_url), encoding="utf-8")
    # On a machine with more to do than it can, the server of `mcp` at times ends a session before its first request
    # is answered (404, "Session terminated"); such a client starts again.
    for _ in range(3):
        done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)
        if "Session terminated" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr[-2000:]
    printed = done.stdout.splitlines()
    for line in re.findall(r"# prints: (.*)$", code, re.MULTILINE):
        assert line in printed
    assert len(printed) >= code.count("print(")


def test_the_documented_configuration_is_json_for_the_address_of_the_tools() -> None:
    (block,) = blocks("json")
    (server,) = json.loads(block)["mcpServers"].values()
    assert server["url"] == f"{ADDRESS}/gradio_api/mcp/"


def test_the_documentation_lists_every_function_and_argument() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in FUNCTIONS:
        (line,) = re.findall(rf"^\| `/{name}` \|.*$", text, re.MULTILINE)
        arguments = set(getattr(api.Api, name).__annotations__) - {"return", "request", "oauth"}
        assert all(f"`{argument}`" in line for argument in arguments)
