from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as reference
from transformers import EvalPrediction

from classification.__main__ import answered
from classification.classifiers import encoder
from classification.data.rows import Rows
from classification.predictions import Predictions, decide
from classification.task import Label, Task
from comparison import metrics
from comparison.prediction_table import PredictionTable
from comparison.scores import score
from training.shared.sequence_classifiers import metrics as training_metrics
from ui.live.answer import Answer

RANDOM = np.random.default_rng(7)
LABELS = 4
TRUE = RANDOM.integers(0, LABELS, 300)
ANSWERED = np.where(RANDOM.random(300) < 0.6, TRUE, RANDOM.integers(0, LABELS, 300))


def one_hot(columns: NDArray[np.int64] | list[int], labels: int = LABELS) -> NDArray[np.bool_]:
    """A column each, bool [n, L]; -1 gives a row without a label."""
    return np.asarray(columns)[:, None] == np.arange(labels)


def with_invalid(every: int = 10) -> NDArray[np.int64]:
    answered = ANSWERED.copy()
    answered[::every] = -1
    return answered


@pytest.mark.parametrize("answered", [ANSWERED, with_invalid()], ids=["valid", "invalid"])
def test_scores_of_labels_equal_scikit_learn(answered: NDArray[np.int64]) -> None:
    found = metrics.label_scores(one_hot(TRUE), one_hot(answered))
    # scikit-learn takes -1 as one more label, which is what an invalid answer amounts to for the others.
    precision, recall, f1, support = reference.precision_recall_fscore_support(
        TRUE, answered, labels=range(LABELS), zero_division=0
    )
    np.testing.assert_allclose(found.precision, precision)
    np.testing.assert_allclose(found.recall, recall)
    np.testing.assert_allclose(found.f1, f1)
    np.testing.assert_array_equal(found.support, support)
    assert metrics.macro_f1(one_hot(TRUE), one_hot(answered)) == pytest.approx(f1.mean())


def test_an_invalid_answer_lowers_recall_but_no_precision() -> None:
    targets, predicted = one_hot([0, 0, 1, 1], 2), one_hot([0, -1, 1, 1], 2)
    valid = np.array([True, False, True, True])
    found = metrics.label_scores(targets, predicted)
    assert found.precision.tolist() == [1, 1]
    assert found.recall.tolist() == [0.5, 1]
    assert metrics.correct(targets, predicted, valid).tolist() == [True, False, True, True]


def test_macro_f1_leaves_out_labels_that_no_row_has() -> None:
    targets, predicted = one_hot([0, 0, 1], 3), one_hot([0, 2, 1], 3)
    assert metrics.macro_f1(targets, predicted) == pytest.approx((2 / 3 + 1) / 2)


def test_confusion_matrix_has_a_last_column_for_invalid_answers() -> None:
    matrix = metrics.confusion_matrix(one_hot([0, 0, 1, 2], 3), one_hot([0, -1, 2, 2], 3))
    assert matrix.tolist() == [[1, 0, 0, 1], [0, 0, 1, 0], [0, 0, 1, 0]]


def test_confusion_matrix_equals_scikit_learn() -> None:
    matrix = metrics.confusion_matrix(one_hot(TRUE), one_hot(ANSWERED))
    np.testing.assert_array_equal(matrix[:, :-1], reference.confusion_matrix(TRUE, ANSWERED))
    assert matrix[:, -1].sum() == 0


def test_decide_takes_the_most_probable_label_and_none_where_invalid() -> None:
    probabilities = np.array([[0.2, 0.8], [0.6, 0.4], [0, 0]], dtype=np.float32)
    predicted = decide(probabilities, np.array([True, True, False]), multi_label=False)
    assert predicted.tolist() == [[False, True], [True, False], [False, False]]


def test_decide_for_several_labels_takes_all_from_one_half() -> None:
    probabilities = np.array([[0.5, 0.8], [0.6, 0.4], [0.1, 0.2], [0.9, 0.9]], dtype=np.float32)
    predicted = decide(probabilities, np.array([True, True, True, False]), multi_label=True)
    assert predicted.tolist() == [[True, True], [True, False], [False, False], [False, False]]


def test_multi_label_scores_equal_scikit_learn() -> None:
    targets, predicted = RANDOM.random((200, 5)) < 0.3, RANDOM.random((200, 5)) < 0.3
    assert metrics.micro_f1(targets, predicted) == pytest.approx(
        reference.f1_score(targets, predicted, average="micro")
    )
    assert metrics.macro_f1(targets, predicted) == pytest.approx(
        reference.f1_score(targets, predicted, average="macro")
    )
    right = metrics.correct(targets, predicted, np.ones(200, dtype=bool))
    assert right.mean() == pytest.approx(reference.accuracy_score(targets, predicted))


def test_an_invalid_answer_is_wrong_even_where_no_label_was_right() -> None:
    nothing = np.zeros((2, 3), dtype=bool)
    assert metrics.correct(nothing, nothing, np.array([True, False])).tolist() == [True, False]


def test_roc_auc_equals_scikit_learn() -> None:
    probabilities = RANDOM.dirichlet(np.ones(LABELS), 300).astype(np.float64)
    expected = reference.roc_auc_score(TRUE, probabilities, multi_class="ovr", average="macro")
    assert metrics.roc_auc(one_hot(TRUE), probabilities) == pytest.approx(expected)


def test_roc_auc_leaves_out_labels_without_rows_and_is_none_without_any_contrast() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1]], dtype=np.float32)
    assert metrics.roc_auc(one_hot([0, 1, 0], 3), probabilities) == 1.0
    assert metrics.roc_auc(one_hot([0, 0, 0], 3), probabilities) is None


def test_calibration_error_by_hand() -> None:
    # Two answers at .8 of which one is right, two at .6 of which both are: (2 x |.8 - .5| + 2 x |.6 - 1|) / 4.
    probabilities = np.array([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.6, 0.4]], dtype=np.float32)
    targets = one_hot([0, 1, 0, 0], 2)
    found = metrics.calibration_error(targets, probabilities, np.ones(4, dtype=bool), multi_label=False)
    assert found == pytest.approx(0.35)


def test_calibration_error_is_of_valid_answers_only() -> None:
    probabilities = np.array([[1.0, 0.0], [0.0, 0.0]], dtype=np.float32)
    targets = one_hot([0, 1], 2)
    valid = np.array([True, False])
    assert metrics.calibration_error(targets, probabilities, valid, multi_label=False) == 0
    assert metrics.calibration_error(targets, probabilities, ~valid & valid, multi_label=False) is None


def test_calibration_error_for_several_labels_counts_every_probability() -> None:
    probabilities = np.array([[0.9, 0.2]], dtype=np.float32)
    found = metrics.calibration_error(np.array([[True, False]]), probabilities, np.array([True]), multi_label=True)
    assert found == pytest.approx((0.1 + 0.2) / 2)


def test_accuracy_interval_is_wilsons() -> None:
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I: 81 of 263, 15 of 148.
    low, high = metrics.accuracy_interval(np.arange(263) < 81)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    low, high = metrics.accuracy_interval(np.arange(148) < 15)
    assert (round(low, 4), round(high, 4)) == (0.0624, 0.1605)


def test_accuracy_interval_of_a_few_right_answers_does_not_claim_certainty() -> None:
    low, high = metrics.accuracy_interval(np.ones(5, dtype=bool))
    assert 0.5 < low < 0.6
    assert high == 1


def test_macro_f1_interval_agrees_with_drawing_rows_one_by_one() -> None:
    targets, predicted = one_hot(TRUE), one_hot(ANSWERED)
    random = np.random.default_rng(1)
    draws = random.integers(0, len(TRUE), (1000, len(TRUE)))
    plain = [metrics.macro_f1(targets[rows], predicted[rows]) for rows in draws]
    found = metrics.macro_f1_interval(targets, predicted, resamples=4000)
    np.testing.assert_allclose(found, np.quantile(plain, [0.025, 0.975]), atol=0.01)


def test_macro_f1_interval_is_seeded() -> None:
    targets, predicted = one_hot(TRUE), one_hot(ANSWERED)
    assert metrics.macro_f1_interval(targets, predicted, seed=3) == metrics.macro_f1_interval(
        targets, predicted, seed=3
    )
    assert metrics.macro_f1_interval(targets, predicted, seed=3) != metrics.macro_f1_interval(
        targets, predicted, seed=4
    )


def test_of_labels_that_are_equally_probable_every_place_takes_the_first_and_one_half_applies() -> None:
    task = Task(name="t", language="en", instruction="Decide.", labels=("a", "b"))
    many = task.model_copy(update={"multi_label": True})
    found = Predictions.of(np.array([[0.5, 0.5]], dtype=np.float32), 1.0)
    assert found.labels(task) == [("a",)]
    assert found.labels(many) == [("a", "b")]
    assert found.best.tolist() == [0]
    for one, labels in ((task, ("a",)), (many, ("a", "b"))):
        assert Answer.of(one, found, None).labels == labels
        assert answered(one, found, 0) == list(labels)
        assert tuple(
            name for name, holds in zip("ab", decide(found.probabilities, found.valid, multi_label=one.multi_label)[0],
                                        strict=True) if holds
        ) == labels  # fmt: skip
    invalid = Predictions.of(np.zeros((1, 2), dtype=np.float32), 1.0, valid=np.array([False]))
    assert invalid.labels(task) == invalid.labels(many) == [()]


def test_training_measures_what_a_report_does_where_a_label_has_no_rows() -> None:
    logits = RANDOM.normal(size=(40, 4)).astype(np.float32)
    answers = RANDOM.integers(0, 3, size=40)  # no row has the fourth label, which is answered all the same
    shares = encoder.probabilities(logits, multi_label=False)
    task = Task(name="t", language="en", instruction="Which?", labels=tuple(Label(name=name) for name in "abcd"))
    found = training_metrics(EvalPrediction(predictions=logits, label_ids=answers), task)
    rows = Rows(tuple(map(str, range(40))), tuple(("abcd"[answer],) for answer in answers))
    scored = score(PredictionTable.of(task, rows, Predictions.of(shares, 1.0)))
    assert found["macro_f1"] == pytest.approx(scored.macro_f1, rel=1e-5)
    assert found["accuracy"] == pytest.approx(scored.accuracy, rel=1e-5)
