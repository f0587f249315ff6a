"""From recipes to the plan of who is held where, before anything is loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from cohp.executors.machine import room as found_room
from cohp.naming import resolve
from cohp.pipelines.sizes import need_of
from cohp.placement.need import JudgeNeed, Need
from cohp.placement.plan import Plan, make
from cohp.placement.room import Room
from cohp.recipe import Recipe
from cohp.reward.sizes import needs_of
from cohp.types import Shot


def plan(
    recipes: Sequence[Recipe],
    room: Room | None = None,
    *,
    judges_here: bool = False,
    held: Collection[str] = frozenset(),
) -> Plan:
    """Return the plan for runs that share a machine; raise `DoesNotFit` where there is none.

    Judges that are here already are not counted, and of those that are `held` elsewhere in this
    process only what scoring takes: their weights are gone from what is free.
    """
    room = room or found_room(recipes[-1].devices, recipes[-1].memory)
    processor = _is_processor(room)
    candidates = [each for recipe in recipes for each in recipe.models]
    asked = [(each.name, each.guidance, (each.width, each.height)) for each in candidates]
    wanted = [judge for recipe in recipes for judge in (recipe.reward, recipe.referee) if judge]
    judges: dict[str, JudgeNeed] = {}
    for text in () if judges_here else dict.fromkeys(wanted):
        judges |= {each.name: each for each in needs_of(text, processor=processor, held=held)}
    images = max(max(recipe.per_model, recipe.batch) for recipe in recipes)
    return make(_sized(asked, processor=processor), list(judges.values()), room, images)


def drawing_plan(shots: Sequence[Shot], room: Room) -> Plan:
    """Return the plan for drawing some shots one at a time, with nobody to judge them."""
    asked = [(shot.model, shot.guidance, (shot.width, shot.height)) for shot in shots]
    return make(_sized(asked, processor=_is_processor(room)), [], room, 1)


def setting(recipe: Recipe) -> str:
    """Return all of a recipe that its plan depends on, so that many prompts count once."""
    return recipe.model_dump_json(exclude={"prompt", "negative", "seed", "rounds", "strengths"})


def need(name: str, guidance: float | None, size: tuple[int, int], *, processor: bool) -> Need:
    """Return what a model takes for images of a size, drawn with its own guidance or another."""
    model = resolve(name)
    asked = model.guidance if guidance is None else guidance
    width, height = size
    return need_of(
        model.model_copy(update={"guidance": asked}),
        processor=processor,
        width=width,
        height=height,
    )


def _sized(
    asked: Iterable[tuple[str, float | None, tuple[int, int]]], *, processor: bool
) -> list[Need]:
    """Return what each model takes where it draws its largest images."""
    sized: dict[str, Need] = {}
    for name, guidance, size in asked:
        found = need(name, guidance, size, processor=processor)
        sized[name] = max(sized.get(name, found), found, key=lambda each: each.drawing)
    return list(sized.values())


def _is_processor(room: Room) -> bool:
    return all(device.name.startswith("cpu") for device in room.devices)
