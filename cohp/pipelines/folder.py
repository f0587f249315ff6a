"""What a diffusers folder holds: its parts, their weights, and whether it can draw from text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cohp.errors import BadInput, MissingWeights
from cohp.whereabouts import read_index

WEIGHTS = re.compile(
    r"(?:diffusion_pytorch_)?model(?:\.(?P<early>[a-z]\w*))?"
    r"(?:-(?P<number>\d+)-of-(?P<of>\d+))?(?:\.(?P<late>[a-z]\w*))?\.safetensors"
)
PICKLED = (".bin", ".ckpt", ".pt", ".pth")
# What a part that takes out the noise is called.
DENOISERS = ("unet", "transformer")
# Parts that only look at images: to judge finished ones, or to start from one.
UNUSED = {"feature_extractor", "image_encoder", "safety_checker"}
# What a class draws, by a word in its name, where it is not an image from a prompt.
OTHER_TASKS = {
    "Inpaint": "it is an inpainting pipeline, which needs an image and a mask",
    "Img2Img": "it only starts from images; the whole family usually has a text-to-image pipeline",
    "ControlNet": "it needs a control image",
    "Pix2Pix": "it edits images",
    "Kontext": "it edits images",
    "Edit": "it edits images",
    "Fill": "it is an inpainting pipeline, which needs an image and a mask",
    "Upscale": "it enlarges images",
    "Depth2": "it only starts from images",
    "Prior": "it is the first half of a pipeline and draws no image",
    "Decoder": "it is the second half of a pipeline",
    "Audio": "it makes sound",
    "Music": "it makes sound",
    "ShapE": "it makes 3-D shapes",
    **dict.fromkeys(
        ("Animate", "I2V", "Video", "Mochi", "LTX", "Wan", "Allegro", "Latte",
         "SkyReels", "Cosmos", "Framepack", "Kandinsky5T2V"),
        "it draws video",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class PipelineFolder:
    """A diffusers folder: the class it is of, and the class of each part it says it has."""

    path: Path
    kind: str
    parts: Mapping[str, str]
    # What it lists and a text-to-image run has no use for.
    unused: tuple[str, ...] = ()

    def weighted(self) -> Iterator[Path]:
        """Yield the folder of each part that has weights."""
        for part in self.parts:
            # Models have a config.json; tokenizers, schedulers and processors have others.
            if (self.path / part / "config.json").is_file():
                yield self.path / part


def read(path: Path, elsewhere: Collection[str] = ()) -> PipelineFolder:
    """Read what a folder says it holds; refuse by name what does not draw an image from text.

    Parts that are kept `elsewhere` are not looked for in it.
    """
    index = read_index(path)
    kind = index["_class_name"]
    # Remote code is never run, so a class that a repository brings along cannot be used.
    if not isinstance(kind, str):
        raise BadInput(f"{path} brings code of its own ({kind}), which is not run.")
    for word, task in OTHER_TASKS.items():
        if word in kind and "TextToImage" not in kind:
            raise BadInput(f"{kind} ({path}) cannot be a candidate: {task}.")
    listed = {
        name: value
        for name, value in index.items()
        if not name.startswith("_") and isinstance(value, list) and len(value) > 1 and value[0]
    }
    _refuse_code(path, listed)
    # Some classes want to be told of what a folder says it goes without.
    absent = {name for name, value in index.items() if value == [None, None]}
    unused = tuple(sorted((listed.keys() & UNUSED) | absent))
    inside = sorted(listed.keys() - UNUSED - set(elsewhere))
    return PipelineFolder(path, kind, {name: str(listed[name][1]) for name in inside}, unused)


def _refuse_code(path: Path, listed: Mapping[str, list[str]]) -> None:
    for name, (library, *_) in listed.items():
        if (path / name / f"{library}.py").is_file() or (path / f"{library}.py").is_file():
            raise BadInput(f"{path} brings code of its own for its {name}, which is not run.")


def variant_of(folder: PipelineFolder, wanted: str | None = None) -> str | None:
    """Return which variant of the weights to load: the wanted one, the plain one, or the one here.

    Raises `MissingWeights` where a file is missing and `BadInput` where there are only pickles.
    """
    # A link into the hub's cache stays behind when what it points at is deleted.
    kept = {
        part.name: by_variant(file.name for file in part.iterdir() if file.exists())
        for part in folder.weighted()
    }
    lacking = [part for part in folder.parts if not (folder.path / part).is_dir()]
    if lacking:
        raise MissingWeights(f"{folder.path} is not whole: it has no {', '.join(lacking)}.")
    every = {variant for variants in kept.values() for variant in variants}
    preferred = [wanted] if wanted in every else []
    order: list[str | None] = [*preferred, None, *sorted(each for each in every if each)]
    for variant in order:
        if all(variants.get(variant) or variants.get(None) for variants in kept.values()):
            return variant
    # No variant covers all: name a part that has nothing, else one that has another's.
    part = min(kept, key=lambda name: len(kept[name]))
    raise _trouble(folder, folder.path / part)


def by_variant(names: Iterable[str]) -> dict[str | None, list[str]]:
    """Sort the weight files of one part by variant; a variant with a file missing is left out."""
    sorted_: dict[str | None, list[str]] = defaultdict(list)
    wanted: dict[str | None, int] = {}
    for name in names:
        matched = WEIGHTS.fullmatch(name)
        if matched:
            variant = matched["early"] or matched["late"]
            sorted_[variant].append(name)
            wanted[variant] = int(matched["of"] or 1)
    return {each: found for each, found in sorted_.items() if len(found) >= wanted[each]}


def _trouble(folder: PipelineFolder, part: Path) -> BadInput | MissingWeights:
    pickles = sorted(each.name for each in part.iterdir() if each.suffix in PICKLED)
    if any(part.glob("*.safetensors*")) or not pickles:
        return MissingWeights(
            f"{folder.path} is not whole: weights of its {part.name} are missing."
        )
    safe = f"{folder.path.name}-safe"
    return BadInput(
        f"{folder.path} keeps its {part.name} as a pickle ({pickles[0]}), which can run code when "
        "it is opened. If you trust who made it, convert it once: python -c "
        f'"from diffusers import DiffusionPipeline; DiffusionPipeline.from_pretrained('
        f"'{folder.path}', use_safetensors=False).save_pretrained('{safe}')\", then name {safe}."
    )
