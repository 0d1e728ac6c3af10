"""The networks that a manifest may name: made from plain data, never from a name that a file gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import torch
from torch import nn

from medview.errors import MedViewError

_MONAI = (
    "AttentionUnet",
    "BasicUNet",
    "BasicUNetPlusPlus",
    "DenseNet",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "DynUNet",
    "HighResNet",
    "MedNeXt",
    "RegUNet",
    "SegResNet",
    "SegResNetDS",
    "SegResNetVAE",
    "SwinUNETR",
    "UNETR",
    "UNet",
    "VNet",
)
_NNUNET = ("PlainConvUNet", "ResidualEncoderUNet")
_NOT_FROM_FILES = {"pretrained", "progress"}  # these fetch weights from the network
_LAYERS: dict[str, type[nn.Module]] = {
    layer.__name__: layer
    for layer in (
        nn.Conv2d,
        nn.Conv3d,
        nn.InstanceNorm2d,
        nn.InstanceNorm3d,
        nn.BatchNorm2d,
        nn.BatchNorm3d,
        nn.Dropout2d,
        nn.Dropout3d,
        nn.LeakyReLU,
        nn.ReLU,
        nn.GELU,
    )
}
_LAYER_ARGUMENTS = ("conv_op", "norm_op", "dropout_op", "nonlin")


def known_networks() -> tuple[str, ...]:
    """Return the names that a manifest may give as architecture."""
    return _MONAI + _NNUNET


def make_network(architecture: str, arguments: Mapping[str, Any]) -> nn.Module:
    """Return a network in evaluation mode, with weights that mean nothing yet.

    Parameters
    ----------
    architecture
        One of `known_networks`: MONAI's by the name of their class, and nnU-Net's two.
    arguments
        Of its constructor, as plain data. Layers of nnU-Net's are named by their class in torch, such as "Conv3d".
        What would fetch something is not taken.

    Raises
    ------
    MedViewError
        The name or an argument is not known, or the network cannot be made with them.
    """
    constructor = _constructor(architecture)
    given = {name: value for name, value in arguments.items() if name not in _NOT_FROM_FILES}
    _check_names(architecture, constructor, given)
    try:
        network = constructor(**_with_layers(given) if architecture in _NNUNET else given)
    except ImportError as error:  # of a library that only some of MONAI's networks ask for
        raise _missing(architecture, error) from error
    except (TypeError, ValueError, KeyError, AttributeError, RuntimeError, NotImplementedError, IndexError) as error:
        raise MedViewError(
            "The network {name} cannot be made with the given arguments: {reason}",
            "Ask whoever wrote the model, or whoever imported it.",
            name=architecture,
            reason=str(error) or type(error).__name__,
        ) from error
    made: nn.Module = network
    return made.eval()


def load_weights(network: nn.Module, tensors: Mapping[str, torch.Tensor], name: str) -> nn.Module:
    """Put trained weights into a network; each must be there, of the right shape, and none may be left over.

    Raises
    ------
    MedViewError
        They do not fit.
    """
    try:
        network.load_state_dict(_with_aliases(network, tensors), strict=True)
    except RuntimeError as error:
        lines = str(error).splitlines()
        raise MedViewError(
            "The weights {file} do not fit the network {name}: {reason}",
            "Take the weights and the description from the same version of the model.",
            file=name,
            name=type(network).__name__,
            reason=lines[1 if len(lines) > 1 else 0].strip()[:200],
        ) from error
    return network


def _constructor(architecture: str) -> Callable[..., Any]:
    if architecture not in known_networks():
        raise MedViewError(
            "MedView does not know the network {name}.",
            "It knows: {known}. Networks of any other kind can be had as ONNX or TorchScript.",
            name=architecture,
            known=", ".join(known_networks()),
        )
    try:
        if architecture in _MONAI:
            from monai.networks import nets

            return _class_of(nets, architecture)
        from dynamic_network_architectures.architectures import unet

        return _class_of(unet, architecture)
    except (ImportError, AttributeError) as error:
        raise _missing(architecture, error) from error


def _missing(architecture: str, error: Exception) -> MedViewError:
    return MedViewError(
        "The network {name} needs a library that is not installed: {reason}",
        "Install MedView anew, with everything that it needs.",
        name=architecture,
        reason=(str(error).splitlines() or [type(error).__name__])[0],
    )


def _class_of(module: ModuleType, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(module, name)
    return found


def _check_names(architecture: str, constructor: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Refuse what the constructor does not name; what would take anything is not given anything."""
    names = set(inspect.signature(constructor).parameters)
    if architecture.startswith("DenseNet"):
        names |= set(inspect.signature(_constructor("DenseNet")).parameters)
    unknown = sorted(set(given) - names)
    if unknown:
        raise MedViewError(
            "The network {name} has no argument {unknown}.",
            "Ask whoever wrote the model, or whoever imported it.",
            name=architecture,
            unknown=", ".join(unknown),
        )


def _with_aliases(network: nn.Module, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the weights under all names that the network has for them: safetensors hold each of them once."""
    places = {name: value.data_ptr() for name, value in network.state_dict().items() if value.numel()}
    known = {places[name]: value for name, value in tensors.items() if name in places}
    return {name: known[place] for name, place in places.items() if place in known} | dict(tensors)


def _with_layers(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return nnU-Net's arguments with torch's classes in place of their names; it gives one answer."""
    made = dict(given) | {"deep_supervision": False}
    for name in _LAYER_ARGUMENTS:
        layer = made.get(name)
        if layer is not None:
            made[name] = _LAYERS[str(layer)]
    return made
