"""Formats that are not read: known by a few keys, each with the way to one that is.

A format is a row of `UNREAD`. What its keys are was taken from the format's documentation or from
files that its tool wrote; commands of other tools are as their documentation has them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.other_tasks import OTHER_TASKS
from labelaudit.io.formats.unread_format import EXPORT, JSON, UnreadFormat

DATUM = "convert them with Datumaro: datum convert -if {} -i FOLDER -f coco_instances -o OUT"
TEXT = (".txt", ".csv")

_TRACK = (
    r"\A(?:\xef\xbb\xbf)?\s*\d+\s*,\s*-?\d+\s*,(?:\s*-?\d+(?:\.\d*)?\s*,){2}"
    r"(?:\s*\d{2,}(?:\.\d*)?\s*,){2}\s*"
)
"""A frame, a track and a box in pixels, with which lines of the MOT challenge begin."""

RESULTS = "results of a detector"
PREDICTIONS = "they can judge labels: labelaudit scan LABELS --predictions {file}"

UNREAD = (
    UnreadFormat(RESULTS, (r"\A\s*\[\s*\{", r'"image_id"\s*:', r'"score"\s*:'), PREDICTIONS),
    UnreadFormat(
        "MMDetection",
        (r'"(?:data_list|ann)"\s*:', r'"(?:bbox_label|bboxes)"\s*:'),
        "write a COCO file of its bbox (left, top, right, bottom) and bbox_label",
        (*JSON, ".pkl"),
    ),
    UnreadFormat(
        "Detectron2 (a list of dictionaries)",
        (r"\A\s*\[\s*\{", r'"file_name"\s*:', r'"bbox_mode"\s*:'),
        "write COCO: detectron2.data.datasets.coco.convert_to_coco_json(NAME, FILE)",
    ),
    UnreadFormat(
        "ISAT",
        (r'"info"\s*:', r'"objects"\s*:', r'"layer"\s*:', r'"segmentation"\s*:'),
        "export them from there as COCO",
    ),
    UnreadFormat("Supervisely", (r'"classTitle"\s*:',)),
    UnreadFormat("Supervisely", (r'"tags"\s*:\s*\[', r'"size"\s*:\s*\{', r'"objects"\s*:\s*\[')),
    UnreadFormat("Labelbox", (r'"data_row"\s*:', r'"(?:projects|media_attributes)"\s*:')),
    UnreadFormat("Labelbox", (r'"Labeled Data"\s*:', r'"Label"\s*:')),
    UnreadFormat(
        "SageMaker Ground Truth",
        (r'"source-ref"\s*:',),
        "write a COCO file of the class_id, left, top, width and height in each line",
    ),
    UnreadFormat(
        "VoTT",
        (r'"(?:boundingBox|videoSettings|inputTags)"\s*:', r'"(?:assets?|frames)"\s*:'),
        "export them from there as Pascal VOC",
        (*JSON, ".vott"),
    ),
    UnreadFormat(
        "Darwin (V7)",
        (r'"annotations"\s*:', r'"(?:schema_ref|item|image)"\s*:', r'"bounding_box"\s*:|darwin'),
        "convert them with darwin-py: darwin convert coco FOLDER OUT",
    ),
    UnreadFormat(
        "SuperAnnotate",
        (r'"metadata"\s*:', r'"instances"\s*:', r'"(?:className|classId|pointLabels|tags)"\s*:'),
    ),
    UnreadFormat(
        "Segment Anything (SA-1B)",
        (r'"(?:predicted_iou|stability_score)"\s*:',),
        "its masks have no classes: put the annotations of all files into one COCO file with a "
        "category of your own",
    ),
    UnreadFormat(
        "Cityscapes",
        (r'"imgHeight"\s*:', r'"objects"\s*:'),
        "convert them with mmdetection: tools/dataset_converters/cityscapes.py writes COCO",
    ),
    UnreadFormat(
        "BDD100K",
        (r'"labels"\s*:', r'"box2d"\s*:'),
        "convert them: python -m bdd100k.label.to_coco -m det -i FILE -o OUT",
    ),
    UnreadFormat("FiftyOne", (r'"_cls"\s*:',)),
    UnreadFormat("FiftyOne", (r'"classes"\s*:', r'"labels"\s*:', r'"bounding_box"\s*:')),
    UnreadFormat("Encord", (r'"data_units"\s*:', r'"(?:label_hash|object_answers)"\s*:')),
    UnreadFormat("Kili", (r'"jsonResponse"\s*:',)),
    UnreadFormat("Dataloop", (r'"coordinates"\s*:', r'"(?:datasetId|itemId)"\s*:')),
    UnreadFormat("Hasty", (r'"export_format_version"\s*:', r'"label_classes"\s*:')),
    UnreadFormat(
        "Visual Genome",
        (r'"object_id"\s*:', r'"(?:names?|synsets)"\s*:', r'"image_(?:id|url)"\s*:'),
        "write a COCO file of x, y, w, h and the first of the names of each object",
    ),
    UnreadFormat(
        "VIA 3",
        (r'"(?:vid_list|fid_list)"\s*:', r'"(?:attribute|file|view)"\s*:'),
        "export them from there as COCO, or draw in VIA 2, whose files are read",
    ),
    UnreadFormat("Vertex AI", (r'"imageGcsUri"\s*:',)),
    UnreadFormat(
        "Vertex AI", ("gs://", "(?m)^(?:TRAIN|TEST|VALIDATION|UNASSIGNED),"), EXPORT, TEXT
    ),
    UnreadFormat("Azure Machine Learning", (r'"image_url"\s*:', r'"topX"\s*:')),
    UnreadFormat("PaliGemma", (r'"suffix"\s*:', "<loc[0-9]")),
    UnreadFormat("Florence-2", (r'"suffix"\s*:', "<loc_[0-9]")),
    UnreadFormat(
        "Azure Custom Vision",
        (r'"regions"\s*:', r'"tagName"\s*:', r'"left"\s*:'),
        "write a COCO file of left, top, width and height of each region, times the image's sides",
    ),
    UnreadFormat(
        "Clarifai",
        (r'"region_info"\s*:', r'"bounding_box"\s*:'),
        "write a COCO file of each bounding_box, times the sides of its image",
    ),
    UnreadFormat(
        "IBM Cloud Annotations",
        (r'"type"\s*:\s*"localization"', r'"annotations"\s*:\s*\{'),
        "write a COCO file of x, y, x2 and y2, times the sides of the image",
    ),
    UnreadFormat(
        "Scale",
        (r'"task_id"\s*:', r'"response"\s*:', r'"annotations"\s*:'),
        "write a COCO file of left, top, width and height of the annotations in each response",
    ),
    UnreadFormat(
        "Unity Perception",
        (r'"captures"\s*:', r'"(?:annotation_definition|annotations)"\s*:', r'"filename"\s*:'),
        "write a COCO file of the boxes in the values of each capture",
    ),
    UnreadFormat(
        "Colabeler",
        (r'"outputs"\s*:\s*\{', r'"(?:time_labeled|labeled)"\s*:'),
        "export them from there as Pascal VOC",
    ),
    UnreadFormat(
        "Colabeler", ("<doc>", "<outputs>"), "export them from there as Pascal VOC", (".xml",)
    ),
    UnreadFormat(
        "ModelArts",
        (r'"modelarts/object_detection"',),
        "give the folder of the files of Pascal VOC that annotation-loc names",
    ),
    UnreadFormat(
        "Turi Create",
        (r"""\[\{[^\r\n]*['"]coordinates['"]{1,2}\s*:\s*\{""",),
        "write Create ML's JSON, a list of an image and its annotations, of the same annotations",
        TEXT,
    ),
    UnreadFormat(
        "PPOCRLabel (text)",
        (r'(?m)^[^\t\r\n]+\t\[\{"transcription"\s*:',),
        "write a COCO file of the points of each line",
        TEXT,
    ),
    UnreadFormat("OpenLABEL", (r'"openlabel"\s*:',)),
    UnreadFormat("GeoJSON", (r'"FeatureCollection"',), EXPORT, (*JSON, ".geojson")),
    UnreadFormat(
        "nuScenes or nuImages",
        (r'"(?:sample_data_token|sample_token)"\s*:',),
        "convert them with mmdetection3d: tools/dataset_converters/nuimage_converter.py writes "
        "COCO",
    ),
    UnreadFormat(
        "CrowdHuman",
        (r'"gtboxes"\s*:',),
        "write a COCO file of the fbox of each of the gtboxes",
        (*JSON, ".odgt"),
    ),
    UnreadFormat(
        "LabelMe of 2005 (XML)",
        ("<annotation[ >]", "<(?:sourceAnnotation|pt)>"),
        DATUM.format("label_me"),
        (".xml",),
    ),
    UnreadFormat("UA-DETRAC", ("<sequence", "<target_list"), EXPORT, (".xml",)),
    UnreadFormat("dlib imglab", ("<dataset", r"<box\s[^>]*top="), EXPORT, (".xml",)),
    UnreadFormat(
        "MOT challenge (tracks in videos)",
        (r"(?m)^\s*\d+,\s*-?\d+(?:\.0*)?(?:,\s*-?[\d.]+){4,8}\s*$",),
        DATUM.format("mot_seq"),
        TEXT,
        r"(?:^|/)(?:gt|det)(?:/[^/]*)?\.txt$",
    ),
    UnreadFormat(
        "MOT challenge (tracks in videos)",
        (rf"(?m){_TRACK}-?[\d.]+(?:\s*,\s*-1(?:\.0*)?){{3}}\s*$",),
        DATUM.format("mot_seq"),
        TEXT,
    ),
    UnreadFormat(
        "MOT challenge (tracks in videos)",
        (rf"(?m){_TRACK}[01]\s*,\s*\d{{1,2}}\s*,\s*[01]?(?:\.\d*)?\s*$",),
        DATUM.format("mot_seq"),
        TEXT,
        r"^(?!(?:.*/)?labels/)",  # where it may be a polygon in pixels
    ),
    UnreadFormat(
        "MOT challenge (tracks in videos)",
        (
            r"(?m)\A\d+ -?\d+(?: -?[\d.]+){2}(?: \d{2,}(?:\.\d*)?){2} -?[\d.]+"
            r"(?: -1(?:\.0*)?){3}(?: |$)",
        ),
        "write commas between the columns, as MOT has them; " + DATUM.format("mot_seq"),
        TEXT,
    ),
    UnreadFormat(
        "VATIC (tracks in videos)",
        (r'(?m)\A\d+(?: -?[\d.]+){4} \d+(?: [01]){3} "[^"\r\n]+"',),
        EXPORT,
        TEXT,
    ),
    UnreadFormat(
        "KITTI tracking (tracks in videos)",
        (r"(?m)\A\d+ -?\d+ [A-Za-z_]+ -?[\d.]+ -?\d+ (?:-?[\d.]+ ){5}",),
        "write the columns from the third on to a label file for each frame, as KITTI has them",
        TEXT,
    ),
    UnreadFormat(
        "VisDrone video (tracks in videos)",
        (r"(?m)\A(?:\d+,){2}(?:-?\d+,){4}[01],\d+,\d+,\d+,?\s*$",),
        "write the columns from the third on to a label file for each frame, as VisDrone has them",
        TEXT,
    ),
    UnreadFormat(
        "ICDAR (text)",
        (r"(?m)^(?:\xef\xbb\xbf)?(?:-?\d+,){8}[^-\d\s]",),
        DATUM.format("icdar_text_localization"),
        TEXT,
    ),
    UnreadFormat(
        "ICDAR (text)",
        (r'(?m)\A(?:\xef\xbb\xbf)?(?:\d+(?: |, ?)){4}"[^"\r\n]+"\s*$',),
        DATUM.format("icdar_text_localization"),
        TEXT,
    ),
    UnreadFormat(
        "COCO-Text or TextOCR",
        (r'"imgs"\s*:', r'"(?:anns|imgToAnns|img2Anns)"\s*:'),
        "write a COCO file: its imgs and anns as lists called images and annotations",
    ),
    UnreadFormat(
        "TT100K",
        (r'"imgs"\s*:', r'"objects"\s*:', r'"bbox"\s*:\s*\{\s*"(?:xmin|ymin|xmax|ymax)"'),
        "write a COCO file of the bbox and the category of each of the objects",
    ),
    UnreadFormat(
        "FDDB (ellipses of faces)",
        (r"(?m)^\d{4}/\d\d/\d\d/big/img_\d+\s*$",),
        "write the extent of each ellipse as the bbox in a COCO file",
        TEXT,
    ),
    UnreadFormat(
        "HRSC2016 (rotated ships)",
        ("<HRSC_Image",),
        "write DOTA's lines of the corners of each mbox, or a COCO file of its box",
        (".xml",),
    ),
    UnreadFormat(
        "the Open Images challenge as MMDetection has it",
        (r"\A\S[^\r\n]*\.jpe?g\s*\n-?\d+\s*\n\d+\s*\n\d+(?: [\d.]+){4} [01]\s",),
        "give the table of Open Images that they were made from, with ImageID, LabelName and XMin",
        TEXT,
    ),
    UnreadFormat(
        "CelebA (a list of faces)",
        (r"\A\d+\s+image_id\s+x_1\s+y_1\s+width\s+height\s",),
        "write it as CSV: without its first line, and with a comma between columns",
        TEXT,
    ),
    UnreadFormat(
        "TFRecord",
        (),
        DATUM.format("tf_detection_api"),
        (),
        r"\.(?:tfrecords?|record)(?:-\d+-of-\d+)?$",
    ),
    UnreadFormat(
        "Arrow (of Hugging Face datasets or Datumaro)",
        (),
        "write Parquet: datasets.load_from_disk(FOLDER).to_parquet(FILE); or export it with "
        "Datumaro as datumaro",
        (".arrow",),
    ),
    UnreadFormat(
        "Matlab (Pascal Context, SBD, WIDER Face and others)",
        (),
        "most of these datasets can be had as COCO or VOC, too",
        (".mat", ".vbb"),
    ),
)


def unread_format(name: str, head: bytes) -> UnreadFormat | None:
    """The format that is not read and that a file is of; None if it is of none.

    Parameters
    ----------
    name:
        the path of the file.
    head:
        its beginning.
    """
    return next((one for one in UNREAD if one.holds(name, head)), None)


def unread_evidence(sample: PathSample) -> Iterator[FormatEvidence]:
    """What speaks for formats that are not read, each with what it is and the way to what is.

    That a file is about another task is weak evidence: it is told where nothing else is there.
    """
    found: dict[str, list[str]] = {}
    ways: dict[str, str] = {}
    tasks = {one.name for one in OTHER_TASKS}
    for ending in sample.endings:
        candidates = sample.ending(ending)
        if ending not in _ENDINGS:
            candidates = [name for name in candidates if _PATHS.search(name)]
        for name in sample.spread(candidates):
            head = sample.head(name)
            if one := unread_format(name, head) or _other_task(name, head):
                found.setdefault(one.name, []).append(name)
                way = one.way.format(file=shlex.quote(str(sample.full_path(name))))
                ways.setdefault(one.name, way)
    for name, files in found.items():
        is_task = name in tasks
        kind = name if is_task or name == RESULTS else f"labels of {name}"
        verdict = "have no boxes" if is_task else "are not read"
        yield FormatEvidence(
            tuple(files),
            len(files),
            len(files),
            kind,
            bytes_fitting=sum(map(sample.size, files)),
            weak=is_task,
            refusal=f"{kind} ({some(files)}) {verdict}; {ways[name]}",
        )


def some(names: Sequence[str], count: int = 3) -> str:
    """A few names, and how many more there are.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    more = f" and {len(names) - count:,} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def _other_task(name: str, head: bytes) -> UnreadFormat | None:
    """The other task than detection that a file is about; None if it is known to be about none."""
    return next((one for one in OTHER_TASKS if one.holds(name, head)), None)


_EVERY = (*UNREAD, *OTHER_TASKS)
_ENDINGS = {ending for one in _EVERY for ending in one.endings}
_PATHS = re.compile("|".join(one.path for one in _EVERY if not one.endings), re.IGNORECASE)
