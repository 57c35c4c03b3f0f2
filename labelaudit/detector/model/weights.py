"""Weights of a backbone: published, from a user's file, or random."""

from __future__ import annotations

import pickle
from pathlib import Path

from safetensors import SafetensorError
from timm.models import load_state_dict
from torch import Tensor, nn

from labelaudit.core.text import first_line
from labelaudit.detector.model.backbones import BackboneSpec, State
from labelaudit.errors import ConfigError

# Torn pickles raise nearly anything, as the documentation of pickle says; and timm looks for the
# tables of a checkpoint in whatever it finds, which may be a number.
UNREADABLE = (
    OSError,
    RuntimeError,
    EOFError,
    LookupError,
    ValueError,
    AttributeError,
    TypeError,
    pickle.UnpicklingError,
    SafetensorError,
)

REMEDY = "give a file with --weights, or ask for weights = 'random'"


def load_weights(network: nn.Module, spec: BackboneSpec, weights: str) -> None:
    """Fill the network of a backbone.

    Parameters
    ----------
    network: which has random weights, and keeps them if they are wanted.
    spec: of the backbone.
    weights: "pretrained", "random" or the path of a file with a state dict.

    Raises
    ------
    ConfigError
        if they cannot be had, or are those of another network.
    """
    if weights == "random":
        return
    if weights == "pretrained":
        _fill(network, _published(spec), f"the published weights of {spec.name}")
    else:
        _fill(network, _read(Path(weights)), f"{weights}: weights of {spec.name}")


def _published(spec: BackboneSpec) -> State:
    """The weights that its authors trained, downloaded where the network allows it."""
    try:
        return spec.published()
    except (OSError, RuntimeError) as error:
        raise ConfigError(
            f"the published weights of {spec.name} cannot be had ({first_line(error)}); {REMEDY}"
        ) from error


def _read(path: Path) -> State:
    """What a file of weights holds, by name; PyTorch's format or safetensors."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file of weights; {REMEDY}")
    try:
        state = load_state_dict(str(path), weights_only=True)
    except UNREADABLE as error:
        reason = first_line(error)
        if "weights_only" in str(error):  # torch and timm advise to run it anyway
            reason = "it holds more than tensors, or is damaged"
        raise ConfigError(
            f"{path}: not a file of weights ({reason}); "
            "save the state dict of a network with torch.save or safetensors"
        ) from error
    return {name: value for name, value in state.items() if isinstance(value, Tensor)}


def _fill(network: nn.Module, state: State, what: str) -> None:
    """Take each tensor of the network from `state`, which may hold more: layers that were cut."""
    wanted = network.state_dict()
    missing = [
        name for name in wanted if name not in state and not name.endswith("num_batches_tracked")
    ]
    if missing:
        raise ConfigError(
            f"{what}: {len(missing)} of {len(wanted)} tensors are missing, the first "
            f"{missing[0]!r}; are they of another network?"
        )
    for name, value in wanted.items():
        if name in state and state[name].shape != value.shape:
            raise ConfigError(
                f"{what}: {name!r} has shape {tuple(state[name].shape)}, expected "
                f"{tuple(value.shape)}; are they of another network?"
            )
    network.load_state_dict({name: state.get(name, value) for name, value in wanted.items()})
