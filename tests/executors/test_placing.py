"""The local executor follows its plan: who is loaded where, who leaves, what is scored when."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Event, current_thread

import pytest
from small import make_recipe

from cohp import pipelines
from cohp.catalogue import Model
from cohp.errors import DoesNotFit, OutOfMemory
from cohp.executors import local, machine, overlap, read_ahead, shelf
from cohp.executors.halving import Halving
from cohp.executors.local import LocalExecutor
from cohp.pipelines.fake import FakeGenerator
from cohp.recipe import build
from cohp.reward.fake import FakeReward
from cohp.run import plan as asks_of
from cohp.search.base import opening
from cohp.types import Note, Scored

MINIS = ["mini-poster", "mini-mural"]


class Placed(FakeGenerator):
    """A fake that notes how it is held."""

    def __init__(self, log, name):
        super().__init__(Model(name=name, generator="fake"))
        self.log, self.name = log, name

    def draw(self, shots, parents):
        self.log.append(("draw", self.name, len(shots)))
        return super().draw(shots, parents)

    def leave(self):
        self.log.append(("leave", self.name))

    def spare(self):
        return None

    def close(self):
        self.log.append(("close", self.name))


@pytest.fixture
def log(monkeypatch):
    """Fakes in the place of loaded models, and what became of each."""
    told = []

    def load(name, device=None, stay="whole"):
        told.append(("load", name, device, stay))
        return Placed(told, name)

    monkeypatch.setattr(pipelines, "load", load)
    return told


def minis(**changes):
    values = {"models": MINIS, "per_model": 2, "rounds": 1, "batch": 2, "reward": "fake"}
    return build({"prompt": "a red fox at dawn", "seed": 7, **values, **changes})


def run(log, executor, **changes):
    made = minis(**changes)
    executor.plan([made])
    told = list(executor.answer(opening(made).shots, jury=made.jury, parents={}, stop=Event()))
    return [each.score for each in told if isinstance(each, Scored)]


def test_models_that_fit_together_stay(log):
    executor = LocalExecutor()
    for _ in range(2):
        assert len(run(log, executor, memory="1GB")) == 4
    assert log == [
        ("load", "mini-poster", "cpu", "whole"),
        ("draw", "mini-poster", 2),
        ("load", "mini-mural", "cpu", "whole"),
        ("draw", "mini-mural", 2),
        ("draw", "mini-poster", 2),
        ("draw", "mini-mural", 2),
    ]


def test_models_that_do_not_fit_together_come_from_the_disk_by_turns(log):
    executor = LocalExecutor()
    scores = run(log, executor, memory="95MB")
    assert scores == run([], LocalExecutor(), memory="1GB")
    assert log[:5] == [
        ("load", "mini-poster", "cpu", "whole"),
        ("draw", "mini-poster", 2),
        ("close", "mini-poster"),
        ("load", "mini-mural", "cpu", "whole"),
        ("draw", "mini-mural", 2),
    ]
    assert set(executor.revisions()) == {"model mini-poster", "model mini-mural", "reward fake"}


def test_the_plan_gives_the_largest_batch(log):
    run(log, LocalExecutor(), memory="80MB", per_model=40, batch=40)
    draws = [each for each in log if each[0] == "draw"]
    most = {name: max(n for _, who, n in draws if who == name) for name in MINIS}
    # What memory holds, and never more than a processor draws well.
    assert most == {"mini-poster": 8, "mini-mural": 4}


def test_what_does_not_fit_is_refused_before_anything_loads(log):
    with pytest.raises(
        DoesNotFit, match=r"mini-poster takes at least .* of cpu, where 10 MB is left"
    ):
        LocalExecutor().plan([minis(memory="10MB")])
    assert log == []


def test_models_whose_seat_changes_are_loaded_anew(log):
    executor = LocalExecutor()
    run(log, executor, devices=["cpu:0"])
    run(log, executor, devices=["cpu:1"])
    assert [each for each in log if each[0] == "close"] == [
        ("close", "mini-poster"),
        ("close", "mini-mural"),
    ]


def test_of_two_devices_one_judges_beside_the_drawing(log):
    made = minis(devices=["cpu:0", "cpu:1"], per_model=3)
    executor, threads = LocalExecutor(), set()

    class Watching(FakeReward):
        def score(self, *, prompts, images):
            threads.add(current_thread().name)
            return super().score(prompts=prompts, images=images)

    executor._load_reward = lambda _: Watching()
    planned = executor.plan([made])
    assert (planned.judging, planned.overlaps) == ("cpu:1", True)
    assert {spot.device for spot in planned.spots} == {"cpu:0"}
    shots = opening(made).shots
    told = list(executor.answer(shots, jury=made.jury, parents={}, stop=Event()))
    assert all(name.startswith("scoring") for name in threads)
    assert {each[2] for each in log if each[0] == "load"} == {"cpu:0"}
    plain = LocalExecutor()
    one = list(plain.answer(shots, jury=made.jury, parents={}, stop=Event()))
    assert {each.shot.id: each.score for each in told} == {each.shot.id: each.score for each in one}


def test_what_goes_wrong_while_scoring_beside_is_not_lost(log):
    class Broken(FakeReward):
        def score(self, *, prompts, images):
            raise OutOfMemory("no room for the reward")

    made = minis(devices=["cpu:0", "cpu:1"])
    executor = LocalExecutor(load_reward=lambda _: Broken())
    executor.plan([made])
    with pytest.raises(OutOfMemory, match="no room"):
        list(executor.answer(opening(made).shots, jury=made.jury, parents={}, stop=Event()))


def test_where_one_image_does_not_fit_less_is_used_for_it_and_that_is_said():
    class Sparing(Placed):
        def __init__(self, *given):
            super().__init__(*given)
            self.ways = ["it works in tiles", "its layers come one by one"]

        def draw(self, shots, parents):
            if self.ways or len(shots) > 1:
                raise OutOfMemory("too much")
            return super().draw(shots, parents)

        def spare(self):
            return self.ways.pop(0) if self.ways else None

    made = make_recipe(models=["fake-ink"])
    executor = LocalExecutor(lambda name: Sparing([], name), lambda _: FakeReward())
    told = list(executor.answer(opening(made).shots, jury=made.jury, parents={}, stop=Event()))
    assert [each.text for each in told if isinstance(each, Note)] == [
        "fake-ink: 2 at once do not fit; going on with 1.",
        "fake-ink: not even one image fits; from now on it works in tiles.",
        "fake-ink: not even one image fits; from now on its layers come one by one.",
    ]
    assert len([each for each in told if isinstance(each, Scored)]) == 2


def test_what_a_smaller_batch_would_not_help_is_done_with_less_at_once():
    ways, notes, tried = ["it works in tiles"], [], []

    def work(batch):
        tried.append(len(batch))
        if len(tried) < 3:
            raise OutOfMemory("no room to decode", by_batch=False)
        return batch

    halving = Halving(notes.append, lambda _: ways.pop() if ways else None)
    assert [list(each) for each in halving.batches("flux", [1, 2, 3, 4], work)] == [[1, 2], [3, 4]]
    # In tiles first; where that is not enough a smaller batch is the last thing to try.
    assert tried == [4, 4, 2, 2]
    assert notes == [
        "flux: not even one image fits; from now on it works in tiles.",
        "flux: 4 at once do not fit; going on with 2.",
    ]


def test_a_model_that_waits_in_main_memory_leaves_and_stays_loaded(log, monkeypatch):
    gpu = machine.Room((machine.Device("cuda", 70_000_000),), 10**9)
    monkeypatch.setattr(local, "room", lambda *_, **__: gpu)
    monkeypatch.setattr(overlap, "_stream", lambda _: nullcontext)
    executor = LocalExecutor()
    for _ in range(2):
        run(log, executor)
    told = [each[0] for each in log]
    assert told.count("load") == 2
    assert "close" not in told
    # Whoever waits left before the other drew, each time.
    assert ("leave", "mini-poster") in log[: log.index(("draw", "mini-mural", 2))]


def test_the_next_model_is_read_while_one_draws(log, monkeypatch):
    read = []
    monkeypatch.setattr(shelf.ReadAhead, "begin", lambda _, name: read.append(name))
    run(log, LocalExecutor(), memory="80MB")
    assert read == ["mini-mural"]


def test_reading_ahead_reads_every_file_of_weights_and_can_be_stopped(monkeypatch):
    seen = []
    plain = read_ahead.weights_of
    monkeypatch.setattr(
        read_ahead, "weights_of", lambda name: (seen.append(file) or file for file in plain(name))
    )
    ahead = read_ahead.ReadAhead()
    ahead.begin("mini-poster")
    ahead.begin("mini-poster")
    ahead.wait("mini-poster")
    assert {file.parent.name for file in seen} >= {"transformer", "vae", "text_encoder"}
    ahead.begin("mini-mural")
    ahead.close()


def test_a_plan_counts_what_the_whole_recipe_asks_for():
    made = minis(per_model=3, batch=5)
    assert max(len(ask.shots) // len(MINIS) for ask in asks_of(made)) <= 5
    assert {spot.images for spot in LocalExecutor().plan([made]).spots} == {5}


@pytest.mark.parametrize("name", ["cuda:7", "tpu", "cpu:x", "cuda"])
def test_a_device_that_is_not_here_is_refused_by_name(name, monkeypatch):
    monkeypatch.setattr(machine, "_free", lambda: {"cpu": 10**9})
    with pytest.raises(machine.BadInput, match=f"there is no {name} here; there are cpu"):
        machine.room([name])


def test_devices_of_a_processor_share_its_memory():
    one, two = machine.room(["cpu"]), machine.room(["cpu:0", "cpu:1"])
    assert two.devices[0].free == two.devices[1].free
    assert two.devices[0].free < one.devices[0].free * 0.7
    with pytest.raises(machine.BadInput, match="cpu:0 is named twice"):
        machine.room(["cpu:0", "cpu:0"])


def test_before_torch_is_there_the_driver_says_what_is_free(monkeypatch, tmp_path):
    asked = tmp_path / "nvidia-smi"
    asked.write_text("#!/bin/sh\nprintf '24000\\n8000\\n'\n")
    asked.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delitem(machine.sys.modules, "torch")
    found = machine.room(["cuda:1", "cuda"])
    assert [each.free for each in found.devices] == [
        int((8000 << 20) * machine.SHARE),
        int((24000 << 20) * machine.SHARE),
    ]
    assert machine.room().devices[0].name == "cuda:0"


def test_an_apple_gpu_works_in_main_memory(monkeypatch):
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    monkeypatch.setattr(machine, "machine", lambda: "arm64")
    monkeypatch.setattr(machine, "_cards", dict)
    (device,) = machine.room(memory="16GB").devices
    assert (device.name, device.unified, device.free) == ("mps", True, 16 * 10**9)


def test_a_judge_that_the_caller_has_loaded_is_not_counted_again(log):
    made = minis(reward="mini-judge", memory="1GB")
    assert [each.name for each in LocalExecutor().plan([made]).judges] == ["mini-judge"]
    assert LocalExecutor(load_reward=lambda _: FakeReward()).plan([made]).judges == ()
