"""Where the page notices that it runs, and the real package of ZeroGPU as far as it goes without its GPUs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.fakes import SENTIMENT, FakeClassifier, FakeContender, FakeLineup, fake_lineup
from support.paths import ROOT

from ui.live.answer import error_sentence
from ui.live.contender_server import ContenderServer
from ui.page import header
from ui.session import runtime as runtime
from ui.session.runtime import Runtime

SPACE = {"SPACE_ID": "you/space", "SPACE_HOST": "you-space.hf.space", "GRADIO_SERVER_NAME": "0.0.0.0"}


# --- what the environment tells


def test_a_computer_of_ones_own() -> None:
    here = Runtime.here({})
    assert (here.space, here.hardware, here.signs_in, here.shared) == (None, "CPU", False, False)
    assert here.describe().startswith("on this computer, ")
    assert here.describe().endswith(("CPU core", "CPU cores"))


@pytest.mark.parametrize(
    ("environ", "shared"),
    [
        ({"GRADIO_SERVER_NAME": "127.0.0.1"}, False),
        ({"GRADIO_SERVER_NAME": "localhost"}, False),
        ({"GRADIO_SERVER_NAME": "0.0.0.0"}, True),
        ({"GRADIO_SERVER_NAME": "192.168.1.7"}, True),
        ({"GRADIO_SHARE": "True"}, True),
        (SPACE, True),
    ],
)
def test_a_server_that_others_can_reach_is_shared(environ: dict[str, str], shared: bool) -> None:
    assert Runtime.here(environ).shared is shared


def test_a_space_and_whether_visitors_can_sign_in() -> None:
    assert Runtime.here(SPACE).describe().startswith("on the Space you/space, ")
    assert not Runtime.here(SPACE).signs_in
    assert Runtime.here(SPACE | {"OAUTH_CLIENT_ID": "id"}).signs_in
    assert not Runtime.here({"OAUTH_CLIENT_ID": "id"}).signs_in


@pytest.mark.parametrize(
    ("value", "borrows"), [("true", True), ("1", True), ("True", True), ("false", False), ("", False)]
)
def test_zero_gpu_is_what_its_own_package_takes_for_it(value: str, borrows: bool) -> None:
    here = Runtime.here(SPACE | {"SPACES_ZERO_GPU": value})
    assert here.borrows is borrows
    assert (here.describe() == "on the Space you/space, ZeroGPU") is borrows


def test_a_card_of_this_machine_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = tmp_path / "0000:01:00.0" / "information"
    card.parent.mkdir()
    card.write_text("Model: \t\t NVIDIA L4\nIRQ: 32\n", encoding="utf-8")
    monkeypatch.setattr(runtime, "NVIDIA", tmp_path)
    monkeypatch.setattr(runtime, "library_versions", lambda: {"torch": "2.13.0+cu130"})
    assert Runtime.here({}).describe() == "on this computer, NVIDIA L4"
    monkeypatch.setattr(runtime, "library_versions", lambda: {"torch": "2.13.0+cpu"})  # which cannot use it
    assert Runtime.here({}).hardware == "CPU"


def test_the_head_of_the_page_says_where_it_runs() -> None:
    assert "on the Space you/&lt;b&gt;, ZeroGPU" in header(fake_lineup(), Runtime("you/<b>", "ZeroGPU"))


def test_noticing_it_loads_no_model_library() -> None:
    code = (
        "import sys; from ui.session.runtime import Runtime; Runtime.here(); "
        "print({'torch', 'gradio', 'spaces'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# --- borrowing a GPU


def test_away_from_zero_gpu_a_function_is_left_alone() -> None:
    import spaces

    def answer() -> int:
        return 1

    assert Runtime().on_gpu(answer) is answer
    assert spaces.GPU(duration=30)(answer) is answer  # the package does the same


def test_what_zero_gpu_refuses_becomes_a_sentence_without_markup() -> None:
    class Quota(Exception):
        message = 'You have exceeded your free ZeroGPU quota. <a style="x" href="https://x">Sign up</a> for more'

    expected = "It could not answer: You have exceeded your free ZeroGPU quota. Sign up for more."
    assert error_sentence(Quota(), "answer") == expected


def test_a_gpu_that_cannot_be_borrowed_is_said_by_those_who_need_one() -> None:
    class Full(Runtime):
        def on_gpu(self, function):  # type: ignore[no-untyped-def]
            def refuse(*arguments: object) -> Iterator[object]:
                raise RuntimeError("No GPU was available")
                yield

            return refuse

    lineup = FakeLineup(
        SENTIMENT, [FakeContender(FakeClassifier("words"), "baseline"), FakeContender(FakeClassifier("model"))]
    )
    server = ContenderServer(lineup, None, runtime=Full(hardware="ZeroGPU")).start()
    *_, (words, model) = server.ask("a text")
    assert words.answer is not None
    assert words.answer.valid  # it needs none
    assert model.answer is not None
    assert model.answer.error == "It could not answer: RuntimeError, No GPU was available."


def test_on_zero_gpu_models_are_placed_before_the_page_opens() -> None:
    classifier = FakeClassifier("model")
    server = ContenderServer(FakeLineup(SENTIMENT, [FakeContender(classifier)]), None, runtime=_borrowing()).start()
    assert server.loaded  # `start` has waited
    assert classifier.asked == []  # nothing is computed where there is no GPU yet


def _borrowing() -> Runtime:
    class Borrowing(Runtime):
        def on_gpu(self, function):  # type: ignore[no-untyped-def]
            return function

    return Borrowing(hardware="ZeroGPU")


# --- the real package, in a process that takes itself for ZeroGPU

#: Its own patches of torch need a CUDA build of it, so torch is out of sight while it is imported; deciding when to
#: ask for a GPU, forking, pickling there and back, and giving it back are the real thing.
PROGRAM = """
import json, sys
sys.modules["torch"] = None
import spaces
del sys.modules["torch"]
from spaces.zero.decorator import decorated_cache
from support.fakes import fake_comparison, fake_lineup
from gradio_client import Client
from ui.live.contender_server import ContenderServer
from ui.live.picks import Picks
from ui.page import build_page
from ui.serving import serve
from ui.session.runtime import Runtime

page = build_page(fake_lineup(), None, comparison=fake_comparison())
address = serve(page, wait=False, quiet=True, server_name="127.0.0.1")
client = Client(address, verbose=False, analytics_enabled=False)
rows = [{"text": f"text {n}", "label": "Bullish"} for n in range(70)]
server = ContenderServer(fake_lineup(), None, runtime=Runtime.here()).start()
*_, picked = server.ask("Shares fall", only="TF-IDF", picks=Picks(2))
print(json.dumps({
    "decorated": sorted({function.__name__ for function in decorated_cache}),
    "statuses": [contender["status"] for contender in client.predict(api_name="/contenders")],
    "compared": client.predict("Shares fall", api_name="/compare"),
    "baseline": client.predict("Shares fall", "TF-IDF", api_name="/classify"),
    "picked": [picked[-1].name, picked[-1].answer.labels[0]],
    "evaluated": client.predict(rows, ["MiniLM tuned"], api_name="/evaluate"),
}))
page.close(verbose=False)
"""


class Scheduler(BaseHTTPRequestHandler):
    """Answers as ZeroGPU's device API does: there is always a GPU."""

    asked: list[str] = []

    def do_POST(self) -> None:
        self.asked.append(self.path.partition("?")[0])
        lent = {"idle": False, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": "token"}
        body = json.dumps(lent).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def device_api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scheduler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Scheduler.asked.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_page_borrows_a_gpu_from_the_real_package(device_api: str) -> None:
    environ = os.environ | {
        "SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": device_api,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["decorated"] == ["_answers_of", "_picked_steps", "_predictions_of"]
    assert set(found["statuses"]) == {"ready"}
    assert [c["label"] for c in found["compared"]["contenders"]] == ["Neutral", "Bullish", "Neutral"] + ["Bullish"] * 4
    assert found["baseline"]["label"] == "Bullish"
    assert found["picked"] == ["SmolLM2-135M-Instruct, as picked", "Neutral"]
    assert found["evaluated"]["contenders"][0]["accuracy"] == 1.0
    lent = [path for path in Scheduler.asked if path != "/allow"]
    # one for what was picked, for the question to all, and for each lot of 64 rows, none for baselines; each given back
    assert lent == ["/startup-report", *["/schedule", "/release"] * 4]


def test_the_entry_imports_it_first_and_only_there() -> None:
    code = "import sys; sys.argv = ['x']; import app; print('spaces' in sys.modules)"
    off = {name: value for name, value in os.environ.items() if not name.startswith("SPACE")}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=off, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    text = (ROOT / "app.py").read_text(encoding="utf-8")
    first_heavy = text.index("from classification.errors")  # the address is looked at before, without a library
    assert text.index("import spaces") < text.index("import gradio") < first_heavy
