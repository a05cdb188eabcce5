"""``--help`` of the training scripts without importing TRL and transformers, which takes ten seconds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from textwrap import dedent

from .options import (
    BaselineArguments,
    ChatArguments,
    ClozeArguments,
    ComparisonDefaults,
    DecoderArguments,
    EncoderArguments,
    SentenceEncoderArguments,
    Seq2SeqArguments,
    SetFitArguments,
    StaticArguments,
    TaskArguments,
)

ALL = "--help_all"
#: The arguments of each script besides `TaskArguments`, and the library class whose flags it takes as well.
OWN: dict[str, tuple[type, ...]] = {
    "sft": (ChatArguments, ComparisonDefaults),
    "encoder": (EncoderArguments, ComparisonDefaults),
    "decoder": (DecoderArguments, ComparisonDefaults),
    "seq2seq": (Seq2SeqArguments, ComparisonDefaults),
    "cloze": (ClozeArguments, ComparisonDefaults),
    "baseline": (BaselineArguments,),
    "probe": (SentenceEncoderArguments, BaselineArguments),
    "static": (SentenceEncoderArguments, StaticArguments, BaselineArguments),
    "setfit": (SentenceEncoderArguments, SetFitArguments, BaselineArguments),
}
LIBRARIES = {
    "sft": "TRL's SFTConfig and ModelConfig",
    "encoder": "transformers' TrainingArguments, and the LoRA flags of TRL's ModelConfig",
    "decoder": "transformers' TrainingArguments, and the LoRA flags of TRL's ModelConfig",
    "seq2seq": "transformers' TrainingArguments, and the LoRA flags of TRL's ModelConfig",
    "cloze": "transformers' TrainingArguments, and the LoRA flags of TRL's ModelConfig",
}
TITLES: dict[type, str] = {
    TaskArguments: "what to learn from which rows",
    ChatArguments: "what is particular to a chat model",
    EncoderArguments: "what is particular to an encoder",
    DecoderArguments: "what is particular to a decoder with a head",
    Seq2SeqArguments: "what is particular to an encoder-decoder",
    ClozeArguments: "what is particular to filling gaps",
    BaselineArguments: "where the run goes, and the rest",
    SentenceEncoderArguments: "which encoder, and how it is read",
    StaticArguments: "how its tokens' vectors are made, and trained",
    SetFitArguments: "which rows and pairs it is trained on, and how",
    ComparisonDefaults: "flags of the libraries that have defaults of ours",
}
#: The libraries' flags that most trainings use.
USUAL = {
    "model_name_or_path": "The model to train: a Hub id or a folder.",
    "learning_rate": "The peak learning rate.",
    "num_train_epochs": "How often every row is seen.",
    "per_device_train_batch_size": "Rows of a training batch.",
    "seed": "Chooses rows, their order and the first weights.",
    "lora_r": "The rank of a LoRA adapter.",
    "lora_alpha": "Its scale.",
    "resume_from_checkpoint": "Go on from the newest whole checkpoint.",
    "push_to_hub": "Publish the run when it is done.",
    "hub_model_id": "Where to, as owner/name.",
    "config": "A YAML file with any of these flags.",
}


def answer_help(script: str, doc: str | None) -> None:
    """Print a script's options and end, where the command line asks for them; else do nothing.

    ``--help_all`` is left to the libraries' own parser, as its ``--help``.

    Args:
        script: the name of its module, such as ``encoder``.
        doc: the script's docstring.
    """
    if ALL in sys.argv:
        sys.argv[sys.argv.index(ALL)] = "--help"
    elif {"-h", "--help"} & set(sys.argv[1:]):
        sys.stdout.write(help_of(script, doc or ""))
        sys.exit(0)


def help_of(script: str, doc: str) -> str:
    """What ``--help`` prints."""
    first, _, rest = doc.partition("\n")
    parser = argparse.ArgumentParser(
        prog=f"python -m training.{script}",
        usage="%(prog)s --task FILE --data ROWS --output_dir RUN [options]",
        description=f"{first}\n{dedent(rest)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_more(script),
    )
    for arguments in (TaskArguments, *OWN[script]):
        group = parser.add_argument_group(TITLES[arguments])
        for entry in fields(arguments):
            group.add_argument(f"--{entry.name}", metavar="VALUE", help=_line(entry))
    if script in LIBRARIES:
        group = parser.add_argument_group("of the libraries' flags, those that most trainings use")
        for name, line in USUAL.items():
            group.add_argument(f"--{name}", metavar="VALUE", help=line)
    return parser.format_help()


def export_parser() -> argparse.ArgumentParser:
    """The options of ``python -m training.export``."""
    parser = argparse.ArgumentParser(
        prog="python -m training.export",
        description="Export a fine-tuned encoder to ONNX: one file with the adapter merged in.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the run folder of a fine-tuned encoder")
    parser.add_argument("--output_dir", type=Path, required=True, metavar="DIR", help="the new run folder")
    parser.add_argument("--model", metavar="FOLDER", help="the base model, where the run does not say where it is")
    return parser


def _more(script: str) -> str:
    if script not in LIBRARIES:
        return f"{ALL} shows the options as the parser has them."
    return f"Every flag of {LIBRARIES[script]} works as well; {ALL} lists them, after some seconds."


def _line(entry: Field) -> str:  # type: ignore[type-arg]
    text = str(entry.metadata.get("help", ""))
    default = "" if entry.default in (None, MISSING) else f" (default: {entry.default})"
    return f"{text}{default}".replace("%", "%%")


def options_of(script: str) -> Iterator[str]:
    """Names of the options that ``--help`` shows."""
    for arguments in (TaskArguments, *OWN[script]):
        yield from (entry.name for entry in fields(arguments))
    if script in LIBRARIES:
        yield from USUAL
