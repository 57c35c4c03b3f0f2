"""What a model's output makes of a dataset: from box scores to `LabelIssues`.

The steps are those of docs/method.md: overlaps, features, training set, fit, predict, abstain and
corrections of labels, and beside them the missing objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.label_issues import BOX_ERRORS, BoxIssues, LabelIssues, MissingObjects
from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import BoxOverlaps, overlaps
from labelaudit.core.columns import MISSING, Floats, Ints, Texts
from labelaudit.core.parallel import both
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.abstention import abstention_reasons
from labelaudit.label_errors.classifier import (
    HumanVerdicts,
    TrainingSet,
    any_of,
    fit_predict,
    groups,
)
from labelaudit.label_errors.confident_learning import confident_margin
from labelaudit.label_errors.corrections import SuggestedCorrections, suggested_corrections
from labelaudit.label_errors.features import directions, features, matrix
from labelaudit.label_errors.human_labels import OK, HumanLabels
from labelaudit.label_errors.hypotheses import (
    Hypotheses,
    hypotheses_of_errors,
    hypotheses_of_labels,
)
from labelaudit.label_errors.labels import Labels, image_sizes, labels_of
from labelaudit.label_errors.missing.objects import missing_objects
from labelaudit.label_errors.noise.class_noise import class_noise
from labelaudit.label_errors.noise.label_noise import (
    SyntheticErrors,
    SyntheticNoise,
    make_label_noise,
)
from labelaudit.label_errors.objectlab import objectlab_columns
from labelaudit.predictions.model_output import ModelOutput


@dataclass(frozen=True)
class ScoringInput:
    """Everything that the scores of labels are made of."""

    derived: DatasetColumns
    model_output: ModelOutput
    synthetic_noise: SyntheticNoise
    human_labels: HumanLabels
    box_overlaps: BoxOverlaps  # of labels with predictions
    group: Ints  # (images,) from `groups`: a classifier judges the groups it did not see
    image_sizes: Floats  # (images, 2) width and height of each image in pixels
    seed: int
    rounds: int

    @property
    def labels(self) -> Labels:
        """The labels that a model can be asked about."""
        return self.synthetic_noise.labels


def label_issues(
    derived: DatasetColumns,
    model_output: ModelOutput,
    synthetic_noise: SyntheticNoise | None = None,
    *,
    seed: int = 0,
    rounds: int = 3,
    human_labels: HumanLabels | None = None,
    objectlab: bool = False,
) -> LabelIssues:
    """How probable it is that each label is wrong, and what is probably missing.

    Parameters
    ----------
    derived:
        the dataset.
    model_output:
        what models say, each of images that it never saw.
    synthetic_noise:
        the wrong labels that `model_output` was asked about; None where nobody could be asked: then
        they are made now, and judged against the predictions.
    seed:
        of every choice: the same input gives the same result.
    rounds:
        how often models are fitted; between, labels that look wrong lose weight as examples of
        right ones.
    human_labels:
        what people said so far: it is taken for true, and learnt from.
    objectlab:
        whether to show cleanlab's scores beside the features.

    Returns
    -------
    Probabilities of each error for each box of the dataset, or why there are none, and the places
    where an object is probably missing.
    """
    given = scoring_input(
        derived, model_output, synthetic_noise, seed=seed, rounds=rounds, human_labels=human_labels
    )
    (reasons, corrections), of_labels = both(
        lambda: (_reasons(given), _corrections(given)),
        lambda: _features(given, hypotheses_of_labels(given.labels), given.box_overlaps),
    )
    shown = of_labels | _shown_features(given, objectlab=objectlab)
    boxes, (missing, missing_features) = both(
        lambda: _box_issues(given, reasons, corrections, of_labels), lambda: _missing(given)
    )
    return LabelIssues(
        source=model_output.source,
        classes=model_output.classes,
        boxes=boxes,
        missing=missing,
        box_features=_over_boxes(shown, given.labels, len(boxes)),
        missing_features=missing_features,
        notes=model_output.notes,
    )


def scoring_input(
    derived: DatasetColumns,
    model_output: ModelOutput,
    synthetic_noise: SyntheticNoise | None,
    *,
    seed: int,
    rounds: int,
    human_labels: HumanLabels | None,
) -> ScoringInput:
    """The input of all steps: labels joined with predictions, and wrong labels to learn from.

    Parameters
    ----------
    derived, model_output, synthetic_noise, seed, rounds, human_labels:
        as in `label_issues`.
    """
    labels = synthetic_noise.labels if synthetic_noise else labels_of(derived)
    predictions = model_output.predictions
    noise, box_overlaps = both(
        lambda: synthetic_noise or make_label_noise(derived, seed=seed),
        lambda: overlaps(labels.image, labels.xyxy, predictions.image, predictions.xyxy),
    )
    return ScoringInput(
        derived,
        model_output,
        noise,
        human_labels or HumanLabels(),
        box_overlaps,
        groups(len(derived.dataset.images), seed),
        image_sizes(derived),
        seed,
        rounds,
    )


def _features(
    given: ScoringInput, hypotheses: Hypotheses, box_overlaps: BoxOverlaps
) -> dict[str, Floats]:
    """The features of hypotheses by name, (n,) each, from their overlaps with predictions."""
    return features(hypotheses, given.labels, given.model_output, given.image_sizes, box_overlaps)


def _shown_features(given: ScoringInput, *, objectlab: bool) -> dict[str, Floats]:
    """What is shown of labels and not learnt from, by name: (n,)."""
    shown = {}
    if given.model_output.box_scores is not None:
        shown["confident_margin"] = confident_margin(given.labels, given.model_output.box_scores)
    if objectlab:
        images = len(given.group)
        shown |= objectlab_columns(given.labels, given.model_output.predictions, images)
    return shown


def _training_set(given: ScoringInput) -> dict[str, TrainingSet]:
    """The features of all labels that were made wrong, by error."""
    labels, model_output = given.labels, given.model_output
    flipped = class_noise(labels, len(model_output.classes), model_output.box_scores, given.seed)
    errors = SyntheticErrors.concat([given.synthetic_noise.errors, flipped])
    hypotheses = hypotheses_of_errors(errors, labels)
    scored = model_output.fold[errors.image] != MISSING
    if model_output.box_scores is not None:
        scored &= model_output.box_scores.has_scores[hypotheses.query]
    predictions = model_output.predictions
    box_overlaps = overlaps(hypotheses.image, hypotheses.xyxy, predictions.image, predictions.xyxy)
    columns = matrix(_features(given, hypotheses, box_overlaps))
    group = given.group[errors.image]
    rows = {kind: np.flatnonzero(scored & (errors.error == kind.value)) for kind in BOX_ERRORS}
    return {kind.value: TrainingSet(columns[here], group[here]) for kind, here in rows.items()}


def _fit_predict(
    given: ScoringInput, scored: Ints, of_labels: Mapping[str, Floats]
) -> dict[str, Floats]:
    """The probability of each error in the labels in `scored`, by error: (scored,)."""
    if not len(scored):
        return {}
    labels = given.labels.rows(scored)
    return fit_predict(
        TrainingSet(matrix(of_labels)[scored], given.group[labels.image]),
        _training_set(given),
        directions(of_labels),
        _human_verdicts(given.human_labels, labels),
        rounds=given.rounds,
        seed=given.seed,
    )


def _human_verdicts(human_labels: HumanLabels, labels: Labels) -> HumanVerdicts:
    """What people said of some labels, (n,) each."""
    known = human_labels.boxes
    said = dict(zip(known.box.tolist(), known.verdict.tolist(), strict=True))
    words = np.array([said.get(row, "") for row in labels.box.tolist()], object)
    wrong = {error.value: words == error.value for error in BOX_ERRORS}
    return HumanVerdicts(words == OK, wrong)


def _reasons(given: ScoringInput) -> Texts:
    """Why each box of the dataset gets no probability, (boxes,); empty where it gets one."""
    return abstention_reasons(given.derived, given.labels, given.model_output, given.box_overlaps)


def _corrections(given: ScoringInput) -> SuggestedCorrections:
    """What models would write in the place of each label, (n,)."""
    return suggested_corrections(given.labels, given.model_output, given.box_overlaps)


def _box_issues(
    given: ScoringInput,
    reasons: Texts,
    corrections: SuggestedCorrections,
    of_labels: Mapping[str, Floats],
) -> BoxIssues:
    """What is found of each box of the dataset, (boxes,); nothing where there is a reason."""
    labels = given.labels
    scored = np.flatnonzero(reasons[labels.box] == "")
    probability = _fit_predict(given, scored, of_labels)
    corrections = corrections.rows(scored)
    table = BoxIssues.of(len(reasons), abstention_reason=reasons)
    nothing = np.zeros(len(scored))
    values = {
        "was_scored": np.ones(len(scored), bool),
        "wrong": any_of(probability, len(scored)),
        "overlap": iou(corrections.xyxy, labels.xyxy[scored]),
        **{error.value: probability.get(error.value, nothing) for error in BOX_ERRORS},
        **vars(corrections),
    }
    for name, value in values.items():
        getattr(table, name)[labels.box[scored]] = value
    return table


def _missing(given: ScoringInput) -> tuple[MissingObjects, dict[str, Floats]]:
    """The places where an object is probably missing, and their features."""
    return missing_objects(
        given.derived,
        given.labels,
        given.model_output,
        given.human_labels.missing,
        box_overlaps=given.box_overlaps,
        image_sizes=given.image_sizes,
        group=given.group,
        seed=given.seed,
    )


def _over_boxes(columns: Mapping[str, Floats], labels: Labels, count: int) -> dict[str, Floats]:
    """Features of labels as columns over all boxes of the dataset, (boxes,); NaN elsewhere."""
    wide = {}
    for name, values in columns.items():
        wide[name] = np.full(count, np.nan)
        wide[name][labels.box] = values
    return wide
