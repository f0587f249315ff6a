"""Halves of a batch drawn at once on a processor's cores are what they are one after the other."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
import torch
from drawing import CLOSE, child, distance, draw, generator, shot
from tiny import tiny

from cohp.errors import OutOfMemory
from cohp.pipelines import lanes
from cohp.pipelines.families import family_of


@pytest.fixture(autouse=True)
def _four_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def at_work():
    return [each for each in threading.enumerate() if each.name.startswith("lane")]


# Schedules that remember steps, draw noise in steps, and do neither.
@pytest.mark.parametrize("name", ["sd15", "sdxl-turbo", "mini", "flux-dev"])
def test_a_batch_is_what_its_shots_are_alone(name):
    drawer = generator(name)
    shots = [shot(name, seed) for seed in range(5)]
    together = draw(drawer, *shots)
    assert len(at_work()) >= 2
    alone = [draw(drawer, each)[0] for each in shots]
    assert [each.shot for each in together] == shots
    again = [child(each, 10 + place, 0.5) for place, each in enumerate(together)]
    refined = draw(drawer, *again, parents=together)
    one_by_one = [draw(drawer, each, parents=together)[0] for each in again]
    for one, other in zip([*together, *refined], [*alone, *one_by_one], strict=True):
        assert distance(one.latents, other.latents) <= CLOSE
        assert one.true_start == other.true_start
    drawer.close()


def test_lanes_work_at_once_and_give_the_cores_back(monkeypatch):
    drawer = generator("sd15")
    meeting = threading.Barrier(4, timeout=20)  # nobody passes before all four are there
    numbers = []

    def finish(denoiser, begun):
        meeting.wait()
        numbers.append(torch.get_num_threads())
        return drawer.__class__._finish(drawer, denoiser, begun)

    monkeypatch.setattr(drawer, "_finish", finish)
    assert len(draw(drawer, *(shot("sd15", seed) for seed in range(7)))) == 7
    assert numbers == [1, 1, 1, 1]
    assert torch.get_num_threads() == 4
    drawer.close()
    assert not at_work()


def test_pictures_are_decoded_at_once(monkeypatch):
    drawer = generator("sd15")
    meeting = threading.Barrier(4, timeout=20)
    decode = drawer._autoencoder.decode

    def met(latents):
        meeting.wait()
        return decode(latents)

    monkeypatch.setattr(drawer._autoencoder, "decode", met)
    drawn = draw(drawer, *(shot("sd15", seed) for seed in range(4)))
    for each in drawn:
        with torch.inference_mode():
            again = decode(torch.from_numpy(each.latents))
        assert float((each.pixels - again).abs().max()) <= 1.01 / 255
    drawer.close()


def test_a_lane_that_does_not_fit_is_waited_for_with_the_others(monkeypatch):
    drawer = generator("sd15")
    done = []

    def finish(denoiser, begun):
        if begun.call.generators[0].initial_seed() == 0:
            raise MemoryError
        done.append(drawer.__class__._finish(drawer, denoiser, begun))
        return done[-1]

    with monkeypatch.context() as patched:
        patched.setattr(drawer, "_finish", finish)
        with pytest.raises(OutOfMemory, match="4 images do not fit"):
            draw(drawer, *(shot("sd15", seed) for seed in range(4)))
    assert len(done) == 3
    assert len(draw(drawer, *(shot("sd15", seed) for seed in range(4)))) == 4


@pytest.mark.parametrize("shared", [False, True])
def test_decoding_that_does_not_fit_asks_for_a_smaller_batch_where_that_helps(monkeypatch, shared):
    def fails(_):
        raise torch.OutOfMemoryError

    drawer = generator("sd15")
    drawer._autoencoder.shared = shared
    with monkeypatch.context() as patched:
        patched.setattr(drawer._autoencoder, "decode", fails)
        with pytest.raises(OutOfMemory) as decoding:
            draw(drawer, shot("sd15", 1), shot("sd15", 2))
    monkeypatch.setattr(drawer._denoiser, "run", lambda *_: fails(None))
    with pytest.raises(OutOfMemory) as drawing:
        draw(drawer, shot("sd15", 1), shot("sd15", 2))
    assert (decoding.value.by_batch, drawing.value.by_batch) == (shared, True)
    drawer.close()


@pytest.mark.parametrize(("device", "parts"), [("cpu", 4), ("cuda", 1)])
def test_what_waits_in_main_memory_for_a_gpu_has_one_lane(device, parts):
    pipe = tiny("sd15")  # its weights are in main memory
    drawn_on = SimpleNamespace(device=torch.device(device))
    made = lanes.Lanes(pipe, family_of(pipe), drawn_on)
    assert len(made.parts(range(8))) == parts


def test_a_large_network_has_all_cores_for_itself(monkeypatch):
    monkeypatch.setattr(lanes, "SMALL", 1000)
    drawer = generator("sd15")
    seen = []
    run = drawer._denoiser.run
    monkeypatch.setattr(
        drawer._denoiser, "run", lambda *told: seen.append(torch.get_num_threads()) or run(*told)
    )
    assert len(draw(drawer, shot("sd15", 1), shot("sd15", 2))) == 2
    assert seen == [4]
    assert not at_work()
