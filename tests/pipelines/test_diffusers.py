"""The generator of all families: sizes, notes, parents, drift, memory and refusals."""

from __future__ import annotations

import pytest
import torch
from drawing import SIDE, child, distance, draw, generator, shot

from cohp.errors import BadInput, OutOfMemory


@pytest.mark.parametrize(
    ("name", "multiple"),
    [("sd15", 8), ("sd3", 16), ("mini", 16), ("flux-dev", 16), ("cogview4", 16), ("sana", 32)],
)
def test_a_size_that_cannot_be_drawn_is_refused_with_those_that_can(name, multiple):
    refused = shot(name, width=SIDE + multiple // 2, height=SIDE)
    said = f"multiples of {multiple}; {SIDE + multiple // 2}x64 is none"
    with pytest.raises(BadInput, match=said) as caught:
        draw(generator(name), refused)
    assert f"64x64 or {SIDE + multiple}x{SIDE + multiple}" in str(caught.value)


@pytest.mark.parametrize("name", ["sdxl", "flux-dev", "hidream", "hunyuan-dit", "lumina2"])
def test_other_shapes_than_a_square_are_drawn_as_asked(name):
    # HiDream's tiny transformer has room for 64x64 alone.
    (drawn,) = draw(generator(name), shot(name, width=96, height=32))
    assert drawn.image.size == (96, 32)


def test_hidream_says_what_is_too_large():
    with pytest.raises(BadInput, match="at most 4096 pixels, 128x128 are 16384"):
        draw(generator("hidream"), shot("hidream", width=128, height=128))


def test_shots_that_differ_in_more_than_seed_and_parent_are_drawn_too():
    drawer = generator("sd15")
    mixed = [shot("sd15", 1), shot("sd15", 2, prompt="a house"), shot("sd15", 3, width=32)]
    drawn = draw(drawer, *mixed)
    assert [each.shot for each in drawn] == mixed
    assert distance(drawn[1].latents, draw(drawer, mixed[1])[0].latents) <= 1e-5


@pytest.mark.parametrize("name", ["sdxl-turbo", "flux-schnell"])
def test_one_step_models_are_refined_in_a_few(name):
    drawer = generator(name, steps=1, guidance=0.0)
    (parent,) = draw(drawer, shot(name, 1, steps=None))
    (refined,) = draw(drawer, child(parent, 2, 0.5), parents=[parent])
    assert "4 steps instead" in refined.facts["note"]
    assert refined.facts["steps"] == "2 of 4"
    assert distance(refined.latents, parent.latents) > 0.01


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("can't allocate memory: 9 GB")],
)
def test_what_does_not_fit_is_told_apart_from_other_faults(error, monkeypatch):
    drawer = generator("sd15")

    def fails(*_, **__):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(drawer._denoiser, "run", fails)
        with pytest.raises(OutOfMemory, match="2 images do not fit"):
            draw(drawer, shot("sd15", 1), shot("sd15", 2))
    assert draw(drawer, shot("sd15"))
    monkeypatch.setattr(drawer._denoiser, "run", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        draw(drawer, shot("sd15"))


def test_nothing_of_it_is_left_after_closing():
    drawer = generator("sd15")
    drawer.close()
    drawer.close()
    assert not hasattr(drawer, "_denoiser")
