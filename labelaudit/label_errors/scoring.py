"""What a model's output makes of a dataset: from box scores to `LabelIssues`.

The steps are those of docs/method.md: overlaps, features, training set, fit, predict, abstain and
corrections of labels, and beside them the missing objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from labelaudit.auditing.label_issues import (
    BOX_ERRORS,
    BoxIssues,
    ErrorCount,
    ErrorKind,
    LabelIssues,
    MissingObjects,
)
from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import BoxOverlaps, matches, overlaps
from labelaudit.core.columns import MISSING, Floats, Ints, Texts
from labelaudit.core.parallel import both
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.abstention import abstention_reasons
from labelaudit.label_errors.anchoring import MIN_IMAGES, MIN_JUDGED, anchored, anchored_places
from labelaudit.label_errors.classifier import (
    HumanVerdicts,
    LabelProbabilities,
    TrainingSet,
    fit_predict,
    image_groups,
    probability_of_any,
    with_human_verdicts,
)
from labelaudit.label_errors.confident_learning import confident_margin
from labelaudit.label_errors.corrections import SuggestedCorrections, suggested_corrections
from labelaudit.label_errors.error_kinds import doubt_of_any, seen_instead, told_apart
from labelaudit.label_errors.features import (
    OF_CLASSES,
    feature_matrix,
    hypothesis_features,
    monotonic_constraints,
)
from labelaudit.label_errors.human_labels import OK, HumanLabels
from labelaudit.label_errors.hypotheses import (
    Hypotheses,
    hypotheses_of_errors,
    hypotheses_of_labels,
)
from labelaudit.label_errors.labels import Labels, image_sizes_of, labels_of
from labelaudit.label_errors.missing.candidates import SAME_PLACE_IOU
from labelaudit.label_errors.missing.objects import missing_objects
from labelaudit.label_errors.noise.class_noise import class_noise
from labelaudit.label_errors.noise.label_noise import (
    SyntheticErrors,
    SyntheticNoise,
    make_label_noise,
)
from labelaudit.label_errors.objectlab import objectlab_features
from labelaudit.predictions.model_output import ModelOutput


@dataclass(frozen=True)
class FoundPlaces:
    """Where objects are probably missing."""

    places: MissingObjects
    features: dict[str, Floats]  # by name, (m,) each
    count: ErrorCount | None  # of all missing objects, by a judged sample of images


@dataclass(frozen=True)
class ScoringInput:
    """Everything that the scores of labels are made of."""

    derived: DatasetColumns
    model_output: ModelOutput
    synthetic_noise: SyntheticNoise
    human_labels: HumanLabels
    box_overlaps: BoxOverlaps  # of labels with predictions
    group: Ints  # (images,) from `image_groups`: a classifier judges the groups it did not see
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
        the synthetic errors that `model_output` was asked about; None where nobody could be asked:
        then they are made now, and judged by the predictions.
    seed:
        of every choice: the same input gives the same result.
    rounds:
        how often classifiers are fitted, at least 2; between, labels that look wrong lose weight as
        examples of right ones.
    human_labels:
        what people said so far: it is taken for true, and learnt from.
    objectlab:
        whether to show cleanlab's scores beside the features.

    Returns
    -------
    Probabilities of each error for each box of the dataset, or why there are none, and the places
    where an object is probably missing.
    """
    inputs = scoring_input(
        derived, model_output, synthetic_noise, seed=seed, rounds=rounds, human_labels=human_labels
    )
    (reasons, corrections), label_features = both(
        lambda: (_abstention_reasons(inputs), _corrections(inputs)),
        lambda: _features(inputs, hypotheses_of_labels(inputs.labels), inputs.box_overlaps),
    )
    shown = label_features | _shown_features(inputs, objectlab=objectlab)
    (boxes, found), missing = both(
        lambda: _box_issues(inputs, reasons, corrections, label_features), lambda: _missing(inputs)
    )
    return LabelIssues(
        source=model_output.source,
        classes=model_output.classes,
        boxes=boxes,
        missing=missing.places,
        box_features=_over_boxes(shown, inputs.labels, len(boxes)),
        missing_features=missing.features,
        notes=(*model_output.notes, *_notes_of_verdicts(inputs, boxes)),
        max_share=None if model_output.was_trained_here or found.counts else found.max_share,
        counts=dict(found.counts) | _count_of(missing),
        missing_calibrated=model_output.was_trained_here or missing.count is not None,
    )


def _notes_of_verdicts(inputs: ScoringInput, boxes: BoxIssues) -> list[str]:
    """What to say of judged labels and images that are too few to make doubts probabilities."""
    if inputs.model_output.was_trained_here:
        return []
    human_labels = inputs.human_labels
    labels = int(np.count_nonzero(boxes.was_scored[np.unique(human_labels.boxes.box)]))
    images = len(human_labels.images)
    notes = []
    if len(human_labels.boxes) and labels < MIN_JUDGED:
        notes.append(
            f"{counted(labels, 'label')} that a person judged got a doubt: {MIN_JUDGED} make "
            "doubts about labels probabilities"
        )
    if images and images < MIN_IMAGES:
        notes.append(
            f"{counted(images, 'image')} judged: {MIN_IMAGES} make doubts about missing objects "
            "probabilities"
        )
    return notes


def _count_of(missing: FoundPlaces) -> dict[str, ErrorCount]:
    return {} if missing.count is None else {ErrorKind.MISSING_BOX.value: missing.count}


def scoring_input(
    derived: DatasetColumns,
    model_output: ModelOutput,
    synthetic_noise: SyntheticNoise | None,
    *,
    seed: int,
    rounds: int,
    human_labels: HumanLabels | None,
) -> ScoringInput:
    """The input of all steps: labels joined with predictions, and synthetic errors to learn from.

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
        image_groups(len(derived.dataset.images), seed),
        image_sizes_of(derived),
        seed,
        rounds,
    )


def _features(
    inputs: ScoringInput, hypotheses: Hypotheses, box_overlaps: BoxOverlaps
) -> dict[str, Floats]:
    """The features of hypotheses by name, (n,) each, from their overlaps with predictions."""
    return hypothesis_features(
        hypotheses, inputs.labels, inputs.model_output, inputs.image_sizes, box_overlaps
    )


def _shown_features(inputs: ScoringInput, *, objectlab: bool) -> dict[str, Floats]:
    """What is shown of labels and not learnt from, by name: (n,)."""
    shown = {}
    if inputs.model_output.box_scores is not None:
        shown["confident_margin"] = confident_margin(inputs.labels, inputs.model_output.box_scores)
    if objectlab:
        image_count = len(inputs.group)
        shown |= objectlab_features(inputs.labels, inputs.model_output.predictions, image_count)
    return shown


def _training_set(inputs: ScoringInput) -> dict[str, TrainingSet]:
    """The features of all synthetic errors, by error."""
    labels, model_output = inputs.labels, inputs.model_output
    flipped = class_noise(labels, len(model_output.classes), model_output.box_scores, inputs.seed)
    errors = SyntheticErrors.concat([inputs.synthetic_noise.errors, flipped])
    hypotheses = hypotheses_of_errors(errors, labels)
    scored = model_output.fold[errors.image] != MISSING
    if model_output.box_scores is not None:
        scored &= model_output.box_scores.has_scores[hypotheses.query]
    predictions = model_output.predictions
    box_overlaps = overlaps(hypotheses.image, hypotheses.xyxy, predictions.image, predictions.xyxy)
    columns = feature_matrix(_features(inputs, hypotheses, box_overlaps))
    group = inputs.group[errors.image]
    rows = {kind: np.flatnonzero(scored & (errors.error == kind.value)) for kind in BOX_ERRORS}
    return {kind.value: TrainingSet(columns[here], group[here]) for kind, here in rows.items()}


def _fit_predict(
    inputs: ScoringInput, scored: Ints, label_features: Mapping[str, Floats]
) -> LabelProbabilities:
    """The probability of each error in the labels in `scored`, by error: (scored,)."""
    if not len(scored):
        return LabelProbabilities()
    labels, was_trained_here = inputs.labels.rows(scored), inputs.model_output.was_trained_here
    verdicts = _human_verdicts(inputs.human_labels, labels)
    found = fit_predict(
        TrainingSet(feature_matrix(label_features)[scored], inputs.group[labels.image]),
        _training_set(inputs),
        monotonic_constraints(label_features),
        verdicts if was_trained_here else HumanVerdicts.nothing(len(scored)),
        rounds=inputs.rounds,
        seed=inputs.seed,
        self_training=was_trained_here,
        unread=_unread(label_features),
    )
    if was_trained_here:
        return found
    seen = seen_instead(
        inputs.labels,
        inputs.model_output.predictions,
        inputs.box_overlaps,
        label_features["swap_margin"],
    )
    apart = told_apart(found.probability, seen.rows(scored))
    return _anchored(replace(found, probability=apart), verdicts)


def _unread(features: Mapping[str, Floats]) -> dict[str, list[int]]:
    """By error, the columns of a matrix of these features that its models do not read."""
    of_classes = [place for place, name in enumerate(features) if name in OF_CLASSES]
    return {error.value: of_classes for error in BOX_ERRORS if error != ErrorKind.WRONG_CLASS}


def _anchored(found: LabelProbabilities, verdicts: HumanVerdicts) -> LabelProbabilities:
    """Doubts made probabilities, if enough labels were judged; those that were are known."""
    judged = np.flatnonzero(verdicts.right | verdicts.any_wrong)
    counts, probability = {}, dict(found.probability)
    if len(judged) >= MIN_JUDGED:
        for error, doubt in found.probability.items():
            wrong = verdicts.wrong[error][judged]
            probability[error], counts[error] = anchored(doubt, judged, wrong)
    known = with_human_verdicts(probability, verdicts)
    return replace(found, probability=known, counts=counts)


def _human_verdicts(human_labels: HumanLabels, labels: Labels) -> HumanVerdicts:
    """What people said of these labels, (n,) each."""
    known = human_labels.boxes
    said = dict(zip(known.box.tolist(), known.verdict.tolist(), strict=True))
    words = np.array([said.get(row, "") for row in labels.box.tolist()], object)
    wrong = {error.value: words == error.value for error in BOX_ERRORS}
    return HumanVerdicts(words == OK, wrong)


def _abstention_reasons(inputs: ScoringInput) -> Texts:
    """Why each box of the dataset gets no probability, (boxes,); empty where it gets one."""
    return abstention_reasons(
        inputs.derived, inputs.labels, inputs.model_output, inputs.box_overlaps
    )


def _corrections(inputs: ScoringInput) -> SuggestedCorrections:
    """What models would write in the place of each label, (n,)."""
    return suggested_corrections(inputs.labels, inputs.model_output, inputs.box_overlaps)


def _box_issues(
    inputs: ScoringInput,
    reasons: Texts,
    corrections: SuggestedCorrections,
    label_features: Mapping[str, Floats],
) -> tuple[BoxIssues, LabelProbabilities]:
    """What is found of each box of the dataset, (boxes,), and of the labels that were scored.

    Nothing of boxes where there is a reason.
    """
    labels = inputs.labels
    scored = np.flatnonzero(reasons[labels.box] == "")
    found = _fit_predict(inputs, scored, label_features)
    probability = found.probability
    corrections = corrections.rows(scored)
    table = BoxIssues.of(len(reasons), abstention_reason=reasons)
    nothing = np.zeros(len(scored))
    of_any = probability_of_any if inputs.model_output.was_trained_here else doubt_of_any
    values = {
        "was_scored": np.ones(len(scored), bool),
        "wrong": of_any(probability, len(scored)),
        "overlap": iou(corrections.xyxy, labels.xyxy[scored]),
        **{error.value: probability.get(error.value, nothing) for error in BOX_ERRORS},
        **vars(corrections),
    }
    for name, value in values.items():
        getattr(table, name)[labels.box[scored]] = value
    return table, found


def _missing(inputs: ScoringInput) -> FoundPlaces:
    """The places where an object is probably missing."""
    places, features = missing_objects(
        inputs.derived,
        inputs.labels,
        inputs.model_output,
        inputs.human_labels.missing,
        box_overlaps=inputs.box_overlaps,
        image_sizes=inputs.image_sizes,
        group=inputs.group,
        seed=inputs.seed,
    )
    judged = inputs.human_labels.images
    if inputs.model_output.was_trained_here or len(judged) < MIN_IMAGES:
        return FoundPlaces(places, features, None)
    probability, count = anchored_places(
        places.probability,
        places.image,
        judged,
        images=len(inputs.group),
        recall=candidate_recall(inputs.labels, inputs.model_output),
    )
    return FoundPlaces(places.replaced(probability=probability), features, count)


def candidate_recall(labels: Labels, model_output: ModelOutput) -> float:
    """The part of labels at whose place the model has a candidate; 1 without labels."""
    candidates = model_output.candidates
    found = matches(
        labels.image,
        labels.xyxy,
        candidates.image,
        candidates.xyxy,
        min_overlap=SAME_PLACE_IOU,
    )
    looked = model_output.fold[labels.image] != MISSING
    seen = np.isin(np.arange(len(labels)), found.one)
    return float(seen[looked].mean()) if looked.any() else 1.0


def _over_boxes(columns: Mapping[str, Floats], labels: Labels, count: int) -> dict[str, Floats]:
    """Features of labels as columns over all boxes of the dataset, (boxes,); NaN elsewhere."""
    wide = {}
    for name, values in columns.items():
        wide[name] = np.full(count, np.nan)
        wide[name][labels.box] = values
    return wide
