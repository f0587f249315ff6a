"""The golden weights laid out as downloads of the published ones would lie on this machine."""

from __future__ import annotations

import hashlib
import shutil

from golden_cases import GOLDEN

from cohp.reward import catalogue

# The sizes of these are built in for the published weights; the small ones come described.
DESCRIBED = {
    "hpsv2": "model_config.json",
    "imagereward": "vit_config.json",
    "mps": "cross_config.json",
}


def as_the_hub_keeps_it(root, source, folder, rename=None):
    """Lay golden files out as a download would: blobs named by digest, links to them."""
    repo = root / "hub" / f"models--{source.repo.replace('/', '--')}"
    commit = source.revision or "0" * 40
    snapshot = repo / "snapshots" / commit
    for name in source.files:
        content = (folder / (rename or {}).get(name, name)).read_bytes()
        blob = repo / "blobs" / hashlib.sha256(content).hexdigest()
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / name).symlink_to(blob)
    (repo / "refs").mkdir(exist_ok=True)
    (repo / "refs" / (source.revision or "main")).write_text(commit)


def published(root, name):
    """Put the small golden weights where the real ones of `name` would be."""
    entry = catalogue.find(name)
    folder = GOLDEN / {"hpsv2.1": "hpsv2", "hpsv3++": "hpsv3pp"}.get(name, name)
    odd = {
        "HPSv3.safetensors": "model.safetensors",
        "hpsv3++.pth": "model.safetensors",
        "HPS_v2_compressed.pt": "HPS_tiny_compressed.pt",
        "HPS_v2.1_compressed.pt": "HPS_tiny_compressed.pt",
        "ImageReward.pt": "ImageReward_tiny.pt",
        "sac+logos+ava1-l14-linearMSE.pth": "linearMSE_tiny.pth",
    }
    for source in entry.sources:
        if source.repo:
            as_the_hub_keeps_it(root, source, folder / source.into, odd)
        else:
            place = root / "cohp" / "downloads" / source.sha256
            place.parent.mkdir(parents=True)
            shutil.copy(folder / odd[source.files[0]], place)
    for other in entry.needs:
        published(root, other)
