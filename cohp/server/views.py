"""Runs as clients see them, and the state each is in."""

from __future__ import annotations

from typing import Any

from cohp.server import marks
from cohp.server.course import Course
from cohp.server.desk import Desk, Ticket
from cohp.server.pictures import picture
from cohp.server.wire import Choice, Run, RunInFull, State


def view(desk: Desk, run: str) -> Run:
    """Return a run in short."""
    # The ticket first: what ends meanwhile is seen to have ended by its journal.
    ticket = desk.ticket(run)
    return Run(**_short(desk.shelf.course(run), ticket))


def view_in_full(desk: Desk, run: str) -> RunInFull:
    """Return a run with all that is known of it."""
    ticket = desk.ticket(run)
    course = desk.shelf.course(run)
    verdict, recipe = course.verdict, course.recipe
    return RunInFull(
        **_short(course, ticket),
        recipe=recipe.to_json() if recipe else {},
        images=[picture(run, each) for each in course.entries.values()],
        choices=[
            Choice(image=each.shot, over=each.over, round=each.round) for each in course.choices
        ],
        lineage=[each.shot.id for each in verdict.lineage] if verdict else [],
        standings=dict(course.chosen.standings) if course.chosen else {},
        revisions=course.revisions,
    )


def views(desk: Desk, limit: int, before: str | None) -> list[Run]:
    """Return the newest runs in short, those older than `before` where it is given."""
    found: list[Run] = []
    for course in desk.shelf.courses(before):
        found.append(Run(**_short(course, desk.ticket(course.run))))
        if len(found) == limit:
            break
    return found


def state_of(course: Course, ticket: Ticket | None) -> State:
    """Return the state a run is in."""
    if course.verdict and not course.growing:
        return "finished"
    if ticket:
        return "running" if ticket.begun else "queued"
    if course.fault or (course.mark and course.mark.state == marks.FAILED):
        return "failed"
    if course.mark and course.mark.state == marks.CANCELLED:
        return "cancelled"
    return "interrupted"


def _short(course: Course, ticket: Ticket | None) -> dict[str, Any]:
    recipe, best = course.recipe, course.best
    if recipe is None:
        return {}
    return {
        "id": course.run,
        "state": state_of(course, ticket),
        "prompt": recipe.prompt,
        "seed": recipe.seed,
        "models": [each.name for each in recipe.models],
        "reward": recipe.reward,
        "rounds": recipe.rounds,
        "planned": course.planned,
        "done": len(course.entries),
        "began": course.began,
        "model": course.verdict.model if course.verdict else None,
        "best": picture(course.run, best) if best else None,
        "reason": course.reason,
    }
