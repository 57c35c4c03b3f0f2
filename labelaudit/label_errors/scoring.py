"""What a second opinion makes of a dataset: from evidence to `LabelIssues`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.label_issues import BOX_ERRORS, BoxIssues, LabelIssues, MissingObjects
from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows, Texts
from labelaudit.core.parallel import both
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.abstention import abstention_reasons
from labelaudit.label_errors.classifier import HumanVerdicts, TrainingSet, any_of, fit_predict, groups
from labelaudit.label_errors.confident_learning import confident_margin
from labelaudit.label_errors.corrections import SuggestedCorrections, suggested_corrections
from labelaudit.label_errors.features import directions, features, matrix
from labelaudit.label_errors.human_labels import HumanBoxLabels, HumanLabels, Verdict
from labelaudit.label_errors.hypotheses import hypotheses_of_errors, hypotheses_of_labels
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
    """Everything that a judgement is made of."""

    derived: DatasetColumns
    model_output: ModelOutput
    synthetic_noise: SyntheticNoise
    human_labels: HumanLabels
    seed: int
    group: Ints  # (images,) the group of each image: models judge the groups they did not see
    image_sizes: Floats  # (images, 2) width and height of each image in pixels

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
        those that `model_output` was asked about; None where nobody could be asked: then they are made
        now, and judged against the predictions.
    seed:
        of every choice: the same input gives the same result.
    rounds:
        how often models are fitted; between, labels that look wrong lose weight as examples of
        right ones.
    human_labels:
        what people said so far: believed, and learnt from.
    objectlab:
        whether to show cleanlab's scores beside the evidence.
    """
    labels, seen = synthetic_noise.labels if synthetic_noise else labels_of(derived), model_output.predictions
    made, box_overlaps = both(
        lambda: synthetic_noise or make_label_noise(derived, seed=seed),
        lambda: overlaps(labels.image, labels.xyxy, seen.image, seen.xyxy),
    )
    hearing = ScoringInput(
        derived,
        model_output,
        made,
        human_labels or HumanLabels(),
        seed,
        groups(len(derived.dataset.images), seed),
        image_sizes(derived),
    )
    (silent, agreed), columns = both(
        lambda: (
            abstention_reasons(derived, labels, model_output, box_overlaps),
            suggested_corrections(labels, model_output, box_overlaps),
        ),
        lambda: features(hypotheses_of_labels(labels), labels, model_output, hearing.image_sizes, box_overlaps),
    )
    shown = dict(columns)
    if model_output.box_scores is not None:
        shown["confident_margin"] = confident_margin(labels, model_output.box_scores)
    if objectlab:
        shown |= objectlab_columns(labels, seen, len(hearing.group))

    def of_places() -> tuple[MissingObjects, dict[str, Floats]]:
        return missing_objects(
            derived,
            labels,
            model_output,
            hearing.human_labels.places,
            box_overlaps=box_overlaps,
            image_sizes=hearing.image_sizes,
            group=hearing.group,
            seed=seed,
        )

    boxes, (missing, missing_features) = both(
        lambda: _boxes(hearing, silent, agreed, columns, rounds), of_places
    )
    return LabelIssues(
        source=model_output.source,
        classes=model_output.classes,
        boxes=boxes,
        missing=missing,
        box_features=_of_boxes(shown, labels, len(silent)),
        missing_features=missing_features,
        notes=model_output.notes,
    )


def _boxes(
    hearing: ScoringInput,
    silent: Texts,
    agreed: SuggestedCorrections,
    columns: dict[str, Floats],
    rounds: int,
) -> BoxIssues:
    """The judgement on each box of the dataset, empty where it is not judged."""
    labels = hearing.labels
    heard = np.flatnonzero(silent[labels.box] == "")
    found = _probabilities(hearing, heard, columns, rounds)
    agreed = agreed.rows(heard)
    table = BoxIssues.of(len(silent), abstention_reason=silent)
    values = {
        "was_scored": np.ones(len(heard), bool),
        "wrong": any_of(found, len(heard)),
        "overlap": iou(agreed.xyxy, labels.xyxy[heard]),
        **{doubt.value: found.get(doubt.value, np.zeros(len(heard))) for doubt in BOX_ERRORS},
        **vars(agreed),
    }
    for name, value in values.items():
        getattr(table, name)[labels.box[heard]] = value
    return table


def _probabilities(
    hearing: ScoringInput, heard: Ints, columns: dict[str, Floats], rounds: int
) -> dict[str, Floats]:
    """The probability of each error in the labels that are judged, by error: (heard,)."""
    labels = hearing.labels
    if not len(heard):
        return {}
    return fit_predict(
        TrainingSet(matrix(columns)[heard], hearing.group[labels.image[heard]]),
        _wrong_examples(hearing),
        directions(columns),
        _told(hearing.human_labels.boxes, labels.box[heard]),
        rounds=rounds,
        seed=hearing.seed,
    )


def _wrong_examples(hearing: ScoringInput) -> dict[str, TrainingSet]:
    """Evidence on all labels that were made wrong, by error."""
    labels, model_output = hearing.labels, hearing.model_output
    flips = class_noise(labels, len(model_output.classes), model_output.box_scores, hearing.seed)
    planted = SyntheticErrors.concat([hearing.synthetic_noise.errors, flips])
    hypotheses = hypotheses_of_errors(planted, labels)
    looked = model_output.fold[planted.image] != MISSING
    if model_output.box_scores is not None:
        looked &= model_output.box_scores.has_scores[hypotheses.query]
    seen = model_output.predictions
    box_overlaps = overlaps(hypotheses.image, hypotheses.xyxy, seen.image, seen.xyxy)
    columns = matrix(features(hypotheses, labels, model_output, hearing.image_sizes, box_overlaps))
    group = hearing.group[planted.image]

    def of(error: Verdict) -> TrainingSet:
        rows = np.flatnonzero(looked & (planted.error == error.value))
        return TrainingSet(columns[rows], group[rows])

    return {error.value: of(error) for error in Verdict if error is not Verdict.OK}


def _told(human_labels: HumanBoxLabels, box: Rows) -> HumanVerdicts:
    """What people said of some boxes of the dataset, (n,) each."""
    said = dict(zip(human_labels.box.tolist(), human_labels.verdict.tolist(), strict=True))
    words = np.array([said.get(row, "") for row in box.tolist()], object)

    def are(verdict: Verdict) -> Bools:
        mask: Bools = words == verdict.value
        return mask

    wrong = {error.value: are(error) for error in Verdict if error is not Verdict.OK}
    return HumanVerdicts(are(Verdict.OK), wrong)


def _of_boxes(columns: dict[str, Floats], labels: Labels, count: int) -> dict[str, Floats]:
    """Evidence on labels as columns over all boxes of the dataset, (boxes,); NaN elsewhere."""
    spread = {}
    for name, values in columns.items():
        spread[name] = np.full(count, np.nan)
        spread[name][labels.box] = values
    return spread
