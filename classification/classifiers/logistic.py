"""Logistic regression as plain arrays: over TF-IDF terms, and over sentence embeddings."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

Coefficients = tuple[NDArray[np.float32], NDArray[np.float32]]
Features: TypeAlias = csr_matrix | NDArray[np.float32]


def fit_softmax(features: Features, held: NDArray[np.bool_], c: float, seed: int) -> Coefficients:
    """Multinomial logistic regression.

    Args:
        features: [n, V].
        held: which label each row has, bool [n, L]; two labels at least have rows.
        c: inverse strength of the L2 penalty.
        seed: for the solver.

    Returns:
        Weights [L, V] and bias [L]; a label without rows has a bias of minus infinity.
    """
    model = LogisticRegression(C=c, max_iter=1000, random_state=seed).fit(features, held.argmax(axis=1))
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row, the logit of the second against the first
        coefficients, intercepts = np.vstack([0 * coefficients, coefficients]), np.append(0, intercepts)
    weights = np.zeros((held.shape[1], features.shape[1]), dtype=np.float32)
    bias = np.full(held.shape[1], -np.inf, dtype=np.float32)
    weights[model.classes_], bias[model.classes_] = coefficients, intercepts
    return weights, bias


def fit_one_vs_rest(features: Features, held: NDArray[np.bool_], c: float, seed: int) -> Coefficients:
    """One logistic regression a label; arguments and result as in `fit_softmax`.

    A label that every row has, or none, gets a bias of plus or minus infinity.
    """
    weights = np.zeros((held.shape[1], features.shape[1]), dtype=np.float32)
    bias = np.where(held.all(axis=0), np.inf, -np.inf).astype(np.float32)
    for label in np.flatnonzero(held.any(axis=0) & ~held.all(axis=0)):
        model = LogisticRegression(C=c, max_iter=1000, random_state=seed).fit(features, held[:, label])
        weights[label], bias[label] = model.coef_[0], model.intercept_[0]
    return weights, bias
