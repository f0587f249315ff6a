"""How a cluster is shared out: arithmetic, without a cluster."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cohp.errors import BadInput, DoesNotFit
from cohp.executors.ray.site import Site
from cohp.executors.ray.sizes import (
    DRAWING_CPUS,
    JUDGING_CPUS,
    SEARCHING_CPUS,
    Kind,
    Node,
    limits,
    shares,
    size,
)

GB = 10**9
LAPTOP = Node(cpus=2, host=8 * GB)
SMALL = Node(cpus=16, host=64 * GB, gpus=1, card="T4", free=14 * GB)
LARGE = Node(cpus=64, host=512 * GB, gpus=8, card="H100", free=76 * GB)


def kinds(sizes):
    return {kind.name: (kind.most, kind.gpus) for kind in sizes.kinds}


@given(cpus=some.lists(some.integers(1, 256), min_size=1, max_size=8), judges=some.integers(1, 3))
def test_a_logical_cpu_of_each_node_stays_free(cpus, judges):
    nodes = [Node(each, GB) for each in cpus]
    if max(cpus) < 2:
        with pytest.raises(BadInput, match="at least two"):
            size(nodes, [GB] * judges)
        return
    sizes = size(nodes, [GB] * judges)
    (kind,) = sizes.kinds
    assert kind.most == sum(each - 1 for each in cpus)
    taken = DRAWING_CPUS * kind.most + JUDGING_CPUS * judges * sizes.judges
    assert taken + SEARCHING_CPUS * sizes.searches <= sum(cpus)
    assert taken + SEARCHING_CPUS <= kind.most


def test_a_laptop_has_one_worker():
    sizes = size([LAPTOP], [GB])
    assert kinds(sizes) == {"": (1, 0)}
    assert (sizes.judges, sizes.searches, sizes.judge_gpus) == (1, 2, 0)
    assert sizes.kinds[0].budget == 7 * GB


def test_a_judge_shares_the_cards_of_the_smallest_kind_that_holds_it():
    sizes = size([LARGE, SMALL, SMALL], [3 * GB])
    assert kinds(sizes) == {"H100": (8, 1.0), "T4": (2, 0.75)}
    assert (sizes.judging, sizes.judge_gpus, sizes.judges) == ("T4", 0.25, 2)
    assert sizes.kinds[1].budget == int(14 * GB * 0.75)


def test_a_large_judge_goes_to_the_large_cards():
    sizes = size([LARGE, SMALL], [18 * GB, GB])
    assert sizes.judging == "H100"
    assert kinds(sizes) == {"H100": (8, 0.5), "T4": (1, 1.0)}


def test_one_card_draws_and_judges():
    assert kinds(size([SMALL], [4 * GB])) == {"T4": (1, 0.7)}


def test_what_fits_nowhere_is_said():
    with pytest.raises(DoesNotFit, match=r"takes 20\.0 GB, and the largest card has 14\.0 GB"):
        size([SMALL], [20 * GB])
    with pytest.raises(DoesNotFit, match="no card to draw on"):
        size([SMALL], [14 * GB])


def test_workers_between_limits():
    assert limits(None, 7) == (7, 7)
    assert limits("4", 7) == (4, 4)
    assert limits("2-16", 7) == (2, 16)
    for wrong in ("", "0", "5-2", "many", "-3", "1-"):
        with pytest.raises(BadInput, match="write 4 or 2-16"):
            limits(wrong, 7)
    sizes = size([LARGE, SMALL, SMALL], [], "2-20")
    assert {kind.name: (kind.least, kind.most) for kind in sizes.kinds} == {
        "H100": (1, 16),
        "T4": (0, 4),
    }
    assert sizes.searches == 40


def test_a_small_card_takes_the_small_models():
    workers = {"H100": 1, "T4": 1}
    fitting = {"flux-dev": ["H100"], "sd15": ["H100", "T4"]}
    assert shares(fitting, workers) == {"flux-dev": {"H100": 1.0}, "sd15": {"T4": 1.0}}


def test_what_fits_everywhere_is_levelled():
    shared = shares({"sd15": ["H100", "T4"]}, {"H100": 3, "T4": 1})
    assert shared == {"sd15": {"H100": pytest.approx(0.75), "T4": pytest.approx(0.25)}}


def test_models_go_where_they_fit_without_coming_by_layers():
    site = Site("test", size([LARGE, SMALL, SMALL], [3 * GB]))
    routes = site.routes(["flux-dev", "sd15", "fake-ink"])
    assert set(routes["flux-dev"]) == {"H100"}
    assert set(routes["sd15"]) | set(routes["fake-ink"]) == {"H100", "T4"}
    small = Site("small", size([SMALL], [3 * GB]))
    assert set(small.routes(["flux-dev"])["flux-dev"]) == {"T4"}


@given(
    workers=some.dictionaries(some.sampled_from("abc"), some.integers(1, 50), min_size=1),
    data=some.data(),
)
def test_each_model_is_shared_out_whole_and_only_where_it_fits(workers, data):
    places = some.lists(some.sampled_from(sorted(workers)), min_size=1, unique=True)
    fitting = data.draw(some.dictionaries(some.sampled_from("uvwxyz"), places, min_size=1))
    shared = shares(fitting, workers)
    for model, kinds in shared.items():
        assert set(kinds) <= set(fitting[model])
        assert sum(kinds.values()) == pytest.approx(1)
        assert all(part > 0 for part in kinds.values())


def test_which_workers_draw_on_a_processor():
    assert Kind("", 1, 1, 1, 0, GB, GB).processor
    assert not Kind("T4", 1, 1, 1, 0.5, GB, GB).processor
