"""The whole way on one machine, with no account: train, push, list, pull and compare against a Hub of our own.

    make hub-demo

Every line that begins with a dollar sign is a command that you can type; on the real Hub it is the same one.
At the end the page serves what was pulled, until Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
from hub_server import HubServer, serving
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).resolve().parents[2]
TASK = "tasks/financial-sentiment.yaml"
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
LINEUP = """task: {task}
demonstrations: {rows}
contenders:
  - {{name: TF-IDF, approach: baseline, run: {floor}}}
  - {{name: SmolLM2 3-shot, approach: few-shot, model: HuggingFaceTB/SmolLM2-135M-Instruct, shots: 3}}
  - {{name: MiniLM fine-tuned, approach: fine-tuned, run: {tuned}}}
"""


class Demo:
    """Commands in one folder, signed in to one Hub."""

    def __init__(self, server: HubServer, folder: Path) -> None:
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        self.environment = inherited | {
            "HF_ENDPOINT": server.url, "HF_TOKEN": server.user("you"), "HF_HOME": str(folder / "hf-home"),
            "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false",
            "GRADIO_ANALYTICS_ENABLED": "False",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }  # fmt: skip

    def run(self, words: str, **environment: str) -> None:
        """Show a command, run it, and stop the demo where it fails."""
        shown = shlex.split(words.replace("{}", str(self.folder)))
        set_first = "".join(f"{name}={value} " for name, value in environment.items())
        sys.stdout.write(f"\n$ {set_first}{shlex.join(shown)}\n")
        sys.stdout.flush()
        command = [sys.executable, *shown[1:]] if shown[0] == "python" else shown
        subprocess.run(command, cwd=ROOT, env=self.environment | environment, check=True)

    def write_lineup(self, name: str, *, floor: str, tuned: str) -> None:
        """A lineup whose runs are folders, or repositories."""
        text = LINEUP.format(task=ROOT / TASK, rows=self.folder / "rows" / "train.csv", floor=floor, tuned=tuned)
        (self.folder / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"\n{self.folder / name}:\n{text}")


def split_rows(folder: Path) -> None:
    """The demo's headlines, a third of them held out: what is compared was never trained on."""
    rows = pd.read_csv(ROOT / "demo" / "headlines.csv")
    train, test = train_test_split(rows, test_size=1 / 3, random_state=0, stratify=rows["label"])
    folder.mkdir()
    train.to_csv(folder / "train.csv", index=False)
    test.to_csv(folder / "test.csv", index=False)


def train_and_push(demo: Demo) -> None:
    """Two runs, measured on held-out rows, published with their cards."""
    split_rows(demo.folder / "rows")
    common = f"--task {TASK} --data {{}}/rows --output_dir {{}}/runs"
    demo.run(f"python -m training.baseline {common}/floor")
    demo.run(
        f"python -m training.encoder {common}/minilm --model_name_or_path {MINILM} --learning_rate 2e-4 "
        "--num_train_epochs 8 --dataloader_pin_memory false --disable_tqdm true"
    )
    demo.write_lineup("local.yaml", floor="runs/floor", tuned="runs/minilm")
    demo.run("python -m comparison run --lineup {}/local.yaml --data {}/rows --output {}/results")
    demo.run("python -m hub.comparisons push {}/results --repo_id you/headlines-comparison --public")
    for run in ("floor", "minilm"):
        demo.run(
            f"python -m hub.push {{}}/runs/{run} --repo_id you/headlines-{run} --comparison {{}}/results "
            "--comparison_repo you/headlines-comparison"
        )


def pull_and_compare(demo: Demo) -> None:
    """What is on the Hub now, used from there by a lineup that names no folder."""
    demo.run("hf models ls --author you --quiet")
    demo.run("hf download you/headlines-minilm --revision v1")
    demo.write_lineup("hub.yaml", floor="you/headlines-floor@v1", tuned="you/headlines-minilm@v1")
    demo.run("python -m comparison run --lineup {}/hub.yaml --data {}/rows --output {}/again")
    demo.run("python -m hub.space --repo_id you/headlines --lineup {}/hub.yaml --comparison you/headlines-comparison")
    demo.run(
        "python -m hub.collect --lineup {}/hub.yaml --title Headlines --space you/headlines "
        "--comparison you/headlines-comparison"
    )


def main() -> int:
    """Run the demo, and serve the page unless told not to."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--no_page", action="store_true", help="end after the last command")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hub-demo-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        with serving(folder / "hub") as server:
            sys.stdout.write(f"A Hub of our own, at {server.url}; you are signed in as `you`.\n")
            demo = Demo(server, folder)
            try:
                train_and_push(demo)
                pull_and_compare(demo)
                if not options.no_page:
                    demo.run("python app.py", PROMPT_OR_TUNE_LINEUP=str(folder / "hub.yaml"))
            except subprocess.CalledProcessError as error:
                return int(error.returncode)
            except KeyboardInterrupt:
                return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
