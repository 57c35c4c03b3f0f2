"""Lightning: a data module of any labels, a gate before the first epoch, and weighted losses.

pip install lightning
python examples/recipes/lightning_module.py [LABELS] [--epochs 1] [--steps 4]
"""

import argparse
from pathlib import Path

import lightning
import torch
from torch.utils.data import DataLoader
from torchvision.models.detection import retinanet_resnet50_fpn
from torchvision.transforms import v2

import labelaudit
from labelaudit.torch import DetectionDataset, collate, weigh_labels

BUNDLED = Path(__file__).parents[1] / "bccd"


class Labels(lightning.LightningDataModule):
    """The splits of a dataset; `setup` runs in every process, `prepare_data` once before."""

    def __init__(self, path: Path, *, warnings_share: float = 0.05) -> None:
        super().__init__()
        self.path, self.warnings_share = path, warnings_share

    def prepare_data(self) -> None:
        labelaudit.gate(self.path, warnings_share=self.warnings_share)  # stops what is not fit

    def setup(self, stage: str) -> None:  # noqa: ARG002  # its name is Lightning's
        labels = labelaudit.load(self.path)
        transforms = v2.Compose(
            [v2.ToImage(), v2.SanitizeBoundingBoxes(), v2.ToDtype(torch.float32, scale=True)]
        )
        findings = labelaudit.audit(labels)
        self.train = DetectionDataset(
            labels, transforms, split="train", findings=findings, label_weights="weight"
        )
        self.val = DetectionDataset(labels, transforms, split="val", classes=self.train.classes)

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self.train, batch_size=2, shuffle=True, collate_fn=collate)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.val, batch_size=2, collate_fn=collate)


class Detector(lightning.LightningModule):
    """A RetinaNet whose losses count each label by its weight."""

    def __init__(self, classes: int, size: int = 320) -> None:
        super().__init__()
        self.network = weigh_labels(
            retinanet_resnet50_fpn(
                weights=None,
                weights_backbone=None,
                num_classes=classes + 1,
                min_size=size,
                max_size=size,
            )
        )

    def training_step(self, batch: tuple, _number: int) -> torch.Tensor:
        images, targets = batch
        losses = self.network(list(images), list(targets))
        total = sum(losses.values())
        self.log("loss", total, prog_bar=True, batch_size=len(images))
        return total

    def validation_step(self, batch: tuple, _number: int) -> None:
        images, _ = batch
        found = self.network(list(images))
        self.log(
            "detections", float(sum(len(one["boxes"]) for one in found)), batch_size=len(found)
        )

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.001, momentum=0.9)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("labels", nargs="?", type=Path, default=BUNDLED)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4, help="batches of an epoch, at most")
    options = parser.parse_args()
    lightning.seed_everything(0, verbose=False)
    data = Labels(options.labels)
    data.prepare_data()
    data.setup("fit")
    trainer = lightning.Trainer(
        max_epochs=options.epochs,
        limit_train_batches=options.steps,
        limit_val_batches=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Detector(len(data.train.classes)), data)
    print(f"loss {float(trainer.callback_metrics['loss']):.3f} after {trainer.global_step} steps")


if __name__ == "__main__":
    main()
