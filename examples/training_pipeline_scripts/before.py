"""Train a Faster R-CNN on a COCO file, with torchvision alone."""

import sys

import torch
from torch.utils.data import DataLoader
from torchvision.datasets import CocoDetection, wrap_dataset_for_transforms_v2
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn
from torchvision.transforms import v2

images, labels, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.manual_seed(0)

transforms = v2.Compose(
    [v2.ToImage(), v2.RandomHorizontalFlip(0.5), v2.ToDtype(torch.float32, scale=True)]
)
dataset = CocoDetection(images, labels, transforms=transforms)
classes = max(dataset.coco.cats)
dataset = wrap_dataset_for_transforms_v2(dataset, target_keys=("boxes", "labels", "image_id"))


def collate(samples: list) -> tuple:
    """A batch of images of several sizes."""
    return tuple(zip(*samples, strict=True))


loader = DataLoader(dataset, batch_size=2, shuffle=True, collate_fn=collate)
model = fasterrcnn_mobilenet_v3_large_320_fpn(
    weights=None, weights_backbone=None, num_classes=classes + 1
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.9)
model.train()
for step, (pictures, targets) in enumerate(loader):
    if step == steps:
        break
    losses = model(list(pictures), list(targets))
    total = sum(losses.values())
    optimizer.zero_grad()
    total.backward()
    optimizer.step()
    print(f"step {step}: loss {total.item():.3f}")
