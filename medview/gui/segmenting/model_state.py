"""How a plugin stands on this computer: ready, waiting for its weights, switched off, or broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.plugin.discovery import BrokenPlugin, Plugin
from medview.plugin.licence_gate import is_accepted
from medview.session.choose_plugins import is_enabled
from medview.session.fetch_weights import known_missing
from medview.session.session import Session

if TYPE_CHECKING:
    from medview.plugin.manifest.weights_record import WeightsRecord

Level = Literal["fine", "warning", "error", "dim"]


@dataclass(frozen=True)
class ModelState:
    """In a word or two, and what helps: `level` is a colour of the theme."""

    text: Sentence
    remedy: Sentence | None
    level: Level


def model_state(session: Session, plugin: Plugin | BrokenPlugin) -> ModelState:
    """Return how a plugin stands, by what the last look at the weights has found."""
    if isinstance(plugin, BrokenPlugin):
        remedy = Sentence("Mend its plugin.toml or remove its folder, then reload the plugins.")
        return ModelState(Sentence("Broken"), remedy, "error")
    if not is_enabled(session, plugin):
        return ModelState(Sentence("Not offered"), Sentence("Tick it to be offered again."), "dim")
    missing = known_missing(session, plugin)
    if any(record.is_shipped or record.is_packaged for record in missing):
        return ModelState(
            Sentence("Weights missing"), Sentence("They come with its package: install that anew."), "warning"
        )
    if missing:
        return ModelState(
            Sentence("Weights not here yet"),
            Sentence("Get them from the network, or import an offline pack from a USB stick or a shared folder."),
            "warning",
        )
    if any(not is_accepted(plugin, record) for record in plugin.manifest.weights):
        return ModelState(Sentence("Ready; licence to be read"), Sentence("It is shown before the first run."), "fine")
    return ModelState(Sentence("Ready"), None, "fine")


def model_lines(session: Session, plugin: Plugin | BrokenPlugin) -> tuple[str, ...]:
    """Return what a person should know of a plugin before using it, a line each."""
    state = model_state(session, plugin)
    remedy = "" if state.remedy is None else say(state.remedy)
    if isinstance(plugin, BrokenPlugin):
        return str(plugin.folder), say(plugin.reason), remedy
    manifest = plugin.manifest
    weights = [_weights_line(session, record) for record in manifest.weights]
    code = tr("Licence of the code: {licence}", licence=manifest.licences.code)
    no_weights = [] if weights else [tr("It computes without a model: there are no weights.")]
    return tuple(line for line in (tr(manifest.summary), remedy, code, *weights, *no_weights) if line)


def _weights_line(session: Session, record: WeightsRecord) -> str:
    where = tr("not here") if record.sha256 in session.absent_weights else tr("here")
    size = f"{record.bytes / 1e6:.1f} MB" if record.bytes >= 1e6 else f"{max(1, round(record.bytes / 1e3))} kB"
    return one_line(
        tr(
            "Weights {file}: {size}, {licence}, {where}",
            file=record.file,
            size=size,
            licence=record.licence,
            where=where,
        )
    )
