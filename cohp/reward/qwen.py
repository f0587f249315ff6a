"""What HPSv3 and HPSv3++ share: prompt and image in, the vector at the reward token out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from cohp.errors import BadInput
from cohp.reward import digests
from cohp.reward.batching import MOST, free_bytes, in_batches, rows_that_fit
from cohp.reward.checkpoint import Checkpoint, Shape
from cohp.reward.images import as_rgb
from cohp.reward.prepared import Prepared
from cohp.reward.qwen_decoder import last_vector
from cohp.reward.qwen_images import normalised, patches, picture_size
from cohp.reward.qwen_model import Heads, Plan, bare, fill, row_bytes
from cohp.reward.qwen_sight import MERGE, Grid, read_sight
from cohp.reward.qwen_text import TextEncoder, Wording
from cohp.reward.qwen_vision import see
from cohp.reward.settings import described, understood
from cohp.types import Score

if TYPE_CHECKING:
    from PIL.Image import Image

    from cohp.reward.base import Picture


@dataclass(frozen=True)
class _Row:
    place: int
    ids: list[int]
    grid: Grid
    pixels: Tensor


class QwenReward(ABC):
    """A vision-language model that ends in a reward; its two children fill in what differs.

    `folder` holds weights, config.json and tokenizer.json, or is the file of weights beside them.

    `batch` is the most images run together (fewer where memory is short); `dtype` is the
    backbone's type, by default bfloat16 on a GPU and float32 elsewhere; `quantize` may be
    "8bit" or "4bit"; `revision` names the weights where the caller knows better than a digest.
    """

    KIND: ClassVar[str]
    PUBLISHED: ClassVar[str]
    WORDING: ClassVar[Wording]
    PATCH: ClassVar[int]  # where config.json gives none
    MEAN: ClassVar[tuple[float, float, float]]
    STD: ClassVar[tuple[float, float, float]]
    # What runs in the backbone's type; the other heads are float32 everywhere.
    COARSE: ClassVar[tuple[str, ...]] = ("visual.", "language_model.")

    def __init__(  # noqa: PLR0913 - keywords, each an option of its own
        self,
        folder: Path,
        device: str = "cpu",
        *,
        batch: int | None = None,
        dtype: str | None = None,
        quantize: str | None = None,
        revision: str | None = None,
    ) -> None:
        if batch is not None and batch < 1:
            raise BadInput(f"A batch of {batch} images cannot be scored; name 1 or more.")
        self.device = torch.device(device)
        weights = Checkpoint(Path(folder), self.PUBLISHED)
        config = described(weights.folder, "config.json")
        if config.get("model_type", self.KIND) != self.KIND:
            raise BadInput(
                f"{weights.folder / 'config.json'} describes a model of type "
                f"{config['model_type']!r}; that of the base model, {self.KIND!r}, is wanted."
            )
        self._sight = read_sight(weights.folder, config, self.PATCH)
        # Scores from weights in fewer bits are other scores: a journal must not mix them.
        bits = f"+{quantize}" if quantize else ""
        self._revision = (revision or digests.revision(*weights.files)) + bits
        self._text = TextEncoder(weights.folder, self.WORDING)
        self._most = batch or MOST.get(self.device.type, 8)
        plan = Plan(self.device, dtype, quantize, self.COARSE)
        names = {theirs: self.rename(theirs) for theirs in weights}
        stored = {ours: weights.shapes[theirs] for theirs, ours in names.items() if ours}
        with understood(weights.folder / "config.json"):
            self._model: Any = bare(lambda: self.build(config, stored))
        self._dtype = plan.dtype
        language: Any = self._model.language_model
        self._longest = int(language.config.max_position_embeddings)
        if self._text.reward_id >= language.config.vocab_size:
            raise BadInput(
                f"tokenizer.json has {self._text.size} tokens and the weights "
                f"{language.config.vocab_size} rows for them: they are not of one model."
            )
        fill(self._model, weights, names, plan)

    @staticmethod
    @abstractmethod
    def build(config: dict[str, Any], stored: dict[str, Shape]) -> Heads:
        """Make the model, without weights: `visual`, `language_model` and the heads."""

    @abstractmethod
    def fitted(self, height: int, width: int) -> tuple[int, int]:
        """Return the size at which the model sees an image."""

    @abstractmethod
    def pixels(self, image: Image) -> Tensor:
        """Resize an image to the size it is seen at: bytes (3, height, width)."""

    @abstractmethod
    def positions(self, start: int, grid: Grid, length: int) -> Tensor:
        """Return the rotary positions (3, length); `start` is the image's first token."""

    @abstractmethod
    def judge(self, vectors: Tensor) -> Tensor:
        """Turn vectors at the reward token into rows of mean and log deviation."""

    @staticmethod
    def rename(name: str) -> str | None:
        """Say what a published tensor is called here; None for the unused output layer."""
        if name == "lm_head.weight":
            return None
        name = name.removeprefix("model.")
        inner = name.startswith(("layers.", "embed_tokens.", "norm."))
        return f"language_model.{name}" if inner else name

    @property
    def revision(self) -> str:
        """Which version of the weights this is."""
        return self._revision

    def score(self, *, prompts: Sequence[str], images: Sequence[Picture | Prepared]) -> list[Score]:
        """Score each image for the prompt at its place."""
        judged = self.judge(self._vectors(prompts, images)).cpu().double()
        means, deviations = judged[:, 0].tolist(), judged[:, 1].exp().tolist()
        if not bool(judged.isfinite().all()):
            raise BadInput("The reward gave a score that is no number: its weights are damaged.")
        return [Score(mean, std) for mean, std in zip(means, deviations, strict=True)]

    def embed(self, *, prompts: Sequence[str], images: Sequence[Picture | Prepared]) -> Tensor:
        """Return what the reward is read from: a vector a row, float32, on the host."""
        # A copy made out here may be trained on, which inference mode's own tensors may not.
        return self._vectors(prompts, images).float().cpu().clone()

    def prepare(self, picture: Picture) -> Prepared:
        """Resize an image ahead of its turn, in any thread."""
        picture_size(picture)  # refuses what has no shape to see
        return Prepared(self.pixels(as_rgb(picture)))

    def close(self) -> None:
        """Let go of the weights and of the device memory they took."""
        self._model = None
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def _vectors(self, prompts: Sequence[str], images: Sequence[Picture | Prepared]) -> Tensor:
        if self._model is None:
            raise BadInput("This reward was closed; load it again to score with it.")
        rows = self._rows(prompts, images)
        groups: dict[tuple[int, Grid], list[_Row]] = {}
        for row in rows:
            groups.setdefault((len(row.ids), row.grid), []).append(row)
        found = []
        for (length, grid), group in groups.items():
            need = row_bytes(self._model, self._dtype, length, grid)
            size = rows_that_fit(free_bytes(self.device), need, self._most)
            found.append(in_batches(group, size, self._read))
        places = torch.tensor([row.place for group in groups.values() for row in group])
        return torch.cat(found)[places.argsort().to(self.device)]

    def _rows(self, prompts: Sequence[str], images: Sequence[Picture | Prepared]) -> list[_Row]:
        if isinstance(prompts, str) or len(prompts) != len(images) or len(images) < 1:
            raise BadInput(
                f"Got {len(prompts)} prompts and {len(images)} images: "
                "each image needs its prompt, and there must be one at least."
            )
        rows = []
        for place, (prompt, image) in enumerate(zip(prompts, images, strict=True)):
            pixels = (image if isinstance(image, Prepared) else self.prepare(image)).pixels
            grid = self._sight.grid(*pixels.shape[-2:])
            ids = self._text.ids(prompt, grid[0] * grid[1] // MERGE**2)
            if len(ids) > self._longest:
                raise BadInput(
                    f"The prompt makes {len(ids)} tokens, too long for a model of "
                    f"{self._longest}. Shorten it."
                )
            rows.append(_Row(place, ids, grid, pixels))
        return rows

    def _read(self, rows: Sequence[_Row]) -> Tensor:
        """Run rows of one length and one grid through the model."""
        grid, length = rows[0].grid, len(rows[0].ids)
        pixels = torch.stack([patches(row.pixels, self._sight.patch) for row in rows])
        seen = normalised(pixels.to(self.device), self.MEAN, self.STD)
        tokens, deep = see(self._model.visual, seen, grid)
        ids = torch.tensor([row.ids for row in rows], device=self.device)
        embeddings = self._model.language_model.embed_tokens(ids)
        start = self._text.image_start
        image = slice(start, start + tokens.shape[1])
        embeddings[:, image] = tokens
        positions = self.positions(start, grid, length).to(self.device)
        return last_vector(self._model.language_model, embeddings, positions, image, deep)
