"""TF-IDF n-grams."""

from __future__ import annotations

from typing import Literal, TypedDict

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

Analyzer = Literal["word", "char"]

#: Languages written without spaces, whose words a word pattern cannot find.
UNSPACED = ("zh", "ja", "th", "km", "lo", "my")


class Analysis(TypedDict):
    """What counts as a term."""

    analyzer: Analyzer
    ngram_range: tuple[int, int]


def analysis(language: str) -> Analysis:
    """What counts as a term in a language (ISO 639-1): word 1-2-grams, or character 1-3-grams."""
    if language.lower().split("-")[0] in UNSPACED:
        return {"analyzer": "char", "ngram_range": (1, 3)}
    return {"analyzer": "word", "ngram_range": (1, 2)}


def vectorizer_for(analyzer: Analyzer, ngram_range: tuple[int, int], **options: object) -> TfidfVectorizer:
    """A vectorizer whose terms never hold a line break, so that a vocabulary can be kept one term a line."""
    return TfidfVectorizer(
        preprocessor=_single_spaced, analyzer=analyzer, ngram_range=ngram_range, dtype=np.float32, **options
    )


def _single_spaced(text: str) -> str:
    return " ".join(text.lower().split())
