"""Turns what a person typed for a model into a `Model`, without loading or fetching any of it.

A model is named by a short name, a hub id (`org/name`, `org/name@revision`), a diffusers folder,
a `.safetensors` file (`file@configuration` where its configuration is not known), or a hosted
service (`openai:model@address`); `:option=value` after it asks something of the way it is run,
`+lora.safetensors:0.8` lays a LoRA over it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlparse

from cohp.catalogue import Lora, Model, catalogue, find, looks_like_path
from cohp.errors import BadInput, UnknownName
from cohp.likeness import TAKEN, like, sign
from cohp.options import Value, check, with_options
from cohp.spelling import WEIGHT, apart, as_path, together, without_options
from cohp.whereabouts import INDEX, place_of, read_index, tensor_names

HUB_ID = re.compile(r"(?P<repo>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>[\w./-]+))?", re.ASCII)
HUB_LORA = re.compile(r"\w[\w.-]*/\w[\w.-]*(?:/[\w./-]+\.safetensors)?", re.ASCII)
PICKLES = {".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"}
HOSTED = "openai:"
OPENAI = "https://api.openai.com/v1"


def resolve(spec: str) -> Model:
    """Return the model a person means by `spec`; its name is one that resolves to it again."""
    text = spec.strip()
    if not text:
        raise BadInput("A model needs a name: a short one, a hub id, a folder or a file.")
    try:
        return _hosted(text) if text.startswith(HOSTED) else _local(text)
    except OSError as error:  # a name too long for a file, a folder that may not be read
        raise BadInput(f"{text[:80]} cannot be looked up: {error.strerror}.") from error


def _local(text: str) -> Model:
    spelt = apart(text)
    model = _base(spelt.base)
    if spelt.loras and model.generator != "diffusers":
        raise BadInput(f"{model.name} takes no LoRA: only diffusers models do.")
    loras = [_lora(piece) for piece in spelt.loras]
    names = [_spelled(lora, piece) for lora, piece in zip(loras, spelt.loras, strict=True)]
    return _asked(model, spelt.options, loras, names)


def _asked(
    model: Model,
    options: Mapping[str, Value],
    loras: Sequence[Lora] = (),
    names: Sequence[str] = (),
) -> Model:
    """Return a model with what stood after its name; an option nobody knows is refused."""
    update = {
        "name": together(model.name, options, *names),
        "loras": (*model.loras, *loras),
        "options": with_options(model.options, options),
    }
    made = model.model_copy(update=update)
    check(made)
    return made


def _base(text: str) -> Model:
    if text in catalogue():
        return find(text)
    file, _, config = text.rpartition("@")
    if file.endswith(".safetensors"):
        return _file(as_path(file), config)
    path = as_path(text)
    if path.is_dir():
        return _folder(path.resolve())
    if path.suffix == ".safetensors":
        return _file(path)
    if path.suffix in PICKLES and (path.is_file() or looks_like_path(text)):
        raise BadInput(
            f"{path} is a pickle, which can run code when it is opened. {_convert(path)}"
        )
    if path.is_file():
        raise BadInput(f"{path} is not a .safetensors file: no other kind of file can be loaded.")
    if looks_like_path(text):
        raise BadInput(f"There is no folder or file {path}.")
    return _hub(text)


def _hub(text: str) -> Model:
    matched = HUB_ID.fullmatch(text)
    if matched is None:
        raise UnknownName("model", text, catalogue())
    repo, revision = matched["repo"], matched["revision"]
    known = next((m for m in catalogue().values() if m.source == repo and not m.loras), None)
    if known is not None:
        return known.model_copy(
            update={"name": text, "revision": revision or known.revision, "default": False}
        )
    model = Model(name=text, source=repo, revision=revision)
    place = place_of(model)
    return like(model, read_index(place), place) if place else model


def _folder(folder: Path) -> Model:
    if not (folder / INDEX).is_file():
        raise BadInput(f"{folder} is no diffusers pipeline: it has no {INDEX}. {_hint(folder)}")
    return like(Model(name=str(folder), source=str(folder)), read_index(folder), folder)


def _hint(folder: Path) -> str:
    if (folder.parent / INDEX).is_file():
        return f"It is one part of the pipeline {folder.parent}: name that."
    inner = sorted(each.parent.name for each in folder.glob(f"*/{INDEX}"))
    if inner:
        return f"It holds pipelines: name one of {', '.join(inner)}."
    if (folder / "adapter_config.json").is_file() or (folder / "lora.safetensors").is_file():
        return "It holds a LoRA: name a model, then +FILE."
    single = sorted(each.name for each in folder.glob("*.safetensors"))
    if single:
        return f"To load a single file name it: {folder / single[0]}."
    return "Name the folder that save_pretrained wrote, or a .safetensors file."


def _file(path: Path, config: str = "") -> Model:
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    names = tensor_names(path)
    if _is_lora(names):
        raise BadInput(f"{path} is a LoRA: name the model it belongs to first, as MODEL+{path}.")
    full = path.resolve()
    named = f"{full}@{config}" if config else str(full)
    # Without a configuration the usual one of such a file is taken, if it is one we know.
    config = config or sign(names) or ""
    if not config:
        return Model(name=named, source=str(full))
    if looks_like_path(config) or Path(config).is_dir():
        folder = as_path(config).resolve()
        if not (folder / INDEX).is_file():
            raise BadInput(f"{folder} cannot configure {path}: it has no {INDEX}.")
        model = Model(name=f"{full}@{folder}", source=str(full), config=str(folder))
        return like(model, read_index(folder), folder)
    known = _base(config)
    if known.origin != "hub":
        raise BadInput(f"{config} cannot configure {path}: name a diffusers folder or a hub id.")
    kept = known.model_dump(include={*TAKEN})
    return Model(name=named, source=str(full), config=config, **kept)


def _lora(piece: str) -> Lora:
    matched = WEIGHT.fullmatch(piece)
    weighted = matched is not None and not as_path(piece).exists()
    source = matched["source"] if matched and weighted else piece
    weight = float(matched["weight"]) if matched and weighted else 1.0
    if not -10 <= weight <= 10:  # noqa: PLR2004 - beyond it only noise comes out
        raise BadInput(f"{piece}: a LoRA's weight lies between -10 and 10.")
    path = as_path(source)
    if path.is_file():
        if path.suffix != ".safetensors":
            raise BadInput(f"{path} is no .safetensors file. {_convert(path)}")
        if not _is_lora(tensor_names(path)):
            raise BadInput(f"{path} is no LoRA: none of its tensors is a low-rank one.")
        return Lora(source=str(path.resolve()), weight=weight)
    if looks_like_path(source) or not HUB_LORA.fullmatch(source):
        raise BadInput(f"There is no LoRA {source}. Write +FILE.safetensors:WEIGHT after a model.")
    return Lora(source=source, weight=weight)


def _spelled(lora: Lora, piece: str) -> str:
    weight = piece.removeprefix(piece.rpartition(":")[0]) if lora.weight != 1 else ""
    return f"{lora.source}{weight}"


def _is_lora(names: frozenset[str]) -> bool:
    return any("lora_" in name or ".lora." in name for name in names)


def _convert(path: Path) -> str:
    safe = path.with_suffix(".safetensors").name
    line = (
        "import torch; from safetensors.torch import save_file; "
        f"w = torch.load({path.name!r}, map_location='cpu', weights_only=True); "
        f"save_file(w.get('state_dict', w), {safe!r})"
    )
    return f"Convert it once: python -c {json.dumps(line)}, then name {safe}."


def _hosted(text: str) -> Model:
    plain, asked = without_options(text)
    name, _, address = plain.removeprefix(HOSTED).partition("@")
    address = address.rstrip("/") or OPENAI
    try:
        parsed = urlparse(address)
    except ValueError:  # brackets that are no address
        parsed = urlparse("")
    if not name or parsed.scheme not in {"http", "https"} or not parsed.hostname:
        raise BadInput(
            f"{text!r} names no hosted model. Write openai:MODEL@ADDRESS, "
            f"such as openai:gpt-image-1@{OPENAI}."
        )
    if parsed.username or parsed.password or parsed.query:
        raise BadInput("A key does not belong in an address: put it in the environment.")
    # The key of one company is never sent to another.
    key = "OPENAI_API_KEY" if address == OPENAI else "COHP_API_KEY"
    model = Model(
        name=plain,
        generator="hosted",
        family="hosted",
        source=address,
        negative=False,
        refines=False,
        key=key,
        options={"model": name, "key_optional": address != OPENAI},
    )
    return _asked(model, asked)
