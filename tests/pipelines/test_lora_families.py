"""Of every family that takes LoRAs: its own fits and another family's does not, without weights."""

from __future__ import annotations

import loading_samples as samples
import pytest
from tiny import NAMES, fresh, tiny

from cohp.catalogue import Lora, Model
from cohp.errors import BadInput
from cohp.pipelines.folder import DENOISERS, read
from cohp.pipelines.hollow import hollow_pipeline
from cohp.pipelines.lora import attach

pytest.importorskip("peft")
TAKING = [name for name in NAMES if hasattr(type(tiny(name)), "load_lora_weights")]


def laid_over(name, file):
    return Model(name=name, loras=(Lora(source=str(file), weight=0.5),))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign")
    return samples.save_lora(samples.sd(folder / "tokenizer"), folder)


@pytest.mark.parametrize("name", TAKING)
def test_its_own_fits_and_another_familys_does_not(name, tmp_path, foreign):
    pipe = fresh(name)
    file = samples.save_lora(pipe, tmp_path / "own")
    pipe.save_pretrained(tmp_path / "pipe")
    found = read(tmp_path / "pipe")
    hollow = hollow_pipeline(found, type(pipe))
    attach(hollow, laid_over(name, file))
    part = next(part for part in DENOISERS if hasattr(hollow, part))
    assert {each.device.type for each in getattr(hollow, part).parameters()} == {"meta"}
    if name == "sd15":
        return
    with pytest.raises(BadInput, match="made for another kind of model"):
        attach(hollow_pipeline(found, type(pipe)), laid_over(name, foreign))
