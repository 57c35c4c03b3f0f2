"""What a second opinion makes of a dataset: from evidence to `Suspicions`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.disagreement.abstention import silences
from labelaudit.disagreement.claims import claims_of_labels, claims_of_planted
from labelaudit.disagreement.combination import Examples, Told, any_of, combined, groups
from labelaudit.disagreement.confident import confident_margin
from labelaudit.disagreement.consensus import Consensus, consensus
from labelaudit.disagreement.corruptions import Corruptions, Planted, corrupted
from labelaudit.disagreement.evidence import directions, evidence, matrix
from labelaudit.disagreement.flips import flipped
from labelaudit.disagreement.forgotten import forgotten
from labelaudit.disagreement.labels import Labels, canvas, labels_of
from labelaudit.disagreement.meetings import meetings
from labelaudit.disagreement.objectlab import objectlab_columns
from labelaudit.disagreement.side_by_side import both
from labelaudit.disagreement.verdicts import BoxVerdicts, Verdict, Verdicts
from labelaudit.evidence import Audit
from labelaudit.geometry import iou
from labelaudit.opinions import SecondOpinion
from labelaudit.suspicions import BoxSuspicions, Doubt, MissingObjects, Suspicions
from labelaudit.table import MISSING, Bools, Floats, Ints, Rows, Texts


@dataclass(frozen=True)
class Hearing:
    """Everything that a judgement is made of."""

    audit: Audit
    opinion: SecondOpinion
    corruptions: Corruptions
    verdicts: Verdicts
    seed: int
    group: Ints  # (images,) the group of each image: models judge the groups they did not see
    room: Floats  # (images, 2) width and height of each image in pixels

    @property
    def labels(self) -> Labels:
        """The labels that a model can be asked about."""
        return self.corruptions.labels


def suspicions(
    audit: Audit,
    opinion: SecondOpinion,
    corruptions: Corruptions | None = None,
    *,
    seed: int = 0,
    rounds: int = 3,
    verdicts: Verdicts | None = None,
    objectlab: bool = False,
) -> Suspicions:
    """How probable it is that each label is wrong, and what is probably missing.

    Parameters
    ----------
    audit:
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
    labels, seen = corruptions.labels if corruptions else labels_of(audit), opinion.predictions
    made, met = both(
        lambda: corruptions or corrupted(audit, seed=seed),
        lambda: meetings(labels.image, labels.xyxy, seen.image, seen.xyxy),
    )
    hearing = Hearing(
        audit,
        opinion,
        made,
        verdicts or Verdicts(),
        seed,
        groups(len(audit.dataset.images), seed),
        canvas(audit),
    )
    (silent, agreed), columns = both(
        lambda: (silences(audit, labels, opinion, met), consensus(labels, opinion, met)),
        lambda: evidence(claims_of_labels(labels), labels, opinion, hearing.room, met),
    )
    shown = dict(columns)
    if opinion.opinions is not None:
        shown["confident_margin"] = confident_margin(labels, opinion.opinions)
    if objectlab:
        shown |= objectlab_columns(labels, seen, len(hearing.group))

    def of_places() -> tuple[MissingObjects, dict[str, Floats]]:
        return forgotten(
            audit,
            labels,
            opinion,
            hearing.verdicts.places,
            met=met,
            room=hearing.room,
            group=hearing.group,
            seed=seed,
        )

    boxes, (missing, missing_evidence) = both(
        lambda: _boxes(hearing, silent, agreed, columns, rounds), of_places
    )
    return Suspicions(
        source=opinion.source,
        classes=opinion.classes,
        boxes=boxes,
        missing=missing,
        box_evidence=_of_boxes(shown, labels, len(silent)),
        missing_evidence=missing_evidence,
        notes=opinion.notes,
    )


def _boxes(
    hearing: Hearing,
    silent: Texts,
    agreed: Consensus,
    columns: dict[str, Floats],
    rounds: int,
) -> BoxSuspicions:
    """The judgement on each box of the dataset, empty where it is not judged."""
    labels = hearing.labels
    heard = np.flatnonzero(silent[labels.box] == "")
    found = _probabilities(hearing, heard, columns, rounds)
    agreed = agreed.rows(heard)
    table = BoxSuspicions.of(len(silent), abstained=silent)
    values = {
        "judged": np.ones(len(heard), bool),
        "wrong": any_of(found, len(heard)),
        "overlap": iou(agreed.xyxy, labels.xyxy[heard]),
        **{doubt.value: found.get(doubt.value, np.zeros(len(heard))) for doubt in Doubt},
        **vars(agreed),
    }
    for name, value in values.items():
        getattr(table, name)[labels.box[heard]] = value
    return table


def _probabilities(
    hearing: Hearing, heard: Ints, columns: dict[str, Floats], rounds: int
) -> dict[str, Floats]:
    """The probability of each error in the labels that are judged, by error: (heard,)."""
    labels = hearing.labels
    if not len(heard):
        return {}
    return combined(
        Examples(matrix(columns)[heard], hearing.group[labels.image[heard]]),
        _wrong_examples(hearing),
        directions(columns),
        _told(hearing.verdicts.boxes, labels.box[heard]),
        rounds=rounds,
        seed=hearing.seed,
    )


def _wrong_examples(hearing: Hearing) -> dict[str, Examples]:
    """Evidence on all labels that were made wrong, by error."""
    labels, opinion = hearing.labels, hearing.opinion
    flips = flipped(labels, len(opinion.classes), opinion.opinions, hearing.seed)
    planted = Planted.concat([hearing.corruptions.planted, flips])
    claims = claims_of_planted(planted, labels)
    looked = opinion.fold[planted.image] != MISSING
    if opinion.opinions is not None:
        looked &= opinion.opinions.judged[claims.asked]
    seen = opinion.predictions
    met = meetings(claims.image, claims.xyxy, seen.image, seen.xyxy)
    columns = matrix(evidence(claims, labels, opinion, hearing.room, met))
    group = hearing.group[planted.image]

    def of(error: Verdict) -> Examples:
        rows = np.flatnonzero(looked & (planted.error == error.value))
        return Examples(columns[rows], group[rows])

    return {error.value: of(error) for error in Verdict if error is not Verdict.OK}


def _told(verdicts: BoxVerdicts, box: Rows) -> Told:
    """What people said of some boxes of the dataset, (n,) each."""
    said = dict(zip(verdicts.box.tolist(), verdicts.verdict.tolist(), strict=True))
    words = np.array([said.get(row, "") for row in box.tolist()], object)

    def are(verdict: Verdict) -> Bools:
        mask: Bools = words == verdict.value
        return mask

    wrong = {error.value: are(error) for error in Verdict if error is not Verdict.OK}
    return Told(are(Verdict.OK), wrong)


def _of_boxes(columns: dict[str, Floats], labels: Labels, count: int) -> dict[str, Floats]:
    """Evidence on labels as columns over all boxes of the dataset, (boxes,); NaN elsewhere."""
    spread = {}
    for name, values in columns.items():
        spread[name] = np.full(count, np.nan)
        spread[name][labels.box] = values
    return spread
