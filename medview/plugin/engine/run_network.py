"""Run a network that a manifest describes, without any code of the plugin's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medview.errors import MedViewError
from medview.plugin.contract import Answer, Context, Labels, Partial, Request
from medview.plugin.engine.backends import OnnxBackend
from medview.plugin.engine.found_boxes import found_boxes
from medview.plugin.engine.ladder import Rung, descend, rungs
from medview.plugin.engine.load_network import NetworkFiles, load_network, mirrored
from medview.plugin.engine.network_input import Box, NetworkInput, network_input
from medview.plugin.engine.slab_labels import SlabLabels, SumsOverflowError
from medview.plugin.engine.slab_values import slices_of
from medview.plugin.engine.sliding_window import Forward, Slab, SlidingWindow
from medview.plugin.engine.wanted_map import WantedMap
from medview.plugin.manifest.manifest import Manifest
from medview.plugin.manifest.output_record import Output
from medview.plugin.manifest.runtime import Network
from medview.plugin.network_memory import NetworkMemory
from medview.plugin.plugin_fault_error import PluginFaultError
from medview.progress import Progress, part
from medview.study.finding import Boxes, ClassScores, DerivedImage
from medview.study.segmentation import Segment


@dataclass(frozen=True, eq=False)
class NetworkRun:
    """What a plugin's own code would be: call it with a request, and it gives what the manifest's output says."""

    manifest: Manifest

    def __call__(self, request: Request, context: Context) -> Answer | tuple[Answer, ...]:
        """Run the network.

        Raises
        ------
        MedViewError
            The weights do not fit, the network gives another number of channels than the manifest says, or values that
            are no numbers.
        Cancelled
            The person stopped it.
        """
        ways = rungs(self.manifest, context.device)
        try:
            return descend(ways, lambda rung: self._attempt(request, context, rung), context)
        except SumsOverflowError:  # half precision ends at 65,504
            whole = tuple(replace(rung, is_exact=True) for rung in ways if rung.sums == "float32")
            return descend(whole, lambda rung: self._attempt(request, context, rung), context)

    def _attempt(self, request: Request, context: Context, rung: Rung) -> Answer | tuple[Answer, ...]:
        """Run the network in one way; what runs out of memory raises what the ladder knows."""
        progress: Progress = context.progress
        with context.stage("resample"):
            given = network_input(self.manifest, request.volume, rung.device, part(progress, 0.0, 0.1))
        with context.stage("load"):
            progress(0.1, "Preparing the network")
            forward = self._forward(request, context, given)
            run = _Run(self.manifest, given, _halved(forward) if rung.is_half else forward, request, context, rung)
        with context.stage("network"):
            return run.answer(self.manifest.outputs[0])

    def _forward(self, request: Request, context: Context, given: NetworkInput) -> Forward:
        """Return what computes a patch: one network or the mean of several, with its mirror images where asked."""
        network = _network(self.manifest)
        records = {record.id: record for record in self.manifest.weights}
        files = NetworkFiles(
            network,
            request.weights,
            {name: record.format for name, record in records.items()},
            {name: record.sha256 for name, record in records.items()},
            self.manifest.runtime.precision,
        )
        shape = _asked(network, torch.zeros((1, 1, *given.patch_of_network), dtype=torch.float32)).shape
        names = [network.weights, *(network.ensemble if request.parameters.get("ensemble", True) else ())]
        preparing = part(context.progress, 0.1, 0.1)
        backends = [load_network(files, name, context.device, tuple(shape), preparing) for name in names]
        context.backend = ", ".join(dict.fromkeys(backend.name for backend in backends))
        if any(backend.precision != "float32" for backend in backends):
            context.precision = ", ".join(dict.fromkeys(backend.precision for backend in backends))
        if isinstance(backends[0], OnnxBackend):  # which halves nothing, and may be on the processor after all
            context.device, context.precision = backends[0].runs_on, "float32"
        forward = _mean_of([backend.forward for backend in backends])
        if network.mirror_axes and request.parameters.get("mirrored", False):
            first = 1 if network.axes == "2d" else 0
            forward = mirrored(forward, tuple(axis - first for axis in network.mirror_axes if axis >= first))
        return _adapted(network, forward)


@dataclass(frozen=True, eq=False)
class _Run:
    """A network over images that are on its grid."""

    manifest: Manifest
    given: NetworkInput
    forward: Forward
    request: Request
    context: Context
    rung: Rung

    def answer(self, output: Output) -> Answer | tuple[Answer, ...]:
        ways: Mapping[str, Callable[[Output], Answer | tuple[Answer, ...]]] = {
            "labels": self._labels,
            "scores": self._scores,
            "image": self._image,
            "boxes": self._boxes,
        }
        if output.type not in ways:
            raise MedViewError(
                "A network without code cannot give an output of type {kind}.",
                "Write a plugin with an entry for it.",
                kind=output.type,
            )
        return ways[output.type](output)

    def _labels(self, output: Output) -> Labels | tuple[Answer, ...]:
        """Return the label of each voxel of the images, and the map that is asked for.

        Slices are shown as soon as they are final.
        """
        wanted = WantedMap.of(output, self.request.parameters, self.request.volume.array.shape)
        segments = tuple(record.segment() for record in output.segments)
        out = np.zeros(self.request.volume.array.shape, dtype=_label_type(segments))
        inside, first = out[self.given.box], self.given.box[0].start

        def told(low: int, high: int) -> None:
            self.context.emit(Partial(first + low, out[first + low : first + high].copy()))

        numbers = [segment.number for segment in segments]
        slabs = self._probable(output)
        if wanted is not None:
            slabs = wanted.beside(slabs, self.given.grid, self.given.box)
        if output.activation == "softmax":
            SlabLabels(self.given.grid, [0, *numbers]).write(slabs, inside, told)
        else:
            threshold = output.threshold
            if output.interpolated == "logits":
                threshold = float(np.log(threshold / (1.0 - threshold)))
            SlabLabels(self.given.grid, numbers).write_regions(slabs, inside, [threshold] * len(numbers), told)
        labels = Labels(out, segments)
        return labels if wanted is None else (labels, wanted.answer())

    def _probable(self, output: Output) -> Iterator[Slab]:
        """Yield what labels are made of: logits, or probabilities where those are brought back to the images."""
        is_softmax = output.activation == "softmax"
        slabs = self._slabs(len(output.segments) + is_softmax)
        if output.interpolated == "logits":
            return slabs
        return _changed(slabs, (lambda values: values.softmax(0)) if is_softmax else torch.sigmoid)

    def _scores(self, output: Output) -> ClassScores:
        """Return what speaks for each class; of a network that sees one slice at a time the mean of the slices."""
        concepts = tuple(record.concept() for record in output.concepts)
        rows = list[Tensor]()
        patches = self.given.whole_patches()
        for number, patch in enumerate(patches):
            self.context.progress(0.1 + 0.9 * number / len(patches), "Looking")
            with torch.inference_mode():
                rows.append(self.forward(patch).flatten().cpu())
        scores = np.stack([_activated(row, output.scores).numpy() for row in rows]).astype(np.float32)
        self._check_channels(scores.shape[1], len(concepts))
        is_by_slice = _network(self.manifest).axes == "2d"
        indices = self.given.slice_indices() if is_by_slice else np.empty(0, dtype=np.int64)
        by_slice = scores if is_by_slice else np.empty((0, len(concepts)), dtype=np.float32)
        thresholds = tuple(float(r.threshold) for r in output.concepts if r.threshold is not None)
        kept = thresholds if len(thresholds) == len(concepts) else ()
        return ClassScores(concepts, scores.mean(axis=0), output.scores, indices, by_slice, kept)

    def _image(self, output: Output) -> DerivedImage:
        """Return images on the grid of those given; of what is only cleaned, values are turned back to their unit."""
        volume = self.request.volume
        is_whole = output.unit == "HU"
        out: NDArray[Any] = volume.array.astype(np.int16 if is_whole else np.float32)
        inside, is_kept = out[self.given.box], output.image_kind in ("denoised", "super_resolved")
        for number, values in slices_of(self._slabs(1), self.given.grid):
            changed = self.given.undone(values[0]) if is_kept else values[0]
            plane = changed.cpu().numpy()
            inside[number] = np.clip(np.rint(plane), -32768, 32767) if is_whole else plane
        if not is_kept:  # what the network has not seen is nothing, and no value of the images it was made from
            _fill_around(out, self.given.box)
        title = f"{volume.series.series_description} ({self.manifest.name})".strip()
        unit = output.unit or (volume.unit if is_kept else "")
        return DerivedImage(title, out, output.image_kind, unit, output.is_synthetic)

    def _boxes(self, output: Output) -> Boxes:
        """Return a box around each connected place that a channel calls likelier than its threshold."""
        concepts = [record.concept() for record in output.concepts]
        shape = self.request.volume.array[self.given.box].shape
        maps = np.empty((len(concepts), *shape), dtype=np.float16)
        for number, values in slices_of(self._slabs(len(concepts)), self.given.grid):
            maps[:, number] = values.sigmoid().cpu().numpy()
        low = tuple(float(side.start) for side in self.given.box)
        return Boxes(found_boxes(maps, concepts, output.threshold, (low[0], low[1], low[2])), output.threshold)

    def _slabs(self, channels: int) -> Iterator[Slab]:
        rung, grid = self.rung, self.given.grid
        sums = rung.sums
        if rung.device == "cpu" and sums == "float32" and not rung.is_exact:
            sums = NetworkMemory.of(self.manifest, grid.size, self.given.tiling.patch).sums
        if sums == "float16":
            self.context.precision = f"{self.context.precision}, sums in float16"
        window = SlidingWindow(self.forward, self.given.tiling, grid.axes, rung.batch, sums, rung.sums_device)

        def progress(fraction: float, text: str = "") -> None:
            self.context.progress(0.1 + 0.9 * fraction, text or "Looking")

        for slab in window.over(self.given.values, progress):
            self._check_channels(slab.values.shape[0], channels)
            yield slab

    def _check_channels(self, given: int, wanted: int) -> None:
        if given != wanted:
            raise PluginFaultError(
                "The network of {plugin} gives {given} channels, and its manifest tells of {wanted}.",
                "Report it to the plugin's authors: nothing was kept.",
                plugin=self.manifest.name,
                given=given,
                wanted=wanted,
            )


def _fill_around(out: NDArray[Any], box: Box) -> None:
    """Give all that lies outside a box the smallest value inside it."""
    if out[box].size < out.size:
        inside = out[box].copy()
        out[...] = inside.min()
        out[box] = inside


def _network(manifest: Manifest) -> Network:
    if manifest.network is None:
        raise ValueError("the manifest has no network")
    return manifest.network


def _asked(network: Network, batch: Tensor) -> Tensor:
    """Return patches as the network wants them: without the axis of slices for one in 2D, its one channel repeated."""
    flat = batch[:, :, 0] if network.axes == "2d" else batch
    return flat if network.channels == 1 else flat.repeat_interleave(network.channels, dim=1)


def _adapted(network: Network, forward: Forward) -> Forward:
    """Return a forward of patches with three axes for whatever the network takes."""

    def of_volume(batch: Tensor) -> Tensor:
        given = forward(_asked(network, batch).contiguous())
        return given[:, :, None] if network.axes == "2d" and given.ndim == 4 else given

    return of_volume


def _mean_of(forwards: Sequence[Forward]) -> Forward:
    if len(forwards) == 1:
        return forwards[0]

    def mean(batch: Tensor) -> Tensor:
        total = forwards[0](batch)
        for forward in forwards[1:]:
            total = total + forward(batch)
        return total / len(forwards)

    return mean


def _halved(forward: Forward) -> Forward:
    """Return the same network computing in half precision where the card does that fast."""

    def in_half(batch: Tensor) -> Tensor:
        with torch.autocast("cuda", dtype=torch.float16):
            return forward(batch).float()

    return in_half


def _changed(slabs: Iterable[Slab], change: Callable[[Tensor], Tensor]) -> Iterator[Slab]:
    for slab in slabs:
        yield replace(slab, values=change(slab.values.float()))


def _activated(row: Tensor, kind: str) -> Tensor:
    if kind == "softmax":
        return row.softmax(0)
    return row.sigmoid() if kind == "sigmoid" else row


def _label_type(segments: Sequence[Segment]) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if max(segment.number for segment in segments) <= 255 else np.uint16
