"""The facts of a training as a card tells them: names and values, from the record and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from classification.runs.record import RunRecord

from .energy import Energy
from .licences import HUB
from .markdown import Markdown, code, link
from .public import base_id, source_name

Fact = tuple[str, str]
SETTINGS = (
    ("num_train_epochs", "Epochs"),
    ("max_steps", "Most steps"),
    ("weight_decay", "Weight decay"),
    ("label_smoothing_factor", "Label smoothing"),
    ("early_stopping_patience", "Early stopping"),
    ("lora_dropout", "LoRA dropout"),
)
METHODS = {"full": "every weight", "head": "the classification head only", "fit": "fitted", "lora": "LoRA"}
WEIGHTS = {"package": "a Python package", "cache": "the Hub", "hub": "the Hub", "path": "a folder"}
EVALUATIONS = 6  # during training, that a card lists one by one
LIBRARIES = ("python", "torch", "transformers", "peft", "trl", "scikit-learn")


def training_facts(record: RunRecord, energy: Energy | None, dataset: str | None) -> list[Fact]:
    """Name and value of each fact, in the order in which a reader asks.

    Args:
        record: of the run.
        energy: the estimate of its electricity.
        dataset: the Hub id of its rows.
    """
    facts = [*_model(record), *_rows(record, dataset), *_settings(record), ("Seed", str(record.seed))]
    if record.max_length:
        facts.append(("Longest text", f"{record.max_length:,} tokens"))
    course = _course(record)
    if course:
        facts.append(("Macro-F1 at validations", course))
    facts.append(("Time", duration(record.seconds) if record.seconds > 0 else ""))
    if hardware := hardware_name(record.hardware):
        facts.append(("Hardware", hardware))
    if energy:
        facts.append(("Electricity", f"about {energy.shown}, estimated"))
    facts.append(("Versions", version_list(record.versions)))
    return [(name, value) for name, value in facts if value]


def duration(seconds: float) -> str:
    """``491.2`` as ``8 min 11 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def hardware_name(found: Mapping[str, str | int]) -> str:
    """Boards, processor, cores and system in one line."""
    cores = found.get("cores")
    parts = [
        f"{found.get('gpus', 1)} × {found['gpu']}" if "gpu" in found else "",
        str(found.get("processor", "")),
        f"{cores} {'core' if cores == 1 else 'cores'}" if cores else "",
        str(found.get("system", "")),
    ]
    return ", ".join(part for part in parts if part)


def version_list(found: Mapping[str, str]) -> str:
    """The libraries that bear on a result, with their versions."""
    return ", ".join(f"{name} {found[name]}" for name in LIBRARIES if name in found)


def base_link(record: RunRecord) -> Markdown | None:
    """The base model, linked where it is on the Hub."""
    if record.base is None:
        return None
    known = base_id(record)
    return link(known, f"{HUB}/{known}") if known else code(source_name(record.base.id))


def rows_link(source: str, dataset: str | None) -> Markdown:
    """Where rows come from, linked where that is the Hub."""
    return link(dataset, f"{HUB}/datasets/{dataset}") if dataset else code(source_name(source))


def _model(record: RunRecord) -> Iterator[Fact]:
    found, base = record.hyperparameters, base_link(record)
    if record.base is not None and base is not None:
        revision = Markdown(f", revision {code(record.base.revision)}") if record.base.revision else ""
        yield "Base model", Markdown(f"{base}{revision}")
        yield "Its weights", _weights(record.base.weights)
    if record.method == "lora":
        layers = f", the last {found['lora_layers']} layers" if isinstance(found.get("lora_layers"), int) else ""
        rank, alpha = found.get("lora_r"), found.get("lora_alpha")
        size = f", rank {rank}, α {alpha}" if isinstance(rank, int) and isinstance(alpha, int | float) else ""
        kind = "DoRA" if found.get("use_dora") is True else "LoRA"
        yield "Method", f"{kind}{size}{layers}"
    elif record.family == "tfidf":
        yield "Method", _terms(record)
    else:
        yield "Method", "counted" if record.family == "majority" else METHODS[record.method]


def _weights(said: str) -> str:
    """Which copy of the base model was used: where it came from, and of a package the file."""
    kind, _, detail = said.partition(" (")
    return f"from {WEIGHTS.get(kind, kind)}{f', {detail[:-1]}' if detail and kind == 'package' else ''}"


def _terms(record: RunRecord) -> str:
    """How TF-IDF terms were made, where the record says so."""
    found = record.hyperparameters.get("features")
    if not isinstance(found, dict) or not isinstance(found.get("ngram_range"), list | tuple):
        return "TF-IDF with logistic regression"
    unit = "characters" if str(found.get("analyzer", "")).startswith("char") else "words"
    shortest, longest = (*found["ngram_range"], 1, 1)[:2]
    return (
        f"TF-IDF over {shortest} to {longest} {unit}, in {found.get('min_df')} rows at least; logistic regression "
        f"with C = {found.get('c')}"
    )


def _rows(record: RunRecord, dataset: str | None) -> Iterator[Fact]:
    counts, uses = record.data.rows, {"train": "training", "validation": "validation"}
    told = [f"{counts[name]:,} for {use}" for name, use in uses.items() if counts.get(name)]
    yield "Rows", Markdown(f"{', '.join(told)}, from {rows_link(record.data.source, dataset)}")
    yield "Their fingerprint", code(record.data.fingerprint[:16])


def _settings(record: RunRecord) -> Iterator[Fact]:
    found = record.hyperparameters
    if isinstance(rate := found.get("learning_rate"), float):
        schedule, warmup = found.get("lr_scheduler_type"), found.get("warmup_steps")
        warm = f", warm-up over {100 * warmup:g} % of the steps" if isinstance(warmup, float) and 0 < warmup < 1 else ""
        yield "Learning rate", f"{rate:g}{f', {schedule}' if schedule else ''}{warm}"
    if isinstance(batch := found.get("per_device_train_batch_size"), int):
        steps = found.get("gradient_accumulation_steps", 1)
        yield "Batch", f"{batch} rows" if steps == 1 else f"{batch} rows × {steps} steps"
    for name, title in SETTINGS:
        value = found.get(name)
        meant = name != "lora_dropout" or record.method == "lora"
        if meant and isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            yield title, f"{value:g}"


def _course(record: RunRecord) -> str:
    """Macro-F1 at each validation; the best in bold."""
    found = [entry["eval_macro_f1"] for entry in record.history if "eval_macro_f1" in entry]
    if len(found) < 2:
        return ""
    if len(found) > EVALUATIONS:
        return Markdown(f"{found[0]:.3f} at first, **{max(found):.3f}** at best, {found[-1]:.3f} in the end")
    best = found.index(max(found))
    return Markdown(" → ".join(f"**{value:.3f}**" if at == best else f"{value:.3f}" for at, value in enumerate(found)))
