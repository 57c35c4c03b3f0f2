import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

import labelaudit
from labelaudit.auditing.between_scans.baseline import write_baseline
from labelaudit.auditing.contract.read import read_contract
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import Options
from labelaudit.cli import main
from labelaudit.errors import ConfigError, GateError, LabelauditError
from labelaudit.pipeline.gate import gate
from labelaudit.testing import draw, images, one_image, with_image_files, with_label_issues

NO_IMAGES = Options(ignore=("IMG",))
FLAT = "car 50 20 50 60"


def boxes(count, *more):
    rows = [f"car {10 + 7 * n} {10 + 5 * n} {40 + 7 * n} {40 + 5 * n}" for n in range(count)]
    return images({f"{n}.jpg": [row] for n, row in enumerate(rows)} | {"last.jpg": more})


def refusal(*arguments, **options):
    with pytest.raises(GateError) as caught:
        gate(*arguments, **options)
    return str(caught.value)


def near_duplicates(count):
    """Boxes of which `count` are near duplicates: a warning each."""
    pairs = {
        f"pair{n}.jpg": [f"car 10 {10 + n} 90 90", f"car 12 {10 + n} 92 90"] for n in range(count)
    }
    rows = {f"{n}.jpg": [f"car {10 + n} 10 {60 + n} 70"] for n in range(200 - 2 * count)}
    return images(pairs | rows)


def test_good_labels_pass_and_what_was_found_comes_back(tmp_path: Path):
    found = gate(with_image_files(boxes(5), tmp_path))
    assert not found.has(Severity.WARNING)
    assert len(found.dataset.boxes) == 5


def test_one_error_is_one_too_many_unless_it_is_allowed():
    dataset = boxes(5, FLAT)
    assert "1 error; 0 allowed" in refusal(dataset, options=NO_IMAGES)
    assert gate(dataset, errors=1, options=NO_IMAGES).has(Severity.ERROR)


def test_warnings_are_counted_as_a_share_of_boxes():
    options = Options(select=("DUP002",))
    assert len(gate(near_duplicates(1), options=options).findings) == 1
    said = refusal(near_duplicates(2), options=options)
    assert "2 warnings; 1 allowed, a share of 0.005 of all boxes" in said
    assert len(gate(near_duplicates(2), options=options, warnings_share=0.01).findings) == 2


def test_a_share_that_is_a_whole_number_of_boxes_is_not_rounded_below_it():
    # 0.07 * 100 is 7.000000000000001, and .29 * 100 is 28.999999999999996
    dataset = images({f"{n}.jpg": [f"car {n} 10 {n + 50} 70"] for n in range(42)})
    dataset_and = images(
        {f"{n}.jpg": [f"car 10 {10 + n} 90 90", f"car 12 {10 + n} 92 90"] for n in range(29)}
        | {f"x{n}.jpg": [f"car {n} 10 {n + 50} 70"] for n in range(42)}
    )
    assert len(dataset.boxes) + 58 == len(dataset_and.boxes) == 100
    found = gate(dataset_and, options=Options(select=("DUP002",)), warnings_share=0.29)
    assert len(found.findings) == 29


def test_info_never_shuts_the_gate():
    found = gate(boxes(5), options=Options(select=("CLS004",)), warnings_share=0)
    assert found.findings.severity.tolist() == [Severity.INFO] * len(found.findings)


def test_a_rule_that_could_not_run_does_not_count_as_passed():
    said = refusal(boxes(5))
    assert "could not run, so that nobody knows: missing-image" in said
    assert "images=FOLDER" in said
    assert "not checked: all of IMG" in said


def test_sizes_that_labels_do_not_state_are_no_reason_where_the_images_are_at_hand(tmp_path: Path):
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    for number in range(5):
        draw(tmp_path / "images" / f"sized{number}.jpg", (64, 48))
        (tmp_path / "labels" / f"sized{number}.txt").write_text(f"0 0.5 0.5 0.5 0.{number + 3}\n")
    (tmp_path / "data.yaml").write_text("path: .\ntrain: images\nnames: [car]\n")
    found = gate(tmp_path, warnings_share=1)
    assert "IMG003" in found.not_checked
    for path in (tmp_path / "images").iterdir():
        path.unlink()
    assert "could not run" in refusal(tmp_path, warnings_share=1)


def test_what_no_model_was_asked_is_told_and_does_not_shut_the_gate():
    found = gate(boxes(5), options=NO_IMAGES)
    assert {"MOD001", "MOD002"} <= set(found.not_checked)


def test_a_models_opinion_counts():
    dataset = boxes(5)
    issues = with_label_issues(dataset, "0 wrong_class 0.9 car").label_issues
    options = Options(select=("MOD002",))
    assert "wrong-class" in refusal(dataset, options=options, label_issues=issues)


def test_labels_without_a_box_do_not_pass():
    said = refusal(images({"a.jpg": [], "b.jpg": []}), options=NO_IMAGES, warnings_share=1)
    assert "there is no box in 2 images" in said
    assert "0 images" in refusal({"images": [], "annotations": []}, options=NO_IMAGES)
    assert gate(images({"a.jpg": []}), options=NO_IMAGES, warnings_share=1, allow_empty=True)


def test_findings_of_the_baseline_do_not_count(tmp_path: Path):
    dataset = boxes(5, FLAT)
    path = tmp_path / "baseline.json"
    write_baseline(path, labelaudit.audit(dataset), dataset)
    found = gate(dataset, options=NO_IMAGES, baseline=path)
    assert found.known > 0
    assert not len(found.findings)


def written(tmp_path: Path, *bbox):
    path = tmp_path / "my labels.json"
    annotations = [
        {"id": n, "image_id": 1, "category_id": 1, "bbox": list(box), "area": 4, "iscrowd": 0}
        for n, box in enumerate(bbox, 1)
    ]
    image = {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
    labels = {
        "images": [image],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "car"}],
    }
    path.write_text(json.dumps(labels))
    return path


def test_the_command_in_the_summary_shows_the_same_findings(tmp_path: Path, capsys):
    path = written(tmp_path, [10, 10, 30, 30], [50, 20, 0, 40])
    options = Options(select=("GEO",), ignore=("GEO010",))
    said = refusal(path, options=options, baseline=None, images=tmp_path)
    line = next(line for line in said.split("\n") if line.startswith("all of them: "))
    words = shlex.split(line.removeprefix("all of them: "))
    assert words[0] == "labelaudit"
    assert main([*words[1:], "--output-format", "jsonl"]) == 1
    shown = [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()]
    assert shown == ["zero-area"]
    mend = next(line for line in said.split("\n") if line.startswith("mend "))
    cleaned = shlex.split(mend.partition(": ")[2])[1:-1]
    assert main([*cleaned, str(tmp_path / "cleaned.json")]) == 0
    assert len(labelaudit.load(tmp_path / "cleaned.json").boxes) == 1


def test_the_worst_is_shown_with_its_place_and_the_rest_is_counted():
    said = refusal(boxes(9, *(f"car 50 {20 + n} 50 60" for n in range(5))), options=NO_IMAGES)
    assert "error   zero-area GEO001 · 5" in said
    assert "last.jpg id 10" in said
    assert "car is 0 x 40 px" in said
    assert "... and 2 more" in said
    assert said.count("is 0 x") == 3


def test_a_summary_is_wrapped_for_logs_and_obeys_nothing_in_names():
    said = refusal(one_image("car\x1b[31m 50 20 50 60"), options=NO_IMAGES)
    assert "\x1b" not in said
    assert max(map(len, said.split("\n"))) <= 110


def test_a_gate_error_is_one_of_ours():
    assert issubclass(GateError, LabelauditError)


@pytest.mark.parametrize(
    "limits",
    [{"errors": -1}, {"errors": 0.5}, {"warnings_share": 1.5}, {"warnings_share": float("nan")}],
)
def test_limits_that_cannot_be_meant_are_refused(limits):
    with pytest.raises(ConfigError, match="not"):
        gate(boxes(1), options=NO_IMAGES, **limits)


def test_a_contract_keeps_the_gate_shut_and_says_why():
    contract = read_contract({"required-classes": ["bus"], "boxes-per-image": {"max": 1}})
    said = refusal(boxes(5, FLAT, FLAT), errors=9, options=replace(NO_IMAGES, contract=contract))
    assert "contract: boxes of bus; none of bus" in said
    assert "contract: boxes of an image: at most 1; 16.7 % (1 of 6 images) outside" in said


def test_what_a_contract_counts_the_gate_does_not_count_again():
    options = replace(NO_IMAGES, contract=read_contract({"errors": 1}))
    assert gate(boxes(5, FLAT), options=options).has(Severity.ERROR)
    assert "contract: at most 1 error; 2 errors" in refusal(
        boxes(5, FLAT, "car 90 90 90 120"), options=options
    )


def excluding(tmp_path, **more):
    """A file of labels of which `old` holds all that is wrong, and what a configuration says."""
    sizes = {"width": 128, "height": 96}
    labels = {
        "images": [
            {"id": 1, "file_name": "new/1.jpg"} | sizes,
            {"id": 2, "file_name": "old/2.jpg"} | sizes,
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]},
            {"id": 2, "image_id": 2, "category_id": 1, "bbox": [50, 20, 0, 40]},
        ],
        "categories": [{"id": 1, "name": "car"}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    settings = "\n".join(f"{key} = {value}" for key, value in more.items())
    (tmp_path / "labelaudit.toml").write_text(f'select = ["GEO"]\nexclude = ["old"]\n{settings}\n')
    return tmp_path / "labels.json", labelaudit.read_config(folder=tmp_path)


def test_what_the_configuration_excludes_is_not_looked_at_whatever_is_given(tmp_path):
    path, config = excluding(tmp_path)
    assert "1 error; 0 allowed" in refusal(path, options=config.options)
    for source in (path, json.loads(path.read_text()), labelaudit.load(path)):
        assert len(gate(source, options=config).dataset.images) == 1
    once = labelaudit.load(path, exclude=["old"])
    assert gate(once, options=config).dataset.part.exclude == ("old",)


def test_the_baseline_of_the_configuration_is_agreed_on_unless_another_is_given(tmp_path):
    path, config = excluding(tmp_path, baseline='"known.json"')
    dataset = labelaudit.load(path)
    write_baseline(tmp_path / "known.json", labelaudit.audit(dataset, select=["GEO"]), dataset)
    write_baseline(tmp_path / "none.json", labelaudit.audit(dataset, select=["DUP"]), dataset)
    config = replace(config, exclude=())
    assert gate(path, options=config).known == 1
    assert "1 error" in refusal(path, options=config, baseline=tmp_path / "none.json")


def test_the_format_and_the_images_of_the_configuration_hold_where_nothing_else_is_said(tmp_path):
    path, config = excluding(tmp_path)
    with pytest.raises(LabelauditError, match="nowhere"):
        gate(path, options=replace(config, images=(tmp_path / "nowhere",)))
    assert gate(path, images=tmp_path, options=replace(config, images=(tmp_path / "nowhere",)))
    with pytest.raises(LabelauditError, match="Pascal VOC"):
        gate(path, options=replace(config, format="voc"))
