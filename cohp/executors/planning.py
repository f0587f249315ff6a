"""From recipes to the plan of who is held where, before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence

from cohp.executors.machine import room as found_room
from cohp.naming import resolve
from cohp.pipelines.sizes import need_of
from cohp.placement.need import JudgeNeed, Need
from cohp.placement.plan import Plan, make
from cohp.placement.room import Room
from cohp.recipe import Candidate, Recipe
from cohp.reward.sizes import needs_of


def plan(recipes: Sequence[Recipe], room: Room | None = None) -> Plan:
    """Return the plan for runs that share a machine; raise `DoesNotFit` where there is none."""
    room = room or found_room(recipes[-1].devices, recipes[-1].memory)
    processor = all(device.name.startswith("cpu") for device in room.devices)
    sized: dict[str, Need] = {}
    for candidate in (each for recipe in recipes for each in recipe.models):
        need = _need(candidate, processor=processor)
        known = sized.get(candidate.name, need)
        sized[candidate.name] = max(known, need, key=lambda each: each.drawing)
    wanted = [judge for recipe in recipes for judge in (recipe.reward, recipe.referee) if judge]
    judges: dict[str, JudgeNeed] = {}
    for text in dict.fromkeys(wanted):
        judges |= {need.name: need for need in needs_of(text, processor=processor)}
    images = max(max(recipe.per_model, recipe.batch) for recipe in recipes)
    return make(list(sized.values()), list(judges.values()), room, images)


def setting(recipe: Recipe) -> str:
    """Return all of a recipe that its plan depends on, so that many prompts count once."""
    return recipe.model_dump_json(exclude={"prompt", "negative", "seed", "rounds", "strengths"})


def _need(candidate: Candidate, *, processor: bool) -> Need:
    model = resolve(candidate.name)
    guidance = model.guidance if candidate.guidance is None else candidate.guidance
    asked = model.model_copy(update={"guidance": guidance})
    size = {"width": candidate.width, "height": candidate.height}
    return need_of(asked, processor=processor, **size)
