from __future__ import annotations

import pytest
from hub_server.metadata import LICENSES

from classification.errors import InputError
from hub.cards.licences import IDENTIFIERS, licence_from_id, licence_of


def test_the_licence_is_what_the_base_models_card_says() -> None:
    said = licence_of("HuggingFaceTB/SmolLM2-135M-Instruct", {"license": "cc-by-nc-4.0"})
    assert (said.id, said.name, said.inherited) == ("cc-by-nc-4.0", "CC BY-NC 4.0", True)
    assert said.restriction == "The licence forbids commercial use."
    assert licence_of("owner/model", {"license": "eupl-1.1"}).name == "eupl-1.1"


def test_a_link_that_the_base_models_card_gives_is_kept() -> None:
    said = licence_of("meta-llama/Llama-3.2-1B", {"license": "llama3.2", "license_link": "LICENSE.txt"})
    assert said.link == "https://huggingface.co/meta-llama/Llama-3.2-1B/blob/main/LICENSE.txt"
    assert licence_of("owner/model", {"license": "mit"}).link is None


def test_without_the_base_models_card_no_licence_is_guessed_from_its_name() -> None:
    found = licence_of("HuggingFaceTB/SmolLM2-135M-Instruct")
    assert (found.id, found.inherited) == ("unknown", False)
    assert "find it out before you use this model" in str(found.restriction)


def test_every_identifier_is_one_that_the_hub_takes() -> None:
    assert set(IDENTIFIERS) == set(LICENSES)


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
