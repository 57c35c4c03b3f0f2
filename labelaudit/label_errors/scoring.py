"""What a second opinion makes of a dataset: from evidence to `LabelIssues`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.label_issues import BoxIssues, ErrorKind, LabelIssues, MissingObjects
from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows, Texts
from labelaudit.core.parallel import both
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.abstention import abstention_reasons
from labelaudit.label_errors.classifier import HumanSaid, TrainingSet, any_of, fit_predict, groups
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
    opinion: ModelOutput
    corruptions: SyntheticNoise
    verdicts: HumanLabels
    seed: int
    group: Ints  # (images,) the group of each image: models judge the groups they did not see
    room: Floats  # (images, 2) width and height of each image in pixels

    @property
    def labels(self) -> Labels:
        """The labels that a model can be asked about."""
        return self.corruptions.labels


def label_issues(
    derived: DatasetColumns,
    opinion: ModelOutput,
    corruptions: SyntheticNoise | None = None,
    *,
    seed: int = 0,
    rounds: int = 3,
    verdicts: HumanLabels | None = None,
    objectlab: bool = False,
) -> LabelIssues:
    """How probable it is that each label is wrong, and what is probably missing.

    Parameters
    ----------
    derived:
        the dataset.
    opinion:
        what models say, each of images that it never saw.
    corruptions:
        those that `opinion` was asked about; None where nobody could be asked: then they are made
        now, and judged against the predictions.
    seed:
        of every choice: the same input gives the same result.
    rounds:
        how often models are fitted; between, labels that look wrong lose weight as examples of
        right ones.
    verdicts:
        what people said so far: believed, and learnt from.
    objectlab:
        whether to show cleanlab's scores beside the evidence.
    """
    labels, seen = corruptions.labels if corruptions else labels_of(derived), opinion.predictions
    made, met = both(
        lambda: corruptions or make_label_noise(derived, seed=seed),
        lambda: overlaps(labels.image, labels.xyxy, seen.image, seen.xyxy),
    )
    hearing = ScoringInput(
        derived,
        opinion,
        made,
        verdicts or HumanLabels(),
        seed,
        groups(len(derived.dataset.images), seed),
        image_sizes(derived),
    )
    (silent, agreed), columns = both(
        lambda: (
            abstention_reasons(derived, labels, opinion, met),
            suggested_corrections(labels, opinion, met),
        ),
        lambda: features(hypotheses_of_labels(labels), labels, opinion, hearing.room, met),
    )
    shown = dict(columns)
    if opinion.box_scores is not None:
        shown["confident_margin"] = confident_margin(labels, opinion.box_scores)
    if objectlab:
        shown |= objectlab_columns(labels, seen, len(hearing.group))

    def of_places() -> tuple[MissingObjects, dict[str, Floats]]:
        return missing_objects(
            derived,
            labels,
            opinion,
            hearing.verdicts.places,
            met=met,
            room=hearing.room,
            group=hearing.group,
            seed=seed,
        )

    boxes, (missing, missing_features) = both(
        lambda: _boxes(hearing, silent, agreed, columns, rounds), of_places
    )
    return LabelIssues(
        source=opinion.source,
        classes=opinion.classes,
        boxes=boxes,
        missing=missing,
        box_features=_of_boxes(shown, labels, len(silent)),
        missing_features=missing_features,
        notes=opinion.notes,
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
        **{doubt.value: found.get(doubt.value, np.zeros(len(heard))) for doubt in ErrorKind},
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
        _told(hearing.verdicts.boxes, labels.box[heard]),
        rounds=rounds,
        seed=hearing.seed,
    )


def _wrong_examples(hearing: ScoringInput) -> dict[str, TrainingSet]:
    """Evidence on all labels that were made wrong, by error."""
    labels, opinion = hearing.labels, hearing.opinion
    flips = class_noise(labels, len(opinion.classes), opinion.box_scores, hearing.seed)
    planted = SyntheticErrors.concat([hearing.corruptions.planted, flips])
    claims = hypotheses_of_errors(planted, labels)
    looked = opinion.fold[planted.image] != MISSING
    if opinion.box_scores is not None:
        looked &= opinion.box_scores.has_scores[claims.asked]
    seen = opinion.predictions
    met = overlaps(claims.image, claims.xyxy, seen.image, seen.xyxy)
    columns = matrix(features(claims, labels, opinion, hearing.room, met))
    group = hearing.group[planted.image]

    def of(error: Verdict) -> TrainingSet:
        rows = np.flatnonzero(looked & (planted.error == error.value))
        return TrainingSet(columns[rows], group[rows])

    return {error.value: of(error) for error in Verdict if error is not Verdict.OK}


def _told(verdicts: HumanBoxLabels, box: Rows) -> HumanSaid:
    """What people said of some boxes of the dataset, (n,) each."""
    said = dict(zip(verdicts.box.tolist(), verdicts.verdict.tolist(), strict=True))
    words = np.array([said.get(row, "") for row in box.tolist()], object)

    def are(verdict: Verdict) -> Bools:
        mask: Bools = words == verdict.value
        return mask

    wrong = {error.value: are(error) for error in Verdict if error is not Verdict.OK}
    return HumanSaid(are(Verdict.OK), wrong)


def _of_boxes(columns: dict[str, Floats], labels: Labels, count: int) -> dict[str, Floats]:
    """Evidence on labels as columns over all boxes of the dataset, (boxes,); NaN elsewhere."""
    spread = {}
    for name, values in columns.items():
        spread[name] = np.full(count, np.nan)
        spread[name][labels.box] = values
    return spread
