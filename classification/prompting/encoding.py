"""From chat messages to token ids, for any chat template and any tokenizer.

Training and inference use the same functions, so a fine-tuned model gets exactly the prompt tokens it was trained on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from ..errors import InputError
from ..models.label_chain import ChainTokens
from ..models.token_tree import shared_length
from .messages import Message, joined

TokenIds = list[int]


@dataclass(frozen=True)
class EncodedPrompt:
    """A prompt as the model sees it, and whether the text in it had to be cut to fit the context."""

    ids: TokenIds
    truncated: bool = False


def encode_prompt(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Message],
    max_tokens: int | None = None,
    *,
    behind: str = "",
) -> EncodedPrompt:
    """Token ids of a chat that ends where the assistant is to answer.

    A prompt over ``max_tokens`` loses the end of the text in question, never the instruction, the
    labels or the demonstrations.

    Args:
        tokenizer: with a chat template.
        messages: of which the last one is the text in question.
        max_tokens: of the whole prompt.
        behind: what stands behind the text in the last message, such as a question about it; it is never cut.

    Raises:
        InputError: without any of the text, the prompt still has more than ``max_tokens`` tokens.
    """
    *before, question = messages
    ids = _chat_ids(tokenizer, [*before, {**question, "content": question["content"] + behind}])
    if max_tokens is None or len(ids) <= max_tokens:
        return EncodedPrompt(ids)
    harmless = without_special_tokens(tokenizer, question["content"])
    text_ids = tokenizer.encode(harmless, add_special_tokens=False)
    keep = len(text_ids) - (len(ids) - max_tokens)
    while keep > 0:
        text = tokenizer.decode(text_ids[:keep], skip_special_tokens=False).removesuffix("\ufffd")
        ids = _chat_ids(tokenizer, [*before, {**question, "content": text + behind}])
        if len(ids) <= max_tokens:
            return EncodedPrompt(ids, truncated=True)
        keep -= len(ids) - max_tokens
    raise InputError(
        f"the prompt without its text already fills the model's {max_tokens} tokens; "
        "use fewer demonstrations or a model with a longer context."
    )


def encode_answers(tokenizer: PreTrainedTokenizerBase, answers: Sequence[str], *, lead: str = "") -> list[TokenIds]:
    """Token ids of each answer, from the end of the prompt through the end of the assistant's turn.

    The end of the turn counts: without it, an answer that begins another one (`positive`,
    `positive surprise`) would always look at least as likely.

    Args:
        tokenizer: with a chat template.
        answers: what the assistant may say.
        lead: what it has said before, in the same turn; see `encode_lead`. Its tokens are no part of the answers.
    """
    question = [{"role": "user", "content": "?"}]
    before = encode_lead(tokenizer, lead)
    found = []
    for answer in answers:
        ids = _answer_ids(tokenizer, question, lead + answer)
        if ids[: len(before)] != before:  # the answer's first letter has become part of the lead's last token
            ids = [*before, *_answer_ids(tokenizer, question, answer)]
        found.append(ids[len(before) :])
    return found


def encode_lead(tokenizer: PreTrainedTokenizerBase, lead: str) -> TokenIds:
    """Token ids of what the assistant says before each of its answers, without a space that belongs to these."""
    if not lead:
        return []
    question = [{"role": "user", "content": "?"}]
    first, second = (_answer_ids(tokenizer, question, lead + answer) for answer in ("a", "7 x"))
    return first[: shared_length(first, second)]


def encode_chain(
    tokenizer: PreTrainedTokenizerBase, words: Sequence[str], nothing: str, *, lead: str = ""
) -> ChainTokens:
    """The pieces of answers that name several of these words, so that put together they are the answers' token ids.

    Args:
        tokenizer: of the chat model.
        words: of the labels, in the order in which they are named.
        nothing: the answer where no label applies.
        lead: as of `encode_answers`.
    """
    whole = encode_answers(tokenizer, [*words, nothing], lead=lead)
    end = _common_end(encode_answers(tokenizer, ["a", "7 x"]))
    first = [ids[: len(ids) - len(end)] for ids in whole[:-1]]
    later = [_later(tokenizer, words[0], first[0], word, len(end), lead) for word in words]
    return ChainTokens(first, later, whole[-1], end)


def _later(
    tokenizer: PreTrainedTokenizerBase, before: str, before_ids: TokenIds, word: str, end: int, lead: str
) -> TokenIds:
    """Token ids of a word behind another one and a comma."""
    (both,) = encode_answers(tokenizer, [joined([before, word])], lead=lead)
    if both[: len(before_ids)] == before_ids:
        return both[len(before_ids) : len(both) - end]
    return tokenizer.encode(joined(["", word]), add_special_tokens=False)


def _common_end(answers: Sequence[TokenIds]) -> TokenIds:
    """The tokens that all answers end with."""
    shortest = min(map(len, answers))
    length = next((n for n in range(shortest) if len({answer[-1 - n] for answer in answers}) > 1), shortest - 1)
    return answers[0][len(answers[0]) - length :]


def _answer_ids(tokenizer: PreTrainedTokenizerBase, question: list[Message], answer: str) -> TokenIds:
    prompt = render_chat(tokenizer, question, add_generation_prompt=True)
    whole = render_chat(tokenizer, [*question, {"role": "assistant", "content": answer}], add_generation_prompt=False)
    prompt_ids = tokenizer.encode(prompt, add_special_tokens=False)
    if whole.startswith(prompt):
        whole_ids = tokenizer.encode(whole, add_special_tokens=False)
        fits = whole_ids[: len(prompt_ids)] == prompt_ids
        ids = whole_ids[len(prompt_ids) :] if fits else tokenizer.encode(whole[len(prompt) :], add_special_tokens=False)
    else:  # a template that renders earlier answers in another way than the prompt for a new one
        ids = tokenizer.encode(answer, add_special_tokens=False)
    return _through_end_of_turn(tokenizer, ids)


def _through_end_of_turn(tokenizer: PreTrainedTokenizerBase, ids: TokenIds) -> TokenIds:
    """Cut what the template writes after the end of the turn (a line break, say); add an end if it has none."""
    special = set(tokenizer.all_special_ids)
    ends = [place for place, token in enumerate(ids) if token in special]
    if ends:
        return ids[: ends[-1] + 1]
    return ids if tokenizer.eos_token_id is None else [*ids, tokenizer.eos_token_id]


def _chat_ids(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> TokenIds:
    harmless = [{**message, "content": without_special_tokens(tokenizer, message["content"])} for message in messages]
    text = render_chat(tokenizer, harmless, add_generation_prompt=True)
    return tokenizer.encode(text, add_special_tokens=False)


def without_special_tokens(tokenizer: PreTrainedTokenizerBase, text: str) -> str:
    """Break up control tokens that a text spells out, so that no text can end its own turn."""
    tokens = [token for token in tokenizer.all_special_tokens if len(token) > 1 and token in text]
    for token in tokens:
        text = re.sub(re.escape(token), f"{token[0]} {token[1:]}", text)
    return text


def render_chat(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
    """The chat as one string. Templates that know no system turn get its words at the start of the first user turn.

    Raises:
        InputError: the tokenizer has no chat template.
    """
    if not tokenizer.chat_template:
        raise InputError(
            f"{tokenizer.name_or_path} has no chat template; write style: completion, or choose an instruction-tuned "
            "(chat) model."
        )
    chat = [dict(message) for message in messages]
    try:
        return _apply(tokenizer, chat, add_generation_prompt)
    except TemplateError:
        if chat[0]["role"] != "system":
            raise
        system, first, *rest = chat
        merged = {**first, "content": f"{system['content']}\n\n{first['content']}"}
        return _apply(tokenizer, [merged, *rest], add_generation_prompt)


def _apply(tokenizer: PreTrainedTokenizerBase, chat: list[Message], add_generation_prompt: bool) -> str:
    return str(tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=add_generation_prompt))
