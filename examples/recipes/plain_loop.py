"""A loop and a network of one's own, with labels weighed in its loss.

    python examples/recipes/plain_loop.py [LABELS] [--epochs 2]

The network is a toy: it says for each cell of a grid whether an object's centre is in it and of
which class. What matters is where the weights go: `weighted_mean` over the boxes.
"""

import argparse
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision.transforms import v2

import labelaudit
from labelaudit.torch import DetectionDataset, collate, weighted_mean

BUNDLED = Path(__file__).parents[1] / "bccd"
SIDE, CELL = 128, 16  # pixels


class Grid(nn.Module):
    """Logits of each class, background first, for each cell: (n, classes, cells, cells)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, CELL // 2, stride=CELL // 2),
            nn.ReLU(),
            nn.Conv2d(32, classes, 1),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


def loss_of(logits: torch.Tensor, target: dict) -> torch.Tensor:
    """The loss of an image: of its boxes by their weights, and of the cells without one."""
    centre = (target["boxes"][:, :2] + target["boxes"][:, 2:]) / 2
    cell = (centre / CELL).long().clamp(0, SIDE // CELL - 1)
    at_boxes = logits[:, cell[:, 1], cell[:, 0]].T  # (boxes, classes)
    per_box = functional.cross_entropy(at_boxes, target["labels"], reduction="none")
    empty = torch.ones(logits.shape[1:], dtype=torch.bool)
    empty[cell[:, 1], cell[:, 0]] = False
    background = functional.log_softmax(logits, dim=0)[0][empty]
    return weighted_mean(per_box, target["weights"]) - background.mean()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("labels", nargs="?", type=Path, default=BUNDLED)
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(0)
    transforms = v2.Compose(
        [v2.ToImage(), v2.Resize((SIDE, SIDE)), v2.ToDtype(torch.float32, scale=True)]
    )
    labels = labelaudit.load(options.labels)
    dataset = DetectionDataset(
        labels, transforms, findings=labelaudit.audit(labels), label_weights="weight"
    )
    print(dataset)
    network = Grid(len(dataset.classes) + 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
    loader = DataLoader(dataset, batch_size=8, shuffle=True, collate_fn=collate)
    for epoch in range(options.epochs):
        total = 0.0
        for images, targets in loader:
            logits = network(torch.stack(images))
            loss = torch.stack([loss_of(*one) for one in zip(logits, targets, strict=True)]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch}: loss {total / len(loader):.3f}")


if __name__ == "__main__":
    main()
