"""Which contenders of a comparison are one prompt with different numbers of demonstrations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from classification.families import PROMPTED
from classification.prompting.settings import BY_TEXT, PromptSettings

from ..comparison import Comparison
from ..records import MeasuredContender

#: Lines that can be told apart in one plot.
MOST_SWEEPS = 6
LONGEST_NAME = 60
#: Keys that say which demonstrations are shown: a prompt without any is the beginning of them all.
ABOUT_SHOWN = ("selection", "shots_per", "order", "encoder", "groups", "demonstration_tokens", "seed")
#: Keys that say how else a prompt is asked.
ASKED = (
    "model", "revision",
    *(key for key in PromptSettings.model_fields if key not in (*ABOUT_SHOWN, "shots")),
)  # fmt: skip


@dataclass(frozen=True)
class SweepPoint:
    """A prompt with so many demonstrations.

    Attributes:
        name: of the contender.
        shots: demonstrations, 0 for none.
        quality: macro-F1.
        interval: of the quality, 95 %.
    """

    name: str
    shots: int
    quality: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Sweep:
    """A prompt with different numbers of demonstrations, and with nothing else that differs.

    Attributes:
        name: what is its own among those of a comparison.
        points: at least two, by the number of demonstrations.
    """

    name: str
    points: tuple[SweepPoint, ...]

    @property
    def best(self) -> float:
        """The highest quality."""
        return max(point.quality for point in self.points)


def sweeps_of(comparison: Comparison) -> list[Sweep]:
    """The best sweeps of a comparison, `MOST_SWEEPS` at most, in the order of its contenders; often none."""
    without: dict[str, SweepPoint] = {}
    shown: dict[tuple[str, str], dict[int, SweepPoint]] = {}
    said: dict[tuple[str, str], Mapping[str, object]] = {}
    for contender in comparison.measured:
        shots = _shots(contender)
        if shots is None:
            continue
        point = SweepPoint(contender.name, shots, contender.macro_f1, contender.macro_f1_ci)
        configuration = contender.configuration
        asked = _marks(configuration, ASKED)
        if not shots:
            without.setdefault(asked, point)
            continue
        key = (asked, _marks(configuration, ABOUT_SHOWN))
        shown.setdefault(key, {}).setdefault(shots, point)
        said.setdefault(key, configuration)
    found = []
    for (asked, which), points in shown.items():
        if asked in without:
            points[0] = without[asked]
        if len(points) > 1:
            ordered = tuple(points[shots] for shots in sorted(points))
            found.append((Sweep("", ordered), said[asked, which]))
    best = sorted(found, key=lambda one: -one[0].best)[:MOST_SWEEPS]
    kept = [one for one in found if one in best]
    names = _names([configuration for _, configuration in kept])
    return [replace(sweep, name=name) for (sweep, _), name in zip(kept, names, strict=True)]


def _shots(contender: MeasuredContender) -> int | None:
    """How many demonstrations a prompted chat model was shown; ``None`` for any other contender."""
    said = contender.configuration
    if contender.family != PROMPTED or not isinstance(said.get("model"), str):
        return None
    if contender.approach == "zero-shot":
        return 0
    shots = said.get("shots")
    usable = contender.approach == "few-shot" and isinstance(shots, int) and 1 <= shots <= 64
    return shots if usable and isinstance(shots, int) else None


def _value(configuration: Mapping[str, object], key: str) -> object:
    """What a configuration says, or means where it says nothing."""
    field = PromptSettings.model_fields.get(key)
    value = configuration.get(key)
    if key == "order" and value is None:
        return "similar_last" if configuration.get("selection") in BY_TEXT else "shuffled"
    return field.default if value is None and field is not None else value


def _marks(configuration: Mapping[str, object], keys: Sequence[str]) -> str:
    """The same text for configurations that say the same under these keys; files of strangers may say anything."""
    return json.dumps({key: _value(configuration, key) for key in keys}, sort_keys=True)


def _names(configurations: Sequence[Mapping[str, object]]) -> list[str]:
    """A name for each sweep: its model where there are several, and what was chosen for its prompt."""
    models = [str(one.get("model")).rstrip("/").rpartition("/")[2] for one in configurations]
    with_model = len(set(models)) > 1 or len(models) == 1
    names = [
        ", ".join([*([model] if with_model else []), *_words(one)])[:LONGEST_NAME]
        for model, one in zip(models, configurations, strict=True)
    ]
    twice = Counter(names)
    return [f"{name} ({names[: at + 1].count(name)})" if twice[name] > 1 else name for at, name in enumerate(names)]


def _words(said: Mapping[str, object]) -> list[str]:
    """What was chosen for a prompt, in few words."""
    default = {key: _value({}, key) for key in (*ABOUT_SHOWN, *ASKED)}
    chosen = {key: value for key in default if (value := _value(said, key)) != default[key]}
    words = [str(_value(said, "selection"))]
    forms = {
        "shots_per": "in total", "groups": "in {} groups", "seed": "seed {}", "style": "{}",
        "describe_labels": "described labels", "instruction": "instruction of its own", "prompt_language": "in {}",
        "label_order": "labels reversed", "length_normalized": "length-normalized", "calibration": "{} calibration",
        "decode": "free answers",
    }  # fmt: skip
    return words + [form.format(chosen[key]) for key, form in forms.items() if key in chosen]
