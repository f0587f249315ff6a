"""What to run: the recipe, and how a named one, a file and options become a valid one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
)

from cohp import registry
from cohp.budget import Budget
from cohp.catalogue import default_models, is_embedded
from cohp.errors import BadInput, BadRecipe
from cohp.naming import resolve
from cohp.placement.room import read_bytes
from cohp.seeds import LARGEST_SEED
from cohp.types import Jury

# What a candidate draws with; a recipe may set them for all candidates at once.
SETTINGS: tuple[str, ...] = ("steps", "guidance", "width", "height")
LONGEST_PROMPT = 4000
SMALLEST_SIDE = 64
LARGEST_SIDE = 4096

Strength = Annotated[float, Field(gt=0, le=1)]
# TOML and JSON have arrays where we have tuples.
ListedStrengths = Annotated[tuple[Strength, ...], Field(min_length=1, strict=False)]
Side = Annotated[int, Field(ge=SMALLEST_SIDE, le=LARGEST_SIDE, multiple_of=8)]


class _Strict(BaseModel):
    """Frozen, and nothing is accepted that was not meant: no unknown key, no "4" for 4."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Decay(_Strict):
    """Strengths that fall from round to round.

    A round's strength depends on its number alone, so that a run can be extended.
    """

    start: Strength = 0.8
    decay: Strength = 0.85
    floor: Strength = 0.3


# Told apart by their shape, so that an error speaks of the one that was meant.
FALLING, LISTED = "falling", "listed"
Strengths = Annotated[
    Annotated[Decay, Tag(FALLING)] | Annotated[ListedStrengths, Tag(LISTED)],
    Discriminator(lambda given: FALLING if isinstance(given, Decay | Mapping) else LISTED),
]


class Candidate(_Strict):
    """One model that takes part, with the settings it draws with."""

    name: str
    steps: int | None = Field(default=None, ge=1, le=1000)
    guidance: float | None = Field(default=None, ge=0, le=100)
    width: Side
    height: Side
    # Whether it can start from an image, and what one of its images costs, in dollars.
    refines: bool = True
    price: float | None = Field(default=None, ge=0)


class Recipe(_Strict):
    """What to run, complete: equal recipes on equal weights give equal images."""

    prompt: str = Field(max_length=LONGEST_PROMPT)
    negative: str = Field(default="", max_length=LONGEST_PROMPT)
    seed: int = Field(ge=0, le=LARGEST_SEED)
    search: str = "cohp"
    models: tuple[Candidate, ...] = Field(min_length=1, max_length=64, strict=False)
    per_model: int = Field(default=4, ge=1, le=100_000)
    rounds: int = Field(default=4, ge=1, le=100_000)
    batch: int = Field(default=4, ge=1, le=100_000)
    strengths: Strengths = Decay()
    reward: str = "fake"
    combine: Literal["zscore", "ranks"] = "zscore"
    referee: str | None = None
    pick: Literal["mean", "max", "probability"] = "mean"
    carry: Literal["winner", "best"] = "best"
    opening: Literal["refine", "fresh"] = "refine"
    # The share of its steps that a candidate draws stage one with: sketches are cheap to judge.
    draft: float = Field(default=1.0, gt=0, le=1)
    # What the search may spend: "60s", "200nfe", "20images".
    budget: str | None = None
    safety: bool = False
    metadata: bool = True
    # How much of each device may be used, as "24GB", and the devices; what is free without.
    memory: str | None = None
    devices: tuple[str, ...] | None = Field(default=None, min_length=1, strict=False)

    @property
    def jury(self) -> Jury:
        """Who judges the images."""
        return Jury(self.reward, self.referee, self.safety)

    @field_validator("prompt")
    @classmethod
    def _says_something(cls, prompt: str) -> str:
        if not prompt.strip():
            raise ValueError("the prompt is empty")
        return prompt.strip()

    @field_validator("memory")
    @classmethod
    def _is_a_size(cls, memory: str | None) -> str | None:
        if memory is not None:
            try:
                read_bytes(memory)
            except BadInput as error:
                raise ValueError(str(error).rstrip(".")) from error
        return memory

    @property
    def allowance(self) -> Budget | None:
        """The budget, where there is one."""
        return Budget.read(self.budget) if self.budget else None

    @field_validator("budget")
    @classmethod
    def _is_a_budget(cls, budget: str | None) -> str | None:
        if budget is not None:
            Budget.read(budget)
        return budget

    @field_validator("models")
    @classmethod
    def _differ(cls, models: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        listed = [model.name for model in models]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} is named twice")
        return models

    def strength(self, number: int) -> float:
        """Return the strength of round `number`, counted from 1; a list's last value repeats."""
        if isinstance(self.strengths, Decay):
            fallen = self.strengths.start * self.strengths.decay ** (number - 1)
            return round(max(self.strengths.floor, fallen), 6)
        return self.strengths[min(number, len(self.strengths)) - 1]

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as the plain values that `build` accepts again."""
        return self.model_dump(mode="json")


def build(values: Mapping[str, Any]) -> Recipe:
    """Make a recipe of plain values, filling what is left open from the catalogue."""
    given = {name: value for name, value in values.items() if name != "about"}
    shared: dict[str, Any] = {name: given.pop(name) for name in SETTINGS if name in given}
    listed = given.get("models") or default_models()
    if isinstance(listed, str) or not hasattr(listed, "__iter__"):
        raise BadRecipe("models: a list of names or tables is needed")
    given["models"] = [_candidate(each, shared) for each in listed]
    given.setdefault("reward", _judge(given["models"]))
    recipe = complete(given)
    registry.check("search", recipe.search)
    return recipe


def _judge(candidates: list[dict[str, Any]]) -> str:
    """Return who judges when nobody is named: the embedded reward, of the embedded models alone."""
    return "mini-judge" if all(is_embedded(each["name"]) for each in candidates) else "fake"


def complete(values: Mapping[str, Any]) -> Recipe:
    """Make a recipe of values that leave nothing open, as a journal holds them."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise BadRecipe(explain(error)) from error


def _candidate(listed: object, shared: Mapping[str, Any]) -> dict[str, Any]:
    """Complete a candidate: its own settings first, then the recipe's, then the catalogue's."""
    own = dict(listed) if isinstance(listed, Mapping) else {"name": listed}
    name = own.get("name")
    if not isinstance(name, str):
        raise BadRecipe(f"models: a name is needed, not {name!r}")
    model = resolve(name)
    known = {field: getattr(model, field) for field in (*SETTINGS, "refines", "price")}
    # The name as it is recorded: one that means the same from any folder.
    made = {**known, **shared, **own, "name": model.name}
    for side in ("width", "height"):
        pixels = made[side]
        if isinstance(pixels, int) and pixels > (model.largest or pixels):
            raise BadRecipe(f"{side}: {name} draws up to {model.largest} pixels, not {pixels}")
        if isinstance(pixels, int) and pixels % model.size_multiple:
            raise BadRecipe(
                f"{side}: {name} draws multiples of {model.size_multiple} only, not {pixels}"
            )
    return made


def explain(error: ValidationError) -> str:
    """Say in one sentence what is wrong with a recipe, the key first."""
    first = error.errors()[0]
    # How strengths were told apart is no part of what a person wrote.
    place = ".".join(str(part) for part in first["loc"] if part not in {FALLING, LISTED})
    given = first["input"]
    match first["type"]:
        case "extra_forbidden":
            nested: dict[str, type[_Strict]] = {"strengths": Decay, "models": Candidate}
            table = nested.get(place.split(".")[0], Recipe)
            return f"{place}: there is no such key; the keys are {', '.join(table.model_fields)}"
        case "string_too_long":
            return f"{place}: {first['msg']}, this one has {len(given)}"
        case "value_error" | "missing":
            return f"{place}: {first['msg'].removeprefix('Value error, ')}"
        case _:
            return f"{place}: {first['msg']}, not {str(given)[:80]!r}"
