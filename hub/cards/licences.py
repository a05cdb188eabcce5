"""Under which licence a model made from another may be passed on: the base model's, since the Hub inherits none.

The base model's own card says it. This is a help and no legal advice; whoever publishes can give another licence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from classification.errors import InputError, nearest, shown

from .markdown import HUB
from .public import hub_id, public

OTHER, UNKNOWN = "other", "unknown"
#: Licences that people choose, and what they are called.
NAMES = {
    "apache-2.0": "Apache License 2.0", "mit": "MIT License", "bsd-3-clause": "BSD 3-Clause License",
    "gpl-3.0": "GNU GPL 3.0", "lgpl-3.0": "GNU LGPL 3.0", "agpl-3.0": "GNU AGPL 3.0",
    "mpl-2.0": "Mozilla Public License 2.0", "cc0-1.0": "CC0 1.0", "cc-by-4.0": "CC BY 4.0",
    "cc-by-sa-4.0": "CC BY-SA 4.0", "cc-by-nc-4.0": "CC BY-NC 4.0", "cc-by-nc-sa-4.0": "CC BY-NC-SA 4.0",
    "cc-by-nd-4.0": "CC BY-ND 4.0", "openrail": "OpenRAIL", "llama2": "Llama 2 Community License",
    "llama3": "Llama 3 Community License", "llama3.1": "Llama 3.1 Community License",
    "llama3.2": "Llama 3.2 Community License", "llama3.3": "Llama 3.3 Community License",
    "llama4": "Llama 4 Community License", "gemma": "Gemma Terms of Use", UNKNOWN: "an unknown licence",
    OTHER: "a licence of its own",
}  # fmt: skip
#: The other identifiers that the Hub takes (https://huggingface.co/docs/hub/repositories-licenses).
OTHER_IDENTIFIERS = """
    afl-3.0 apple-amlr apple-ascl artistic-2.0 bigcode-openrail-m bigscience-bloom-rail-1.0 bigscience-openrail-m bsd
    bsd-2-clause bsd-3-clause-clear bsl-1.0 c-uda cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-nc-2.0 cc-by-nc-3.0
    cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-sa-3.0 cdla-permissive-1.0 cdla-permissive-2.0
    cdla-sharing-1.0 creativeml-openrail-m deepfloyd-if-license ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2
    fair-noncommercial-research-license gfdl gpl gpl-2.0 grok2-community h-research intel-research isc lgpl lgpl-2.1
    lgpl-lr lppl-1.3c ms-pl ncsa odbl odc-by ofl-1.1 openmdw-1.0 openrail++ osl-3.0 pddl postgresql unlicense wtfpl zlib
"""
IDENTIFIERS = (*NAMES, *OTHER_IDENTIFIERS.split())
#: A pattern over identifiers, and what such a licence asks of whoever uses the model; more than one may fit.
RESTRICTIONS = (
    (r"-nc(?:-|$)", "The licence forbids commercial use."),
    (r"noncommercial", "The licence forbids commercial use."),
    (r"research", "The licence allows research only."),
    (r"-nd(?:-|$)", "The licence forbids passing on what was made from the model; ask its owner before you do."),
    (r"llama[34]", "Meta's community licence asks that a model made from Llama begin its name with \"Llama\" and say "
                "\"Built with Llama\", binds its users to an acceptable use policy, and leaves out services with "
                "more than 700 million users a month."),
    (r"llama2", "Meta's community licence binds users to an acceptable use policy, and leaves out services with more "
                "than 700 million users a month."),
    (r"gemma", "Gemma's terms bind whoever uses or passes on the model to a policy of prohibited uses."),
    (r"rail", "The licence lists uses that it forbids, and whoever passes the model on has to pass that list on."),
    (r"-sa-|^a?gpl|^osl|^odbl|sharing", "The licence asks that what is made from the model be passed on under the "
                                        "same terms."),
)  # fmt: skip
ITS_OWN = "The base model has a licence of its own; read it before you use this model or pass it on."
NOT_KNOWN = "The base model's licence is not known here; find it out before you use this model or pass it on."
NOT_STATED = "No licence was stated; ask whoever published it."
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")
WEB = re.compile(r"https?://[\w.-]+(?:/[\w.~%/?#=&+-]*)?", re.ASCII)


@dataclass(frozen=True)
class Licence:
    """A licence as a card states it.

    Attributes:
        id: the Hub's identifier.
        name: what people call it; of `other`, the identifier that its owner gave it.
        link: where its text is, if the base model says so.
        restriction: what it restricts, or that it is not known.
        inherited: whether it is that of the base model, and not another that a person chose.
    """

    id: str
    name: str
    link: str | None = None
    restriction: str | None = None
    inherited: bool = False


def licence_of(base_id: str | None, card_data: Mapping[str, object] | None = None) -> Licence:
    """The licence of a base model, which is that of what was made from it.

    Args:
        base_id: Hub id; ``None`` where there is no base model, or it is not on the Hub.
        card_data: metadata of its card, where that could be read.
    """
    data = card_data or {}
    said = _first(data.get("license"))
    if said is None or said == UNKNOWN or not IDENTIFIER.fullmatch(said):
        return Licence(UNKNOWN, NAMES[UNKNOWN], restriction=NOT_KNOWN if base_id else NOT_STATED)
    link = _link(_first(data.get("license_link")), base_id)
    if said != OTHER:
        return Licence(said, NAMES.get(said, said), link, _restriction(said), inherited=True)
    name = re.sub(r"[^a-z0-9.+-]+", "-", public(_first(data.get("license_name")) or "").lower()).strip("-")[:60]
    restriction = " ".join(filter(None, [_restriction(name), ITS_OWN]))
    home = f"{HUB}/{base_id}" if base_id else None
    return Licence(OTHER, name or "base-model-licence", link or home, restriction, inherited=True)


def licence_from_id(identifier: str) -> Licence:
    """The licence that a person chose.

    Raises:
        InputError: the Hub has no such identifier.
    """
    if identifier not in IDENTIFIERS:
        raise InputError(
            f"{shown(identifier)} is not a licence that the Hub knows{nearest(identifier, IDENTIFIERS)}; give an "
            "identifier such as apache-2.0, mit, cc-by-4.0 or llama3.2, or other."
        )
    return Licence(identifier, NAMES.get(identifier, identifier), restriction=_restriction(identifier))


def _restriction(identifier: str) -> str | None:
    return " ".join(sentence for pattern, sentence in RESTRICTIONS if re.search(pattern, identifier)) or None


def _link(said: str | None, base_id: str | None) -> str | None:
    """Where a licence's text is: a page, or a file of the base model's repository."""
    if said and WEB.fullmatch(said):
        return said
    known = base_id is not None and hub_id(base_id if "/" in base_id else f"models/{base_id}")
    return f"{HUB}/{base_id}/blob/main/{said}" if known and said and re.fullmatch(r"[\w.-]+", said) else None


def _first(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() if isinstance(value, str) and value.strip() else None
