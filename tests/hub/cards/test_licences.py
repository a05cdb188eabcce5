from __future__ import annotations

import pytest
from hub_server.metadata import LICENSES

from classification.errors import InputError
from hub.cards.licences import FAMILIES, NAMES, licence_from_id, licence_of


def test_the_base_models_own_card_goes_before_what_is_known_here() -> None:
    assert licence_of("HuggingFaceTB/SmolLM2-135M-Instruct").id == "apache-2.0"
    said = licence_of("HuggingFaceTB/SmolLM2-135M-Instruct", {"license": "cc-by-nc-4.0"})
    assert (said.id, said.restriction) == ("cc-by-nc-4.0", "The licence forbids commercial use.")


@pytest.mark.parametrize(
    ("base", "licence"),
    [
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "apache-2.0"),
        ("sentence-transformers/all-MiniLM-L6-v2", "apache-2.0"),
        ("Qwen/Qwen2.5-0.5B-Instruct", "apache-2.0"),
        ("Qwen/Qwen2.5-32B-Instruct", "apache-2.0"),
        ("Qwen/Qwen3-0.6B", "apache-2.0"),
        ("Qwen/Qwen2.5-3B-Instruct", "other"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "apache-2.0"),
        ("bert-base-uncased", "apache-2.0"),
        ("google-bert/bert-base-chinese", "apache-2.0"),
        ("FacebookAI/roberta-base", "mit"),
        ("microsoft/deberta-v3-base", "mit"),
        ("meta-llama/Llama-3.2-1B-Instruct", "llama3.2"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "llama3.1"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "llama3"),
        ("meta-llama/Llama-2-7b-chat-hf", "llama2"),
        ("google/gemma-2-2b-it", "gemma"),
        ("google/flan-t5-base", "apache-2.0"),
        ("somebody/llama-of-mine", "unknown"),
        ("somebody/bert-base-copy", "unknown"),
    ],
)
def test_well_known_families_are_known(base: str, licence: str) -> None:
    assert licence_of(base).id == licence


def test_every_identifier_is_one_that_the_hub_takes() -> None:
    assert set(NAMES) <= set(LICENSES)
    known = {licence for _, licence in FAMILIES if "{" not in licence}
    assert known <= set(NAMES)


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("apache-2.0", None),
        ("mit", None),
        ("cc-by-4.0", None),
        ("cc-by-nc-sa-4.0", "forbids commercial use. The licence asks that what is made from the model"),
        ("cc-by-nd-4.0", "forbids passing on what was made from the model"),
        ("llama3.1", 'begin its name with "Llama"'),
        ("llama2", "acceptable use policy"),
        ("gemma", "policy of prohibited uses"),
        ("bigscience-bloom-rail-1.0", "lists uses that it forbids"),
        ("openrail", "lists uses that it forbids"),
        ("intel-research", "allows research only"),
        ("gpl-3.0", "passed on under the same terms"),
        ("lgpl-3.0", None),
    ],
)
def test_a_licence_that_restricts_says_how(identifier: str, words: str | None) -> None:
    found = licence_of("somebody/something", {"license": identifier}).restriction
    assert found is None if words is None else words in str(found)


def test_a_licence_of_its_own_keeps_its_name_and_is_to_be_read() -> None:
    found = licence_of(
        "Qwen/Qwen2.5-3B", {"license": "other", "license_name": "qwen-research", "license_link": "LICENSE"}
    )
    assert (found.id, found.name) == ("other", "qwen-research")
    assert found.link == "https://huggingface.co/Qwen/Qwen2.5-3B/blob/main/LICENSE"
    assert "read it before you use this model" in str(found.restriction)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://x.example/a) [b](c", "file:///etc/passwd", 7])
def test_a_link_that_is_none_leads_to_the_base_model(link: object) -> None:
    found = licence_of("acme/model", {"license": "other", "license_name": "<b>Acme</b>", "license_link": link})
    assert found.link == "https://huggingface.co/acme/model"
    assert found.name == "b-acme-b"


@pytest.mark.parametrize("said", [None, "", 3, [], "Apache 2", {"a": 1}])
def test_what_is_no_identifier_is_not_believed(said: object) -> None:
    found = licence_of("somebody/something", {"license": said})
    assert found.id == "unknown"
    assert "find it out before you use this model" in str(found.restriction)


def test_a_list_of_licences_gives_its_first() -> None:
    assert licence_of("somebody/something", {"license": ["mit", "apache-2.0"]}).id == "mit"


def test_without_a_base_model_no_licence_is_made_up() -> None:
    found = licence_of(None)
    assert (found.id, found.restriction) == ("unknown", "No licence was stated; ask whoever published it.")


def test_a_licence_that_a_person_states_has_to_be_one_of_the_hubs() -> None:
    assert licence_from_id("cc-by-4.0").name == "CC BY 4.0"
    with pytest.raises(InputError, match=r"'MIT' is not a licence that the Hub knows \(did you mean 'mit'\?\)"):
        licence_from_id("MIT")
