from __future__ import annotations

import pytest
from hub_server import HubServer
from hub_server.metadata import LICENSES
from support.cards import card_of, run_record
from support.paths import DEMO

from classification.errors import InputError
from hub.cards.licences import PERMISSIVE, licence_from_id, licence_of
from hub.push.runs import PushOptions, plan_run
from hub.shared.client import connect
from hub.shared.publish import publish


def test_the_licence_is_what_the_base_models_card_says() -> None:
    said = licence_of("HuggingFaceTB/SmolLM2-135M-Instruct", {"license": "apache-2.0"})
    assert (said.id, said.name, said.permissive) == ("apache-2.0", "apache-2.0", True)
    assert said.link == "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct"


def test_a_link_that_the_base_models_card_gives_is_kept() -> None:
    page = "https://ai.example/gemma/terms"
    assert licence_of("google/gemma-2b", {"license": "gemma", "license_link": page}).link == page


def test_without_the_base_models_card_no_licence_is_guessed_from_its_name() -> None:
    found = licence_of("HuggingFaceTB/SmolLM2-135M-Instruct")
    assert (found.id, found.link) == ("unknown", None)
    assert "find it out before you use this model" in card_of(run_record(), licence=found)


def test_every_permissive_identifier_is_one_that_the_hub_takes() -> None:
    assert set(PERMISSIVE) <= set(LICENSES)


@pytest.mark.parametrize("identifier", sorted({*LICENSES} - {"unknown"}))
def test_a_licence_that_is_not_known_to_be_permissive_is_to_be_read(identifier: str) -> None:
    for found in (licence_of("somebody/something", {"license": identifier}), licence_from_id(identifier)):
        assert found.id == identifier
        assert found.permissive == (identifier in PERMISSIVE)


def test_a_licence_of_its_own_keeps_its_name_and_is_to_be_read() -> None:
    page = "https://acme.example/qwen"
    said = {"license": "other", "license_name": "qwen-research", "license_link": page}
    found = licence_of("Qwen/Qwen2.5-3B", said)
    assert (found.id, found.name, found.link, found.permissive) == ("other", "qwen-research", page, False)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://x.example/a) [b](c", "file:///etc/passwd", "LICENSE", 7]
)
def test_a_link_that_is_none_leads_to_the_base_model(link: object) -> None:
    found = licence_of("acme/model", {"license": "other", "license_name": "<b>Acme</b>", "license_link": link})
    assert found.link == "https://huggingface.co/acme/model"
    assert found.name == "b-acme-b"


@pytest.mark.parametrize("said", [None, "", 3, [], "Apache 2", {"a": 1}])
def test_what_is_no_identifier_is_not_believed(said: object) -> None:
    assert licence_of("somebody/something", {"license": said}).id == "unknown"


def test_a_list_of_licences_gives_its_first() -> None:
    assert licence_of("somebody/something", {"license": ["mit", "apache-2.0"]}).id == "mit"


@pytest.mark.parametrize("base", [None, ""])
def test_without_a_base_model_no_licence_is_made_up(base: str | None) -> None:
    found = licence_of(base)
    assert found.id == "unknown"
    assert "No licence was stated; ask whoever published it." in card_of(run_record(family="tfidf"), licence=found)


def test_a_licence_that_a_person_states_has_to_look_like_an_identifier() -> None:
    assert licence_from_id("cc-by-4.0").link is None
    for said in ("MIT", "Apache 2", "mit\nlicense: x", ""):
        with pytest.raises(InputError, match="is not the identifier of a licence; write such as apache-2.0"):
            licence_from_id(said)


def test_a_licence_that_the_hub_does_not_know_is_refused_in_a_sentence(online: HubServer) -> None:
    api = connect(online.user("you"))
    plan = plan_run(DEMO / "tfidf", "you/tfidf", PushOptions(licence="apache-3.0", unevaluated=True), api=api)
    with pytest.raises(InputError, match=r"cannot push to you/tfidf: .*license"):
        publish(plan, api)
