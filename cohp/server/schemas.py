"""What clients send: typed, bounded, and without a key that was not meant."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cohp.recipe import LARGEST_SIDE, LONGEST_PROMPT, SMALLEST_SIDE, Decay
from cohp.seeds import LARGEST_SEED

Text = Annotated[str, StringConstraints(max_length=LONGEST_PROMPT)]
Prompt = Annotated[Text, StringConstraints(min_length=1)]
# Names and options, and neither a path of the server's nor an address: those it gives names
# to in its own models.toml.
_NAME = r"\w[\w.-]*\+*"
_MODEL = rf"{_NAME}(?:/{_NAME})?(?:@[\w.-]+)?(?::\w+=[\w.-]+)*"
_REWARD = rf"{_NAME}(?:\*[\d.]+)?(?::\w+=[\w.-]+(?:,\w+=[\w.-]+)*)?"
ModelName = Annotated[str, StringConstraints(pattern=rf"^{_MODEL}$", max_length=200)]
RewardName = Annotated[
    str, StringConstraints(pattern=rf"^{_REWARD}(?:\+{_REWARD})*$", max_length=200)
]
Side = Annotated[int, Field(ge=SMALLEST_SIDE, le=LARGEST_SIDE, multiple_of=8)]
Count = Annotated[int, Field(ge=1, le=100_000)]


class Wire(BaseModel):
    """No unknown key, no "4" for 4, no number that is none."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Options(Wire):
    """The keys of a recipe; what is left open is the server's, then the recipe's, then usual."""

    recipe: Annotated[str, StringConstraints(pattern=r"^[\w-]+$", max_length=50)] | None = None
    negative: Text | None = None
    seed: int | None = Field(default=None, ge=0, le=LARGEST_SEED)
    search: Annotated[str, StringConstraints(pattern=r"^[\w-]+$", max_length=50)] | None = None
    models: list[ModelName] | None = Field(default=None, min_length=1, max_length=64)
    per_model: Count | None = None
    rounds: Count | None = None
    batch: Count | None = None
    width: Side | None = None
    height: Side | None = None
    steps: int | None = Field(default=None, ge=1, le=1000)
    guidance: float | None = Field(default=None, ge=0, le=100)
    strengths: list[float] | Decay | None = None
    reward: RewardName | None = None
    referee: RewardName | None = None
    combine: Literal["zscore", "ranks"] | None = None
    pick: Literal["mean", "max", "probability"] | None = None
    carry: Literal["winner", "best"] | None = None
    opening: Literal["refine", "fresh"] | None = None
    draft: float | None = Field(default=None, gt=0, le=1)
    budget: Annotated[str, StringConstraints(max_length=20)] | None = None
    safety: bool | None = None

    def values_set(self) -> dict[str, Any]:
        """Return the keys that say something."""
        return self.model_dump(exclude_none=True)


class StartRun(Options):
    """A prompt, and how to search for its best image."""

    prompt: Prompt


class StartBatch(Options):
    """Many prompts; the keys of one of them go before those of the batch."""

    prompts: list[Prompt | StartRun] = Field(min_length=1, max_length=1000)


class Extend(Wire):
    """How many rounds more."""

    rounds: int = Field(ge=1, le=1000)


class Prefer(Wire):
    """An image of the run, by its id, and how many rounds are to follow from it at least."""

    image: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    rounds: int = Field(default=0, ge=0, le=1000)


class Judge(Wire):
    """Who judges; the server's reward where nobody is named."""

    prompt: Prompt
    reward: RewardName | None = None


# Base64, or a data URL of it.
ImageText = Annotated[str, StringConstraints(min_length=1)]


class ScoreImages(Judge):
    """Images to be scored or ranked for one prompt."""

    images: list[ImageText] = Field(min_length=1, max_length=64)


class CompareImages(Judge):
    """Two images to be compared."""

    a: ImageText
    b: ImageText
