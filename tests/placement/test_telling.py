"""A plan told to people and to scripts."""

from __future__ import annotations

from cohp.placement.need import JudgeNeed, Need
from cohp.placement.plan import make
from cohp.placement.room import Device, Room
from cohp.placement.telling import plan_json, plan_text

GB = 10**9
PLAN = make(
    [Need("sdxl", 5 * GB, 2 * GB, rough=True), Need("flux", 24 * GB, 10 * GB)],
    [JudgeNeed("hpsv3", 17 * GB, 2 * GB)],
    Room((Device("cuda", 48 * GB),), 99 * GB),
    4,
)


def test_people_are_told_who_is_held_where_and_the_peaks():
    assert plan_text(PLAN).splitlines() == [
        "hpsv3  cuda  17.0 GB       stays, and judges",
        "sdxl   cuda  about 7.0 GB  stays; all of it at once; 4 at once",
        "flux   cuda  34.0 GB       stays; its parts by turns; 4 at once",
        "peak on cuda: 48.0 GB of 48.0 GB",
        "main memory: 41.0 GB",
    ]


def test_of_what_takes_no_memory_nothing_is_told():
    assert not plan_text(make([Need("hosted", 0)], [], PLAN.room, 4))


def test_scripts_are_told_the_same_in_bytes():
    told = plan_json(PLAN)
    assert told["devices"] == {"cuda": {"memory": 48 * GB, "peak": 48 * GB}}
    assert [each["waits"] for each in told["models"]] == ["device", "device"]
    assert told["judges"] == [{"name": "hpsv3", "device": "cuda", "bytes": 17 * GB}]
