"""Labels of other tasks than detection, known by what they are: no boxes are in them.

Each is a row of `UNREAD` with what it is and what can be done.
"""

from __future__ import annotations

from labelaudit.io.formats.unread_format import UnreadFormat

TABLES = (".csv", ".tsv", ".txt")
JSON = (".json", ".jsonl", ".ndjson")
_IMAGE = r'"?(?:image|img|picture|photo|file)?_?(?:id|name|file|filename|path)?s?"?'
_START = r"\A(?:\xef\xbb\xbf)?"
_BETWEEN = r"\s*[,;\t|]\s*"

DRAW = "boxes have to be drawn in a labelling tool first"

OTHER_TASKS = (
    UnreadFormat(
        "run-length masks in a table",
        (_START + r"[^\r\n]*(?:encoded_?pixels|\brle\b|rle_mask|segmentation)",),
        "write a COCO file with the extent of each mask as its bbox",
        TABLES,
        is_task=True,
    ),
    UnreadFormat(
        "captions of images",
        (_START + rf"(?:{_IMAGE}{_BETWEEN}[^\r\n]*\b(?:caption|comment)s?\b|\S+\.\w+#\d[\t ])",),
        DRAW,
        TABLES,
        is_task=True,
    ),
    UnreadFormat(
        "keypoints in a table",
        (_START + r"[^\r\n]*[a-z0-9]_x\b[^\r\n]*[a-z0-9]_y\b[^\r\n]*[a-z0-9]_x\b[^\r\n]*_y\b",),
        "write a COCO file with keypoints, and their extent as the bbox",
        TABLES,
        is_task=True,
    ),
    UnreadFormat(
        "classes of whole images",
        (
            _START + rf"(?:{_IMAGE}{_BETWEEN}"
            r'"?(?:label|class|breed|category|target|tag|species|diagnosis)s?(?:_?(?:id|name))?"?'
            r"\s*(?:[\r\n]|\Z)"
            r"|(?:[^\s,;]+\.(?:jpe?g|png|bmp|gif|tiff?)[ \t,;]+\d+\s*(?:[\r\n]+|\Z))+\Z)",
        ),
        DRAW,
        TABLES,
        is_task=True,
    ),
    UnreadFormat(
        "classes of whole samples (Edge Impulse)",
        (r'"version"\s*:\s*1', r'"files"\s*:\s*\[', r'"label"\s*:\s*\{\s*"type"'),
        DRAW,
        (".labels",),
        is_task=True,
    ),
    UnreadFormat(
        "conversations about images",
        (r'"(?:conversations|messages)"\s*:\s*\[', r'"(?:from|role)"\s*:'),
        DRAW,
        JSON,
        is_task=True,
    ),
    UnreadFormat(
        "captions of images",
        (r'"(?:captions?|sentences)"\s*:\s*[\["]', r'"(?:image|file_?name|image_id|filename)"\s*:'),
        DRAW,
        JSON,
        is_task=True,
    ),
    UnreadFormat(
        "point clouds",
        (),
        "labels of three dimensions are not read; those of their images in KITTI's are",
        (),
        r"\.(?:pcd|ply|las|laz)$|(?:^|/)velodyne(?:_points)?/.*\.bin$",
        is_task=True,
    ),
    UnreadFormat(
        "volumes of medical images",
        (),
        "write a slice of each as an image, and boxes in it as COCO",
        (),
        r"\.(?:nii(?:\.gz)?|nrrd|mha|mhd|dcm|dicom)$",
        is_task=True,
    ),
    UnreadFormat(
        "videos",
        (),
        "write their frames as images; CVAT's labels of a video are read with them",
        (),
        r"\.(?:mp4|avi|mov|mkv|webm|m4v)$",
        is_task=True,
    ),
)
"""In the order in which they are asked: what a table surely has goes before its first column."""
