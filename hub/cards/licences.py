"""Under which licence a model made from another may be passed on: the base model's, since the Hub inherits none.

The base model's own card says it best. Where that cannot be read, the licences of well-known families are known
here. This is a help and no legal advice; a card can be given another licence by whoever publishes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from classification.errors import InputError, nearest, shown

from .public import hub_id, public

HUB = "https://huggingface.co"
OTHER, UNKNOWN = "other", "unknown"

#: Identifiers that the Hub takes (https://huggingface.co/docs/hub/repositories-licenses), and what they are called.
NAMES = {
    "apache-2.0": "Apache License 2.0", "mit": "MIT License", "openrail": "OpenRAIL",
    "bigscience-openrail-m": "BigScience OpenRAIL-M", "creativeml-openrail-m": "CreativeML OpenRAIL-M",
    "bigscience-bloom-rail-1.0": "BigScience BLOOM RAIL 1.0", "bigcode-openrail-m": "BigCode OpenRAIL-M v1",
    "openrail++": "OpenRAIL++-M", "afl-3.0": "Academic Free License 3.0", "artistic-2.0": "Artistic License 2.0",
    "bsl-1.0": "Boost Software License 1.0", "bsd": "BSD License", "bsd-2-clause": "BSD 2-Clause License",
    "bsd-3-clause": "BSD 3-Clause License", "bsd-3-clause-clear": "BSD 3-Clause Clear License",
    "c-uda": "Computational Use of Data Agreement", "cc": "Creative Commons", "cc0-1.0": "CC0 1.0",
    "cc-by-2.0": "CC BY 2.0", "cc-by-2.5": "CC BY 2.5", "cc-by-3.0": "CC BY 3.0", "cc-by-4.0": "CC BY 4.0",
    "cc-by-sa-3.0": "CC BY-SA 3.0", "cc-by-sa-4.0": "CC BY-SA 4.0", "cc-by-nc-2.0": "CC BY-NC 2.0",
    "cc-by-nc-3.0": "CC BY-NC 3.0", "cc-by-nc-4.0": "CC BY-NC 4.0", "cc-by-nd-4.0": "CC BY-ND 4.0",
    "cc-by-nc-nd-3.0": "CC BY-NC-ND 3.0", "cc-by-nc-nd-4.0": "CC BY-NC-ND 4.0", "cc-by-nc-sa-2.0": "CC BY-NC-SA 2.0",
    "cc-by-nc-sa-3.0": "CC BY-NC-SA 3.0", "cc-by-nc-sa-4.0": "CC BY-NC-SA 4.0", "cdla-sharing-1.0": "CDLA Sharing 1.0",
    "cdla-permissive-1.0": "CDLA Permissive 1.0", "cdla-permissive-2.0": "CDLA Permissive 2.0",
    "ecl-2.0": "Educational Community License 2.0", "epl-1.0": "Eclipse Public License 1.0",
    "epl-2.0": "Eclipse Public License 2.0", "etalab-2.0": "Etalab Open License 2.0",
    "eupl-1.1": "European Union Public License 1.1", "agpl-3.0": "GNU AGPL 3.0", "gfdl": "GNU FDL", "gpl": "GNU GPL",
    "gpl-2.0": "GNU GPL 2.0", "gpl-3.0": "GNU GPL 3.0", "lgpl": "GNU LGPL", "lgpl-2.1": "GNU LGPL 2.1",
    "lgpl-3.0": "GNU LGPL 3.0", "isc": "ISC License", "ms-pl": "Microsoft Public License",
    "mpl-2.0": "Mozilla Public License 2.0", "odc-by": "ODC-By", "odbl": "Open Database License",
    "osl-3.0": "Open Software License 3.0", "postgresql": "PostgreSQL License", "unlicense": "The Unlicense",
    "zlib": "zlib License", "pddl": "PDDL", "lgpl-lr": "LGPL-LR", "llama2": "Llama 2 Community License",
    "llama3": "Llama 3 Community License", "llama3.1": "Llama 3.1 Community License",
    "llama3.2": "Llama 3.2 Community License", "llama3.3": "Llama 3.3 Community License",
    "gemma": "Gemma Terms of Use", "wtfpl": "WTFPL", "lppl-1.3c": "LaTeX Project Public License 1.3c",
    "ofl-1.1": "SIL Open Font License 1.1", "ncsa": "NCSA Open Source License",
    "deepfloyd-if-license": "DeepFloyd IF Research License", UNKNOWN: "an unknown licence",
    OTHER: "a licence of its own",
}  # fmt: skip

#: Base models by their id, the first that fits, and the licence that their makers gave them.
FAMILIES = (
    (r"HuggingFaceTB/SmolLM", "apache-2.0"),
    (r"sentence-transformers/(?:all|paraphrase)-", "apache-2.0"),
    (r"Qwen/Qwen2\.5-(?:3B|72B)", OTHER),
    (r"Qwen/Qwen(?:2\.5-(?:0\.5B|1\.5B|7B|14B|32B)|3-)", "apache-2.0"),
    (r"mistralai/(?:Mistral-7B|Mixtral-8x7B|Mistral-Nemo)", "apache-2.0"),
    (r"TinyLlama/", "apache-2.0"),
    (r"(?:google-bert/)?bert-(?:base|large)-", "apache-2.0"),
    (r"(?:distilbert/)?distil(?:bert|roberta)-base", "apache-2.0"),
    (r"answerdotai/ModernBERT-", "apache-2.0"),
    (r"google/(?:flan-)?t5-|google/electra-", "apache-2.0"),
    (r"(?:FacebookAI/)?(?:xlm-)?roberta-(?:base|large)", "mit"),
    (r"microsoft/(?:m?deberta-|phi-[24]|Phi-[34])", "mit"),
    (r"(?:openai-community/)?gpt2", "mit"),
    (r"meta-llama/(?:Meta-)?Llama-3\.([123])-", "llama3.{}"),
    (r"meta-llama/Meta-Llama-3-", "llama3"),
    (r"meta-llama/Llama-2-", "llama2"),
    (r"google/gemma-(?:2b|7b|1\.1-|2-|3-|3n-)", "gemma"),
)

#: A pattern over identifiers, and what such a licence asks of whoever uses the model; more than one may fit.
RESTRICTIONS = (
    (r"-nc(?:-|$)", "The licence forbids commercial use."),
    (r"research", "The licence allows research only."),
    (r"-nd(?:-|$)", "The licence forbids passing on what was made from the model; ask its owner before you do."),
    (r"llama3", "Meta's community licence asks that a model made from Llama begin its name with \"Llama\" and say "
                "\"Built with Llama\", binds its users to an acceptable use policy, and leaves out services with "
                "more than 700 million users a month."),
    (r"llama2", "Meta's community licence binds users to an acceptable use policy, and leaves out services with more "
                "than 700 million users a month."),
    (r"gemma", "Gemma's terms bind whoever uses or passes on the model to a policy of prohibited uses."),
    (r"rail", "The licence lists uses that it forbids, and whoever passes the model on has to pass that list on."),
    (r"-sa-|^a?gpl|^osl|^odbl|sharing", "The licence asks that what is made from the model be passed on under the "
                                        "same terms."),
)  # fmt: skip
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")
WEB = re.compile(r"https?://[\w.-]+(?:/[\w.~%/?#=&+-]*)?", re.ASCII)


@dataclass(frozen=True)
class Licence:
    """A licence as a card states it.

    Attributes:
        id: the Hub's identifier.
        name: what people call it; of `other`, the identifier that its owner gave it.
        link: its text, for licences that the Hub has no page for.
        restriction: one sentence where it restricts what may be done, or where that is not known.
    """

    id: str
    name: str
    link: str | None = None
    restriction: str | None = None


def licence_of(base_id: str | None, card_data: Mapping[str, object] | None = None) -> Licence:
    """The licence of a base model, which is that of what was made from it.

    Args:
        base_id: Hub id; ``None`` where there is no base model, or it is not on the Hub.
        card_data: metadata of its card, where that could be read; it goes before what is known here.
    """
    said = _first((card_data or {}).get("license"))
    if said is None or not IDENTIFIER.fullmatch(said):
        known = _by_family(base_id or "")
        return _unknown(base_id or None) if known is None else _licence(known, base_id)
    return _licence(said, base_id, card_data or {})


def licence_from_id(identifier: str) -> Licence:
    """The licence that a person chose.

    Raises:
        InputError: the Hub has no such identifier.
    """
    if identifier not in NAMES:
        raise InputError(
            f"{shown(identifier)} is not a licence that the Hub knows{nearest(identifier, NAMES)}; give an "
            "identifier such as apache-2.0, mit, cc-by-4.0 or llama3.2, or other."
        )
    return Licence(identifier, NAMES[identifier], restriction=_restriction(identifier))


def _by_family(base_id: str) -> str | None:
    for pattern, licence in FAMILIES:
        if found := re.match(pattern, base_id):
            return licence.format(*found.groups())
    return None


def _licence(identifier: str, base_id: str | None, card_data: Mapping[str, object] | None = None) -> Licence:
    if identifier == UNKNOWN:
        return _unknown(base_id)
    if identifier != OTHER:
        return Licence(identifier, NAMES.get(identifier, identifier), restriction=_restriction(identifier))
    data = card_data or {}
    name = re.sub(r"[^a-z0-9.+-]+", "-", public(_first(data.get("license_name")) or "").lower()).strip("-")[:60]
    link = _link(_first(data.get("license_link")), base_id)
    sentence = "The base model has a licence of its own; read it before you use this model or pass it on."
    return Licence(OTHER, name or "base-model-licence", link, " ".join(filter(None, [_restriction(name), sentence])))


def _unknown(base_id: str | None) -> Licence:
    if base_id is None:
        return Licence(UNKNOWN, NAMES[UNKNOWN], restriction="No licence was stated; ask whoever published it.")
    sentence = "The base model's licence is not known here; find it out before you use this model or pass it on."
    return Licence(UNKNOWN, NAMES[UNKNOWN], restriction=sentence)


def _restriction(identifier: str) -> str | None:
    found = [sentence for pattern, sentence in RESTRICTIONS if re.search(pattern, identifier)]
    return " ".join(found) or None


def _link(said: str | None, base_id: str | None) -> str | None:
    """Where the licence's text is: a page, or a file of the base model's repository; else that repository."""
    if said and WEB.fullmatch(said):
        return said
    if base_id is None or hub_id(f"models/{base_id}" if "/" not in base_id else base_id) is None:
        return None
    return f"{HUB}/{base_id}/blob/main/{said}" if said and re.fullmatch(r"[\w.-]+", said) else f"{HUB}/{base_id}"


def _first(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() if isinstance(value, str) and value.strip() else None
