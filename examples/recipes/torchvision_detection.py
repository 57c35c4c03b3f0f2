"""Train torchvision's Faster R-CNN on any labels, each counting as much as it is probably right.

    python examples/recipes/torchvision_detection.py [LABELS] [--queue REVIEW.sqlite] [--epochs 1]

The loop is that of torchvision's references; what is labelaudit's is marked. By itself it runs for
a minute on the labels that lie beside it.
"""

import argparse
from pathlib import Path

import torch
from torch.utils.data import DataLoader
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn
from torchvision.transforms import v2

import labelaudit
from labelaudit.torch import DetectionDataset, collate, weigh_labels

BUNDLED = Path(__file__).parents[1] / "bccd"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("labels", nargs="?", type=Path, default=BUNDLED)
    parser.add_argument("--queue", type=Path)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4, help="batches of an epoch, at most")
    options = parser.parse_args()
    torch.manual_seed(0)

    transforms = v2.Compose(
        [
            v2.ToImage(),
            v2.RandomHorizontalFlip(0.5),
            v2.SanitizeBoundingBoxes(),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )
    # labelaudit: findings say which labels are doubted; without a model, which are broken.
    labels = labelaudit.load(options.labels)
    findings = None if options.queue else labelaudit.audit(labels)
    dataset = DetectionDataset(
        labels,
        transforms,
        split="train" if "train" in labels.splits else None,
        queue=options.queue,  # accepted fixes are done on the fly
        findings=findings,
        label_weights="weight",
    )
    print(dataset)

    loader = DataLoader(dataset, batch_size=2, shuffle=True, collate_fn=collate)
    model = fasterrcnn_mobilenet_v3_large_320_fpn(
        weights=None, weights_backbone=None, num_classes=len(dataset.classes) + 1
    )
    model = weigh_labels(model)  # labelaudit: losses count each label by its weight
    optimizer = torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.9)

    model.train()
    for epoch in range(options.epochs):
        for step, (images, targets) in enumerate(loader):
            if step == options.steps:
                break
            losses = model(list(images), list(targets))
            total = sum(losses.values())
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
            print(f"epoch {epoch} step {step}: loss {total.item():.3f}")


if __name__ == "__main__":
    main()
