from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from hub_server.metadata import problems
from huggingface_hub import ModelCard, ModelCardData
from support.cards import (
    BASE,
    LETTERS,
    TAGS,
    Seen,
    body,
    card_of,
    comparison_with,
    evaluation,
    expected,
    licence_for,
    many_labels,
    run_record,
    scores,
)
from support.paths import ROOT

from classification.errors import InputError
from classification.runs.record import BaseRecord, DataRecord, ExampleAnswer, RunRecord, load_record
from classification.task import DatasetSource, Label, Task
from comparison.comparison import Comparison
from hub.cards.evidence import Evidence
from hub.cards.licences import Licence, licence_of
from hub.cards.model import model_card

DEMO = ROOT / "demo"
TWEETS = "zeroshot/twitter-financial-news-sentiment"
OURS = {
    "h1", "h2", "p", "strong", "em", "a", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "br", "code", "pre",
    "blockquote", "hr", "details", "summary",
}  # fmt: skip
TOKEN = "hf_" + "MarkedToken" * 3
EVIL = (
    "<script>alert(1)</script> | [x](javascript:alert(1)) `code` **b** \n\n# H\n---\n</details> "
    "![i](http://evil/x.png) https://evil.example www.evil.example @someone $$x$$ ``` \u202e"
)


def demo_card(name: str) -> str:
    record = load_record(DEMO / name)
    return model_card(
        record,
        Evidence.of(record, Comparison.load(DEMO / "results")),
        repo_id=f"you/{name}",
        licence=licence_for(record),
        revision="v1",
        space="you/prompt-or-tune",
        comparison_repo="you/financial-sentiment-comparison",
        dataset=TWEETS,
    )


def metadata(card: str) -> ModelCardData:
    return ModelCard(card).data


# --- the demo's own -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["smollm2-lora", "minilm-lora", "tfidf"])
def test_a_demo_runs_card_is_as_expected_from_its_first_line_to_its_last(name: str) -> None:
    card = demo_card(name)
    assert card == expected(f"{name}.md", card)


def test_the_hub_reads_what_it_needs_from_the_front_matter() -> None:
    card = demo_card("smollm2-lora")
    data = metadata(card)
    assert (data.language, data.license, data.library_name) == ("en", "apache-2.0", "peft")
    assert (data.base_model, data.base_model_relation) == ("HuggingFaceTB/SmolLM2-135M-Instruct", "adapter")
    assert (data.pipeline_tag, data.datasets, data.metrics) == ("text-classification", [TWEETS], ["accuracy", "f1"])
    assert {"prompt-or-tune", "text-classification", "lora"} <= set(data.tags)
    assert problems("models", card) == ([], [])
    assert ModelCard(card).content.strip() == card.strip()  # the client changes nothing when it saves it


def test_scores_survive_the_way_through_the_model_index() -> None:
    accuracy, macro_f1 = metadata(demo_card("smollm2-lora")).eval_results
    assert (accuracy.metric_type, accuracy.metric_value) == ("accuracy", 0.8731)
    assert (macro_f1.metric_type, macro_f1.metric_name, macro_f1.metric_value) == ("f1", "macro-F1", 0.8318)
    assert (macro_f1.dataset_type, macro_f1.dataset_split) == (TWEETS, "validation")
    assert macro_f1.source_url == "https://huggingface.co/datasets/you/financial-sentiment-comparison"


def test_a_browser_shows_the_demos_card_with_nothing_but_our_own_tags() -> None:
    seen = Seen(demo_card("smollm2-lora"))
    assert set(seen.tags) <= OURS
    assert seen.tags["table"] == 4
    assert all(address.startswith("https://huggingface.co/") for address in seen.addresses)
    assert "Macro-F1 0.832 (0.814 to 0.850)" in seen.words


# --- evidence -------------------------------------------------------------------------------------------------------


def test_without_an_evaluation_the_card_says_so_and_claims_nothing() -> None:
    card = card_of(run_record())
    data = metadata(card)
    assert data.eval_results is None
    assert data.metrics is None
    assert "model_name:" not in card
    assert "**Nobody has measured how good this model is.**" in card
    assert "It was never evaluated" in card
    assert "comparison run" not in card


def test_an_old_records_two_scores_stand_alone() -> None:
    record = run_record(evaluation={"split": "validation", "rows": 300, "macro_f1": 0.79, "accuracy": 0.8})
    card = card_of(record, Evidence.of(record))
    assert "**Macro-F1 0.790** and accuracy 0.800 on 300 validation rows of `letters.csv`." in card
    assert "without intervals, so their last digits are noise." in card
    assert "Where it is right" not in card
    assert [result.metric_value for result in metadata(card).eval_results] == [0.8, 0.79]


def test_a_newer_records_scores_bring_intervals_and_tables() -> None:
    record = run_record(evaluation=evaluation(), hyperparameters={"load_best_model_at_end": True})
    card = card_of(record, Evidence.of(record))
    assert "**Macro-F1 0.790** (0.740 to 0.840) and accuracy 0.800 (0.750 to 0.850)" in card
    assert "| **B** | 10 | 80 | 10 | 0 |" in card
    assert "| **C** | 0.700 | 0.650 | 0.670 | 100 |" in card
    assert "of 100 such rows it misses 35, most often as **B**" in card
    assert "and the best checkpoint was chosen by them, so these scores are more hopeful" in card
    assert "the labels have 99.7% of its probability" in card


def test_a_record_that_was_tampered_with_is_no_evidence() -> None:
    for wrong in ({"macro_f1": "high"}, {"split": "test"}, {**evaluation(), "rows": "many"}):
        assert Evidence.of(run_record(evaluation=wrong)) is None
    shuffled = {**evaluation(), "per_class": {name: evaluation()["per_class"]["A"] for name in "CBA"}}
    found = Evidence.of(run_record(evaluation=shuffled))
    assert found is not None
    assert found.scores is None


def test_invalid_answers_calibration_and_cut_texts_are_owned_up_to() -> None:
    matrix = ((95, 3, 2, 0), (10, 80, 10, 0), (5, 20, 65, 10))
    record = run_record(evaluation=evaluation(invalid_rate=0.03, ece=0.12, shortened=7, confusion_matrix=matrix))
    card = card_of(record, Evidence.of(record))
    assert "To 3.0% of the texts it gave an answer that is no label." in card
    assert "differ by 0.120 on average" in card
    assert "7 of the texts were too long for it" in card
    assert "| is ↓, answered → | A | B | C | no label |" in card


def test_the_comparison_gives_the_gain_the_floor_and_everybody_else() -> None:
    record = run_record()
    card = card_of(record, Evidence.of(record, comparison_with(record)), comparison_repo="you/abc")
    assert "on 60 rows of `letters.csv`" in card
    assert re.search(r"- \*\*\+0\.\d{3}\*\* macro-F1 \(.*\) against the floor, \*majority\*\.", card)
    assert "against the best prompt, *bad*." in card
    assert "| **tuned** | fine-tuned |" in card
    assert "| majority (floor) | baseline |" in card
    assert "[you/abc](https://huggingface.co/datasets/you/abc)" in card


def test_a_model_below_the_floor_is_not_praised() -> None:
    record = run_record()
    comparison = comparison_with(record)
    worse = [pair.model_copy(update={
        "macro_f1_difference": 0.3, "macro_f1_difference_ci": (0.2, 0.4), "macro_f1_p_holm": 0.001,
    }) if pair.first == "majority" else pair for pair in comparison.pairs]  # fmt: skip
    evidence = Evidence.of(record, comparison.model_copy(update={"pairs": tuple(worse)}))
    assert "- **−0.300** macro-F1 (−0.400 to −0.200, p = 0.001) against the floor, *majority*: " in card_of(
        record, evidence
    )
    assert "**it does worse than that**" in card_of(record, evidence)
    unsure = [pair.model_copy(update={"macro_f1_p_holm": 0.4}) for pair in comparison.pairs]
    evidence = Evidence.of(record, comparison.model_copy(update={"pairs": tuple(unsure)}))
    assert "these rows cannot tell the two apart" in card_of(record, evidence)


# --- every kind of run ----------------------------------------------------------------------------------------------

KINDS: list[tuple[dict[str, Any], str, str | None, str]] = [
    ({}, "peft", "adapter", "A LoRA adapter for [HuggingFaceTB/"),
    ({"method": "full"}, "transformers", "finetune", "A fine-tuned [HuggingFaceTB/"),
    ({"family": "encoder"}, "peft", "adapter", "A LoRA adapter for"),
    ({"family": "encoder", "method": "full"}, "transformers", "finetune", "A fine-tuned [HuggingFaceTB/"),
    ({"family": "encoder", "method": "head"}, "transformers", "finetune", "A classification head on [HuggingFaceTB/"),
    ({"family": "encoder", "method": "full", "export": "onnx"}, "onnx", "finetune", "exported to ONNX"),
    ({"family": "probe", "method": "probe"}, "prompt-or-tune", "finetune", "A linear probe on [HuggingFaceTB/"),
    ({"family": "static", "method": "static"}, "model2vec", "finetune", "A static-embedding classifier distilled"),
    ({"family": "setfit", "method": "setfit"}, "transformers", "finetune", "A few-shot fine-tuned [HuggingFaceTB/"),
    ({"family": "tfidf"}, "prompt-or-tune", None, "TF-IDF with logistic regression"),
    ({"family": "majority"}, "prompt-or-tune", None, "A baseline without a model"),
]


@pytest.mark.parametrize("task", [LETTERS, TAGS], ids=["one label", "several"])
@pytest.mark.parametrize(("changes", "library", "relation", "sentence"), KINDS)
def test_each_kind_of_run_is_called_what_it_is(
    changes: dict[str, Any], library: str, relation: str | None, sentence: str, task: Task
) -> None:
    record = run_record(task=task, **changes)
    card = card_of(record)
    data = metadata(card)
    assert (data.library_name, data.get("base_model_relation")) == (library, relation)
    assert sentence in card
    assert "```python" in card
    assert ("with every label that applies of" in card) == task.multi_label
    assert problems("models", card) == ([], [])
    assert set(Seen(card).tags) <= OURS


def test_words_for_several_labels_a_text() -> None:
    answers = (
        ExampleAnswer(text="The first one", labels=("A", "B"), probability=0.9),
        ExampleAnswer(text="Another", labels=(), probability=0.2),
    )
    record = run_record(task=TAGS, family="tfidf", answers=answers, evaluation=evaluation(confusion_matrix=None))
    card = card_of(record, Evidence.of(record))
    assert "answers with every label that applies of **A**, **B**, **C**." in card
    assert "| The first one | **A**, **B** |" in card
    assert "| Another | no label |" in card
    assert "right answers on the diagonal" not in card
    assert "multi-label-classification" in metadata(card).tags


def test_a_base_model_from_a_folder_is_named_but_never_linked() -> None:
    record = run_record(base=BaseRecord(id="my-llama", weights="path"))
    card = card_of(record)
    assert metadata(card).base_model is None
    assert "A LoRA adapter for `my-llama`" in card
    assert "whoever uses it needs that model" in card
    assert 'run: "you/letters", model: "my-llama"}' in card
    assert "```python" not in card


def test_options_of_a_push_find_their_place() -> None:
    record = run_record(base=BaseRecord(id=BASE.id, revision="abc123", weights="hub (revision abc123)"))
    card = card_of(record, title="Letters, read", revision="v2", space="you/space", comparison_repo="you/abc")
    assert "\n# Letters, read\n" in card
    assert 'PeftModel.from_pretrained(model, "you/letters", revision="v2")' in card
    assert 'AutoModelForCausalLM.from_pretrained(base, revision="abc123")' in card
    assert '- {name: "letters", approach: fine-tuned, run: "you/letters@v2"}' in card
    assert "[you/space](https://huggingface.co/spaces/you/space?comparison=you/abc)" in card


def test_a_restrictive_licence_gets_its_sentence() -> None:
    card = card_of(run_record(), licence=licence_of("meta-llama/Llama-3.2-1B-Instruct", {"license": "llama3.2"}))
    assert metadata(card).license == "llama3.2"
    assert "[llama3.2](https://huggingface.co/meta-llama/Llama-3.2-1B-Instruct), like its base model." in card
    assert "read it before you do either" in card
    own = Licence("other", "acme-licence", "https://acme.example/licence")
    data = metadata(card_of(run_record(), licence=own))
    assert (data.license, data.license_name, data.license_link) == ("other", own.name, own.link)


# --- what rows it was trained on ------------------------------------------------------------------------------------


def test_rows_of_ones_own_are_not_taken_for_the_tasks_dataset() -> None:
    task = LETTERS.model_copy(update={"dataset": DatasetSource(path="owner/letters")})
    record = run_record(task=task)
    assert metadata(card_of(record)).datasets is None
    assert metadata(card_of(record, dataset="owner/copied")).datasets == ["owner/copied"]
    from_the_hub = record.model_copy(update={"data": record.data.model_copy(update={"source": "owner/letters"})})
    assert metadata(card_of(from_the_hub)).datasets == ["owner/letters"]
    assert "[owner/letters](https://huggingface.co/datasets/owner/letters)" in card_of(from_the_hub)


def test_a_dataset_that_is_no_id_is_refused() -> None:
    with pytest.raises(InputError, match=r"'rows\.csv' is not the id of a dataset on the Hub; write owner/name\."):
        card_of(run_record(), dataset="rows.csv")


def test_only_the_texts_that_the_task_declares_are_shown() -> None:
    answers = (ExampleAnswer(text="A row that was trained on", labels=("A",), probability=0.9),)
    card = card_of(run_record(answers=answers))
    assert "A row that was trained on" not in card
    assert "as examples" not in card


# --- strangers ------------------------------------------------------------------------------------------------------


def hostile() -> RunRecord:
    name = " ".join(EVIL.split())  # a label has no line breaks
    labels = (Label(name=name, description=EVIL, verbalizer="``` # no"), Label(name="b|c"), Label(name="-"))
    task = Task(
        name=EVIL, language="en", instruction=EVIL, labels=labels,
        examples=(EVIL, "1. one", "- two", "# three", "> four", "***"), dataset=DatasetSource(path=EVIL),
    )  # fmt: skip
    return run_record(
        name=EVIL, created=EVIL, task=task, base=BaseRecord(id=EVIL, revision=EVIL, weights=EVIL), describe_labels=True,
        data=DataRecord(source=EVIL, fingerprint=EVIL, rows={"train": 3}), versions={"torch": EVIL},
        hardware={"processor": EVIL, "cores": 2},
        hyperparameters={"learning_rate": 0.1, "x; rm -rf ~": EVIL, "ok": EVIL},
        answers=(ExampleAnswer(text=EVIL, labels=(EVIL,), probability=0.5),),
    )  # fmt: skip


def test_markup_in_a_record_is_shown_and_never_obeyed() -> None:
    card = card_of(hostile(), title=EVIL)
    seen = Seen(card)
    assert set(seen.tags) <= OURS
    assert seen.tags["h1"] == seen.tags["details"] == 1
    assert seen.tags["h2"] == len(re.findall(r"^## ", card, re.MULTILINE))
    assert not any("evil" in address or "javascript" in address for address in seen.addresses)
    assert "<script>alert(1)</script>" in seen.words
    assert "\u202e" not in card
    assert "rm -rf" not in card
    assert problems("models", card) == ([], [])


def test_markup_in_a_comparison_is_shown_and_never_obeyed() -> None:
    record = run_record()
    comparison = comparison_with(record)
    renamed = json.loads(comparison.model_dump_json().replace('"bad"', json.dumps(EVIL)))
    card = card_of(record, Evidence.of(record, Comparison.model_validate(renamed)))
    seen = Seen(card)
    assert set(seen.tags) <= OURS
    assert "<script>alert(1)</script>" in seen.words


SECRETS = {
    "output_dir": "/home/ann/runs/mine", "logging_dir": r"C:\Users\ann\logs", "hub_token": TOKEN, "wandb": TOKEN,
    "lora_target_modules": ["/home/ann/modules/x"], "resume": "~/ann/checkpoint-3", "chat_template_path": "/home/ann/t",
    "ok": "see file:///home/ann/notes.txt", "unc": r"\\server\ann\share", "neftune_noise_alpha": 5.0,
}  # fmt: skip


def test_no_path_and_no_token_ever_gets_in() -> None:
    task = LETTERS.model_copy(
        update={
            "instruction": f"Read /home/ann/secret/rules.txt with {TOKEN}.",
            "examples": ("The first one", f"Bearer {TOKEN}"),
            "dataset": DatasetSource(path="/home/ann/data/rows.csv"),
        }
    )
    record = run_record(
        name="/home/ann/runs/mine", task=task, hyperparameters=SECRETS, evaluation=evaluation(),
        base=BaseRecord(id="/home/ann/models/llama", weights="path (/home/ann/models)"),
        data=DataRecord(source="/home/ann/My Data/rows.csv", fingerprint="f" * 64, rows={"train": 3}),
        hardware={"processor": "/home/ann/cpu", "cores": 2}, versions={"torch": "/home/ann/torch"},
        answers=(ExampleAnswer(text=f"Bearer {TOKEN}", labels=("A",), probability=0.5),),
    )  # fmt: skip
    comparison = comparison_with(record)
    sourced = comparison.rows.model_copy(update={"source": "/home/ann/My Data/rows.csv (test)"})
    comparison = comparison.model_copy(update={"rows": sourced})
    for card in (card_of(record, Evidence.of(record)), card_of(record, Evidence.of(record, comparison))):
        for secret in ("ann", "My Data", "server", "MarkedToken", "/home", "C:\\"):
            assert secret not in card, secret
        assert "`rows.csv`" in card


def test_ten_thousand_labels_make_a_card_of_ordinary_size() -> None:
    record = run_record(task=many_labels(10_000), family="encoder")
    card = card_of(record)
    assert len(card) < 20_000
    assert "**label 7** and 9,992 more. The question" in card
    assert "9,950 more of its 10,000 labels are in `run.json`." in card
    assert "load_classifier" in card


def test_a_card_for_several_labels_tells_from_where_each_applies() -> None:
    """And the scores that such answers have."""
    names = TAGS.label_names
    per_class = {name: scores().per_class["A"] for name in names}
    found = evaluation(
        per_class=per_class, confusion_matrix=None, sample_f1=0.625, average_precision=0.5, micro_f1=0.875
    )
    record = run_record(task=TAGS, thresholds=(0.25, 0.5, 0.75)[: len(names)], evaluation=found, quantization="nf4")
    card = card_of(record, Evidence.of(record))
    assert "subset accuracy" in card
    assert "Micro-F1 is 0.875, the mean F1 of a text's labels 0.625, average precision 0.500." in card
    assert "| Rows | Applies from |" in card
    assert "| 25.0% |" in card
    assert "so scores on those are more hopeful than on others" in card
    assert "held in 4 bits (NF4)" in card


def test_many_labels_show_the_commonest_mistakes_in_place_of_a_matrix() -> None:
    names = [f"label {number}" for number in range(20)]
    matrix = tuple(tuple({row: 50, row + 1: 9}.get(column, 0) for column in range(21)) for row in range(20))
    per_class = {name: scores().per_class["A"] for name in names}
    record = run_record(
        task=many_labels(20), evaluation=evaluation(per_class=per_class, confusion_matrix=matrix), answers=()
    )
    card = card_of(record, Evidence.of(record))
    assert "| label 0 | label 1 | 9 |" in card
    assert "on the diagonal" not in card


# --- what it takes ----------------------------------------------------------------------------------------------------


def test_a_card_is_made_without_torch() -> None:
    """The page makes cards on machines that have no model loaded."""
    program = "import sys, hub.cards.model; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_the_front_matter_is_yaml_that_anybody_reads() -> None:
    card = demo_card("tfidf")
    assert yaml.safe_load(card.split("---\n")[1])["model-index"][0]["name"] == "tfidf"
    assert body(card).lstrip().startswith("# Financial sentiment with TF-IDF")
