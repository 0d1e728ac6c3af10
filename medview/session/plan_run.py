"""Ask what a run on the images in view would take, before it is begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from medview.jobs.job import Job
from medview.plugin.contract import Parameter
from medview.plugin.discovery import Plugin
from medview.plugin.plan import Plan, PlanRun
from medview.session.session import Session


def plan_run(
    session: Session,
    plugin: Plugin,
    parameters: Mapping[str, Parameter],
    told: Callable[[Plan | BaseException], None],
) -> Job | None:
    """Submit the planning of a run where it would be done, and tell the plan or why there is none.

    Nobody is waiting for it: it is not shown among the jobs, and a run that is under way comes first.
    """
    if session.scene is None:
        return None
    work = PlanRun(plugin, session.scene.volume.geometry, parameters, session.settings["device"])
    return session.jobs.submit("Planning", work, place="gpu", on_done=told, on_failed=told, silent=True, guest=None)
