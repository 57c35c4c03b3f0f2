"""Formats that are not read, each known by a small file as its tool writes it."""

from __future__ import annotations

import pytest

from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.unread import UNREAD, unread_evidence, unread_format

SAMPLES = [
    ("results of a detector", "r.json", '[{"image_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5}]'),
    ("Supervisely", "a.json", '{"objects": [{"classTitle": "car", "points": {"exterior": []}}]}'),
    ("Supervisely", "b.json", '{"tags": [], "size": {"height": 4, "width": 3}, "objects": []}'),
    ("Labelbox", "a.ndjson", '{"data_row": {"id": "c1"}, "projects": {"x": {"labels": []}}}'),
    ("Labelbox", "a.json", '[{"ID": "c", "Labeled Data": "http://x/a.jpg", "Label": {}}]'),
    ("SageMaker Ground Truth", "output.manifest", '{"source-ref": "s3://b/a.jpg", "x": {}}'),
    ("VoTT", "x-export.json", '{"videoSettings": {"frameExtractionRate": 15}, "assets": {}}'),
    ("VoTT", "9f-asset.json", '{"asset": {"name": "a.jpg"}, "regions": [{"boundingBox": {}}]}'),
    ("VoTT", "a.json", '{"frames": {"a.jpg": []}, "inputTags": "car,truck"}'),
    ("Darwin (V7)", "a.json", '{"item": {"name": "a"}, "annotations": [{"bounding_box": {}}]}'),
    (
        "Darwin (V7)",
        "b.json",
        '{"schema_ref": "https://darwin-public.s3/v2.json", "item": {}, "annotations": []}',
    ),
    ("SuperAnnotate", "a.jpg.json", '{"metadata": {}, "instances": [{"className": "car"}]}'),
    (
        "Segment Anything (SA-1B)",
        "sa_1.json",
        '{"image": {"image_id": 1}, "annotations": [{"bbox": [1], "predicted_iou": 0.9}]}',
    ),
    ("Cityscapes", "a_polygons.json", '{"imgHeight": 1024, "imgWidth": 2048, "objects": []}'),
    ("BDD100K", "det.json", '[{"name": "a.jpg", "labels": [{"category": "car", "box2d": {}}]}]'),
    ("FiftyOne", "samples.json", '{"samples": [{"ground_truth": {"_cls": "Detections"}}]}'),
    ("FiftyOne", "labels.json", '{"classes": [], "labels": {"a": [{"bounding_box": [1]}]}}'),
    ("Encord", "a.json", '[{"label_hash": "x", "data_units": {}}]'),
    ("Kili", "a.json", '[{"externalId": "a", "jsonResponse": {}}]'),
    ("Dataloop", "a.json", '{"itemId": "x", "annotations": [{"coordinates": []}]}'),
    ("VIA 3", "a.json", '{"project": {"vid_list": ["1"]}, "attribute": {}, "file": {}}'),
    ("Hasty", "a.json", '{"export_format_version": "1.1", "label_classes": [], "images": []}'),
    (
        "Visual Genome",
        "objects.json",
        '[{"image_id": 1, "objects": [{"object_id": 2, "names": []}]}]',
    ),
    ("Vertex AI", "a.jsonl", '{"imageGcsUri": "gs://b/a.jpg", "boundingBoxAnnotations": []}'),
    ("Vertex AI", "a.csv", "TRAIN,gs://b/a.jpg,car,0.1,0.1,,,0.3,0.3,,\n"),
    ("Azure Machine Learning", "a.jsonl", '{"image_url": "x", "label": [{"topX": 0.1}]}'),
    ("PaliGemma", "_annotations.train.jsonl", '{"image": "a", "suffix": "<loc0100> car"}'),
    ("Florence-2", "a.jsonl", '{"image": "a.jpg", "suffix": "9 of clubs<loc_142><loc_101>"}'),
    (
        "Azure Custom Vision",
        "images.json",
        '[{"id": "c", "regions": [{"tagName": "cat", "left": 0.1, "top": 0.2}]}]',
    ),
    (
        "Clarifai",
        "a.json",
        '{"inputs": [{"data": {"regions": [{"region_info": {"bounding_box": {}}}]}}]}',
    ),
    (
        "IBM Cloud Annotations",
        "_annotations.json",
        '{"type": "localization", "labels": ["cat"], "annotations": {"a.jpg": []}}',
    ),
    ("Scale", "a.json", '[{"task_id": "5", "response": {"annotations": [{"left": 2}]}}]'),
    (
        "Unity Perception",
        "captures_000.json",
        '{"captures": [{"filename": "a.png", "annotations": [{"annotation_definition": "x"}]}]}',
    ),
    (
        "Unity Perception",
        "step0.frame_data.json",
        '{"frame": 0, "captures": [{"filename": "a.png", "annotations": []}]}',
    ),
    ("Colabeler", "a.json", '{"path": "a.jpg", "outputs": {"object": []}, "time_labeled": 1}'),
    ("Colabeler", "a.xml", "<doc><path>a.jpg</path><outputs><object/></outputs></doc>"),
    (
        "ModelArts",
        "V1.manifest",
        '{"source": "s3://x/a.jpg", "annotation": [{"type": "modelarts/object_detection"}]}',
    ),
    (
        "Turi Create",
        "a.csv",
        "path,annotations\na.jpg,\"[{'coordinates': {'x': 1, 'y': 2}, 'label': 'cat'}]\"\n",
    ),
    ("PPOCRLabel (text)", "Label.txt", 'a/b.jpg\t[{"transcription": "x", "points": []}]\n'),
    ("OpenLABEL", "a.json", '{"openlabel": {"metadata": {}}}'),
    ("GeoJSON", "a.geojson", '{"type": "FeatureCollection", "features": []}'),
    ("nuScenes or nuImages", "object_ann.json", '[{"sample_data_token": "x", "bbox": [1]}]'),
    ("CrowdHuman", "annotation_val.odgt", '{"ID": "a", "gtboxes": [{"tag": "person"}]}'),
    (
        "LabelMe of 2005 (XML)",
        "a.xml",
        "<annotation><object><polygon><pt><x>1</x></pt></polygon></object></annotation>",
    ),
    ("UA-DETRAC", "MVI_1.xml", '<sequence name="MVI_1"><frame><target_list/></frame></sequence>'),
    ("dlib imglab", "a.xml", "<dataset><images><image><box left='1' top='2'/></image></images>"),
    ("MOT challenge (tracks in videos)", "seq/gt/gt.txt", "1,1,912,484,97,109,0,7,1\n"),
    ("MOT challenge (tracks in videos)", "tracks.txt", "1,1,399,182,121,229,1,-1,-1,-1\n"),
    (
        "MOT challenge (tracks in videos)",
        "a.txt",
        "1, 3, 794.27, 247.5, 71.2, 174.8, -1, -1, -1, -1\n",
    ),
    (
        "MOT challenge (tracks in videos)",
        "gt/gt-short.txt",
        "1 1 893 90 148 538 -1 -1 -1 -1 0\n2 1 892 89 152 541 -1 -1 -1 -1 1\n",
    ),
    (
        "the Open Images challenge as MMDetection has it",
        "challenge-2019-train-detection-bbox.txt",
        "validation/0001eeaf4aed83f9.jpg\n-1\n1\n86 0.0226 0.071 0.9642 0.8005 0\n",
    ),
    ("ICDAR (text)", "gt_img_2.txt", '38 43 920 215 "Tiredness"\n275 264 665 450 "kills"\n'),
    ("ICDAR (text)", "gt_img_3.txt", '38, 43, 920, 215, "A short break"\r\n'),
    ("MOT challenge (tracks in videos)", "000001.txt", "1,1,912,484,97,109,0,7,0.86\n"),
    ("VATIC (tracks in videos)", "a.txt", '0 302 113 319 183 0 0 0 0 "worker"\n'),
    ("MOT challenge (tracks in videos)", "det.txt", "1,-1,1359.1,413.27,120.26,362.77,2.3,-1\n"),
    (
        "KITTI tracking (tracks in videos)",
        "label_02/0000.txt",
        "0 0 Van 0 0 -1.79 296.7 161.7 455.2 292.3 2.0 1.8 4.4 -4.5 1.8 13.4 -2.1\n",
    ),
    ("VisDrone video (tracks in videos)", "uav1_v.txt", "1,0,593,43,174,190,0,0,0,0\n"),
    ("ICDAR (text)", "gt_img_1.txt", "377,117,463,117,465,130,378,130,Genaxis Theatre\n"),
    (
        "MMDetection",
        "a.json",
        '{"data_list": [{"instances": [{"bbox_label": 0}]}]}',
    ),
    ("MMDetection", "b.json", '[{"filename": "a.jpg", "ann": {"bboxes": [[1, 2, 3, 4]]}}]'),
    (
        "Detectron2 (a list of dictionaries)",
        "a.json",
        '[{"file_name": "a.jpg", "annotations": [{"bbox": [1, 2, 3, 4], "bbox_mode": 0}]}]',
    ),
    (
        "ISAT",
        "a.json",
        '{"info": {"name": "a.jpg"}, "objects": [{"layer": 1, "segmentation": [[1, 2]]}]}',
    ),
    ("COCO-Text or TextOCR", "a.json", '{"imgs": {"1": {"id": 1}}, "anns": {"2": {}}}'),
    (
        "TT100K",
        "annotations.json",
        '{"imgs": {"1": {"objects": [{"bbox": {"xmin": 1}, "category": "pl50"}]}}, "types": []}',
    ),
    (
        "FDDB (ellipses of faces)",
        "FDDB-fold-01-ellipseList.txt",
        "2002/08/11/big/img_591\n1\n123.58 85.54 1.26 269.69 161.78  1\n",
    ),
    ("HRSC2016 (rotated ships)", "1.xml", "<HRSC_Image><HRSC_Objects/></HRSC_Image>"),
    (
        "CelebA (a list of faces)",
        "list_bbox_celeba.txt",
        "202599\nimage_id x_1 y_1 width height\n000001.jpg    95  71 226 313\n",
    ),
    ("TFRecord", "train.tfrecord-00000-of-00010", "\0"),
    ("TFRecord", "Cars.tfrecord", "\0"),
    ("Arrow (of Hugging Face datasets or Datumaro)", "datum-0.arrow", "ARROW1"),
    ("Matlab (Pascal Context, SBD, WIDER Face and others)", "2008_000002.mat", "MATLAB 5.0"),
]


@pytest.mark.parametrize(("name", "file", "text"), SAMPLES)
def test_a_file_of_a_format_that_is_not_read_is_known_by_its_keys(name, file, text, tmp_path):
    found = unread_format(file, text.encode())
    assert found is not None
    assert found.name == name
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    (evidence,) = unread_evidence(PathSample(tmp_path))
    assert file in evidence.refusal
    assert "{" not in evidence.refusal
    assert len(evidence.refusal) > len(name) + len(file) + 30


def test_each_format_that_is_not_read_has_a_sample():
    assert {one.name for one in UNREAD} == {name for name, _, _ in SAMPLES}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.json", '{"images": [{"id": 1}], "annotations": [{"bbox": [1], "score": 0.4}]}'),
        ("a.json", '[{"image_id": 3, "category_id": 1, "bbox": [1, 2, 3, 4]}]'),
        ("a.json", '{"shapes": [], "imagePath": "a.jpg", "imageHeight": 4}'),
        ("a.json", '{"a.jpg1": {"filename": "a.jpg", "regions": [{"shape_attributes": {}}]}}'),
        ("a.json", '[{"image": "a.jpg", "annotations": [{"coordinates": {"x": 1}}]}]'),
        ("a.xml", "<annotation><object><bndbox/></object></annotation>"),
        ("a.txt", "0 0.5 0.5 0.1 0.1\n"),
        ("labels/a.txt", "1,1,912,484,97,109,0,7,1\n"),
        ("gt/a.txt", "0, 0.5, 0.5, 0.1, 0.1\n"),
        ("a.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\n"),
        ("train.txt", "images/a.jpg\n"),
    ],
)
def test_a_file_of_another_kind_is_none_of_them(file, text):
    assert unread_format(file, text.encode()) is None
