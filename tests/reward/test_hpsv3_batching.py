"""How many rows run together: what fits, and half as many when it did not."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from cohp.errors import OutOfMemory
from cohp.reward import batching
from cohp.reward.batching import free_bytes, in_batches, rows_that_fit
from cohp.reward.hpsv3 import HPSv3
from cohp.reward.packed import PackedLinear
from cohp.reward.qwen_model import row_bytes

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize(
    ("free", "per_row", "most", "rows"),
    [(100, 10, 8, 5), (100, 10, 3, 3), (0, 10, 8, 1), (10, 100, 8, 1), (100, 0, 8, 8)],
)
def test_rows_fill_half_of_the_free_memory(free, per_row, most, rows):
    assert rows_that_fit(free, per_row, most) == rows


def test_there_is_free_memory_here():
    assert free_bytes(torch.device("cpu")) > 1 << 20


class Device:
    """Holds so many rows and no more, and says so as torch does."""

    def __init__(self, holds, error):
        self.holds, self.error, self.sizes = holds, error, []

    def __call__(self, rows):
        self.sizes.append(len(rows))
        if len(rows) > self.holds:
            raise self.error
        return torch.tensor(rows)


NO_ROOM = [
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("MPS backend out of memory"),
]


@pytest.mark.parametrize("error", NO_ROOM, ids=str)
def test_a_batch_without_room_is_halved_and_every_row_is_done_in_order(error):
    device = Device(3, error)
    assert in_batches(list(range(20)), 16, device).tolist() == list(range(20))
    assert device.sizes == [16, 8, 4, *[2] * 10]


def test_one_row_without_room_is_an_error_that_says_what_to_do():
    with pytest.raises(OutOfMemory, match="fewer bits"):
        in_batches([1, 2], 2, Device(0, NO_ROOM[0]))


def test_other_trouble_is_not_swallowed():
    with pytest.raises(RuntimeError, match="shapes"):
        in_batches([1, 2], 2, Device(0, RuntimeError("shapes do not match")))


@pytest.fixture(scope="module")
def reward():
    return HPSv3(GOLDEN / "hpsv3", batch=4)


def test_a_reward_short_of_memory_gives_the_same_scores(reward, monkeypatch):
    images = [Image.new("RGB", (64, 64), (20 * shade, 0, 99)) for shade in range(8)]
    together = reward.score(prompts=["a fox"] * 8, images=images)
    sizes, read = [], reward._read

    def crowded(rows):
        sizes.append(len(rows))
        if len(rows) > 1:
            raise NO_ROOM[0]
        return read(rows)

    monkeypatch.setattr(reward, "_read", crowded)
    alone = reward.score(prompts=["a fox"] * 8, images=images)
    assert sizes == [4, 2, *[1] * 8]
    assert [one.mean for one in alone] == pytest.approx([one.mean for one in together], abs=1e-5)


def test_little_free_memory_means_small_batches(reward, monkeypatch):
    need = row_bytes(reward._model, torch.float32, 1031, (32, 32))
    monkeypatch.setattr("cohp.reward.qwen.free_bytes", lambda _device: need * 4)
    sizes, read = [], reward._read
    monkeypatch.setattr(reward, "_read", lambda rows: sizes.append(len(rows)) or read(rows))
    images = [Image.new("RGB", (64, 64), (shade, 0, 0)) for shade in range(5)]
    reward.score(prompts=["a photo of a red fox sitting in the snow"] * 5, images=images)
    assert sizes == [2, 2, 1]


@pytest.mark.parametrize(("depth", "error"), [(8, 0.01), (4, 0.15)])
@pytest.mark.parametrize("width", [64, 50, 7])
def test_a_packed_layer_is_near_its_original(depth, error, width):
    torch.manual_seed(0)
    layer = torch.nn.Linear(width, 12)
    packed = PackedLinear(layer.weight.detach(), layer.bias, depth)
    values = torch.randn(5, width)
    with torch.inference_mode():
        apart = (packed(values) - layer(values)).norm() / layer(values).norm()
    assert float(apart) < error


def test_a_packed_layer_takes_a_fraction_of_the_memory():
    weight = torch.randn(256, 256)
    held = {depth: PackedLinear(weight, None, depth).packed.nbytes for depth in (8, 4)}
    assert held == {8: weight.nbytes // 4, 4: weight.nbytes // 8}


def test_the_cpu_takes_few_rows_and_a_gpu_many():
    assert batching.MOST["cpu"] < batching.MOST["cuda"]
