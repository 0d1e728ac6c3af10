"""The commands of models, and of what they have found."""

from __future__ import annotations

from collections.abc import Callable

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.session.choose_model import chosen_model
from medview.session.session import Session

_ALL_REVIEWED = Sentence("Every finding that is listed has been reviewed.")


def _model_name(session: Session) -> str | None:
    plugin = chosen_model(session)
    return plugin.manifest.name if plugin is not None else None


def _step(step: int) -> Callable[[Shell], object]:
    def run(shell: Shell) -> None:
        if not shell.step_finding(step):
            shell.session.notices.add("info", _ALL_REVIEWED)

    return run


AI: tuple[Command, ...] = (
    Command(
        "run_segmentation",
        "Run model",
        "AI",
        lambda shell: shell.run_model(),
        ("Ctrl+R",),
        icon="run",
        when=conditions.is_whole,
        acts_on=_model_name,
        other_names=("Run segmentation", "Run detection", "Run classification", "Run AI"),
    ),
    Command("models", "Models and weights…", "AI", lambda shell: shell.show_models(), icon="device"),
    Command(
        "next_finding",
        "Next finding to review",
        "AI",
        _step(1),
        ("J",),
        icon="chevron-down",
        when=conditions.has_findings,
        separator=True,
    ),
    Command(
        "previous_finding",
        "Previous finding to review",
        "AI",
        _step(-1),
        ("Shift+J",),
        icon="chevron-up",
        when=conditions.has_findings,
    ),
    Command(
        "accept_finding",
        "Accept the finding",
        "AI",
        lambda shell: shell.judge_finding("accepted"),
        ("Alt+A",),
        icon="check",
        when=conditions.has_chosen_finding,
    ),
    Command(
        "reject_finding",
        "Reject the finding",
        "AI",
        lambda shell: shell.judge_finding("rejected"),
        ("Alt+X",),
        icon="close",
        when=conditions.has_chosen_finding,
    ),
    Command(
        "save_findings",
        "Save the findings as a report…",
        "AI",
        lambda shell: shell.save_findings(),
        icon="export",
        when=conditions.has_findings,
        separator=True,
    ),
)
