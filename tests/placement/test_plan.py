"""The planner: what fits stays, what does not waits or is refused, and no peak is ever above."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohp.errors import BadInput, DoesNotFit
from cohp.placement.need import JudgeNeed, Need, resting
from cohp.placement.plan import make
from cohp.placement.room import Device, Room, read_bytes, written

GB = 10**9
SDXL = Need("sdxl", 5 * GB, 2 * GB, GB // 5, GB // 10, GB // 2, 3 * GB)
FLUX = Need("flux", 24 * GB, 10 * GB, GB // 5, GB // 10, GB, 3 * GB)
HPSV3 = JudgeNeed("hpsv3", 17 * GB, 2 * GB, leaner=(JudgeNeed("hpsv3:quantize=8bit", 9 * GB),))


def one(size, host=200):
    return Room((Device("cuda", int(size * GB)),), host * GB)


def ways(plan):
    return {spot.need.name: (spot.stay, spot.waits, spot.images) for spot in plan.spots}


def test_what_fits_together_stays_together():
    plan = make([SDXL, FLUX], [HPSV3], one(80), 4)
    assert ways(plan) == {"sdxl": ("whole", "device", 4), "flux": ("whole", "device", 4)}
    assert plan.host == FLUX.whole


def test_text_encoders_leave_where_that_is_enough():
    room = one(34 + 2 + 17 + 7)
    assert ways(make([SDXL, FLUX], [HPSV3], room, 8)) == {
        "sdxl": ("apart", "device", 8),
        "flux": ("apart", "device", 8),
    }


def test_a_model_waits_in_main_memory_and_where_that_is_short_on_the_disk():
    tight = one(17 + 24 + 6)
    assert ways(make([SDXL, FLUX], [HPSV3], tight, 4)) == {
        "sdxl": ("whole", "host", 4),
        "flux": ("turns", "device", 4),
    }
    assert {way[1] for way in ways(make([SDXL, FLUX], [HPSV3], one(47, 35), 4)).values()} == {
        "disk"
    }


def test_a_smaller_batch_comes_before_coming_by_layers():
    assert ways(make([SDXL], [], one(8.3), 8)) == {"sdxl": ("apart", "device", 4)}
    assert ways(make([FLUX], [], one(6), 8)) == {"flux": ("groups", "device", 4)}


def test_on_a_processor_there_is_nowhere_to_wait_but_the_disk():
    plan = make([SDXL, FLUX], [], Room((Device("cpu", 40 * GB),), 40 * GB), 2)
    assert ways(plan) == {"sdxl": ("whole", "disk", 2), "flux": ("whole", "disk", 2)}
    assert plan.host == 0


def test_the_small_one_stays_while_the_large_ones_come_and_go():
    mini = Need("mini", GB)
    plan = make([FLUX, mini, SDXL], [], Room((Device("cpu", 40 * GB),), 0), 1)
    assert {name: way[1] for name, way in ways(plan).items()} == {
        "flux": "disk",
        "mini": "device",
        "sdxl": "disk",
    }


def test_of_several_devices_the_last_one_judges():
    room = Room((Device("cuda:0", 40 * GB), Device("cuda:1", 24 * GB)), 200 * GB)
    plan = make([SDXL, FLUX], [HPSV3], room, 1)
    assert plan.judging == "cuda:1"
    assert {spot.device for spot in plan.spots} == {"cuda:0"}
    assert plan.overlaps
    assert plan.peak("cuda:1") == 19 * GB


def test_models_spread_over_devices_and_share_the_judges_one_only_if_they_must():
    room = Room(
        (Device("cuda:0", 30 * GB), Device("cuda:1", 30 * GB), Device("cuda:2", 30 * GB)), 99 * GB
    )
    plan = make([SDXL, FLUX], [HPSV3], room, 1)
    assert {spot.device for spot in plan.spots} == {"cuda:0", "cuda:1"}
    small = Room((Device("cuda:0", 4 * GB), Device("cuda:1", 80 * GB)), 99 * GB)
    plan = make([FLUX], [HPSV3], small, 1)
    assert (plan.judging, plan.spots[0].device) == ("cuda:1", "cuda:1")


TOO_LARGE = {
    "hpsv3 takes 19.0 GB, and 16.0 GB is free. In fewer bits it would fit: --reward "
    "hpsv3:quantize=8bit": ([SDXL], [HPSV3], one(16)),
    "hpsv3 takes 19.0 GB, and 5.0 GB is free, which a reward must never leave. Choose a smaller "
    "one (see `cohp rewards`), or free memory.": ([SDXL], [HPSV3], one(5)),
    "flux takes at least 3.5 GB of cuda, where 2.0 GB is left beside hpsv3. With 20.5 GB in all "
    "it would fit; else choose a smaller model.": ([FLUX], [HPSV3], one(19)),
    "flux passes through main memory as it loads, and of the 34.2 GB it takes 30.0 GB is free. "
    "Close other programs, or choose a smaller model.": ([FLUX], [], one(80, 30)),
}


@pytest.mark.parametrize("said", TOO_LARGE)
def test_what_does_not_fit_is_told_what_would(said):
    models, judges, room = TOO_LARGE[said]
    with pytest.raises(DoesNotFit) as told:
        make(models, judges, room, 4)
    assert str(told.value) == said


def test_fewer_bits_are_proposed_and_never_taken_unasked():
    stiff = Need("dit", 20 * GB, layers_leave=False)
    stiff = Need("dit", 20 * GB, layers_leave=False, leaner=(resting(stiff, 0.5, "dit:fp8=true"),))
    with pytest.raises(DoesNotFit, match=r"In fewer bits it would fit: --models dit:fp8=true$"):
        make([stiff], [], one(12), 1)


def test_as_many_pictures_are_decoded_at_once_as_there_are_images_and_lanes():
    mini = Need("mini", 2, vae=1, drawing=1, decoding=10, decoders=2)
    assert [mini.working("whole", images) for images in (1, 2, 4, 30)] == [13, 23, 23, 33]
    assert [mini.working("turns", images) for images in (1, 2, 4, 30)] == [11, 21, 21, 33]


sizes = st.integers(0, 40)
needs = st.builds(
    Need,
    name=st.uuids().map(str),
    denoiser=st.integers(1, 40),
    encoders=sizes,
    vae=st.integers(0, 3),
    largest=st.integers(0, 2),
    drawing=st.integers(0, 5),
    decoding=st.integers(0, 5),
    decoders=st.integers(1, 4),
    parts_leave=st.booleans(),
    layers_leave=st.booleans(),
)
judging = st.lists(
    st.builds(JudgeNeed, name=st.just("judge"), weights=sizes, scoring=st.integers(0, 4)),
    max_size=2,
)
names = st.sampled_from(["cpu", "mps", "cuda"])
rooms = st.builds(
    lambda kind, free, host: Room(
        tuple(Device(f"{kind}:{n}", size) for n, size in enumerate(free)), host
    ),
    names,
    st.lists(st.integers(0, 120), min_size=1, max_size=3),
    st.integers(0, 150),
)
models = st.lists(needs, min_size=1, max_size=4)


@given(models, judging, rooms, st.integers(1, 16))
def test_a_plan_keeps_within_every_device_and_main_memory_or_is_refused(
    asked, judges, room, images
):
    try:
        plan = make(asked, judges, room, images)
    except DoesNotFit:
        return
    assert [spot.need for spot in plan.spots] == asked
    assert all(1 <= spot.images <= images for spot in plan.spots)
    for device in room.devices:
        assert plan.peak(device.name) <= device.free or not plan.peak(device.name)
        if device.unified:
            assert {s.stay for s in plan.spots if s.device == device.name} <= {"whole"}
    assert plan.host <= room.host or not plan.host
    for spot in plan.spots:
        assert spot.need.layers_leave or spot.stay != "groups"
        assert spot.need.parts_leave or spot.stay in ("whole", "groups")


@given(models, judging, rooms, st.integers(1, 8))
def test_more_memory_never_turns_a_plan_into_a_refusal(asked, judges, room, images):
    try:
        make(asked, judges, room, images)
    except DoesNotFit:
        return
    if len(room.devices) == 1:
        roomier = Room((Device(room.devices[0].name, room.devices[0].free + 7),), room.host + 7)
        make(asked, judges, roomier, images)


@pytest.mark.parametrize(
    ("text", "size"),
    [("24GB", 24 * GB), ("7.5 gb", 7_500_000_000), ("512MiB", 2**29), ("800m", 8 * 10**8)],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert read_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "0GB", "24", "-3GB", "1e9"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(BadInput, match="write 24GB"):
        read_bytes(text)


def test_sizes_are_written_for_people():
    assert [written(size) for size in (16_600_000_000, 17_000_000, 900_000)] == [
        "16.6 GB",
        "17 MB",
        "900 kB",
    ]


def test_beside_judges_it_was_not_told_of_nothing_is_promised():
    assert make([SDXL], [HPSV3], one(80), 4).overlaps
    assert not make([SDXL], [], one(80), 4).overlaps
