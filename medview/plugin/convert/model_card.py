"""README.md of an imported model: what is known of it, and what nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_LONGEST = 20_000


def card_text(name: str, origin: str, described: Mapping[str, str], notes: Sequence[str], own: str = "") -> str:
    """Return the card.

    Parameters
    ----------
    origin
        What it was imported from.
    described
        What the model says of itself, by the word it uses.
    notes
        What differs here, or is not known.
    own
        The model's own README.
    """
    facts = "\n".join(f"* {word}: {' '.join(text.split())}" for word, text in described.items())
    lines = [
        f"# {name}",
        f"Imported from {origin}, which was read as data. It has no code: MedView runs the network.",
        "## What the model says of itself",
        facts or "Nothing.",
        "## Licence",
        "Of the weights: as their author states it; see LICENSE beside this file where the model brought one.",
        "## Measured",
        "Nothing has been measured on it here. Hold its answers against a reference on your own images first.",
        "## Fails",
        "Not known. Images that differ from those it was trained on: another modality, body part, contrast or age.",
        "## Notes of the import",
        "\n".join(f"* {note}" for note in notes),
    ]
    if own.strip():
        quoted = "\n".join(f"> {line}" for line in own[:_LONGEST].splitlines())
        lines += ["## The model's own README", quoted]
    return "\n\n".join(lines) + "\n"
