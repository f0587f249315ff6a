"""Memory: a batch that does not fit is halved, and half precision mixes no types."""

from __future__ import annotations

import pytest
import torch
from golden_cases import REWARDS, cases, fresh, scored

from cohp.errors import OutOfMemory


def short_of_memory(reward, most):
    plain, tried = reward.means, []

    def means(prompts, images):
        tried.append(len(prompts))
        if len(prompts) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(prompts, images)

    reward.means = means
    return tried


@pytest.mark.parametrize("name", REWARDS)
def test_a_batch_that_does_not_fit_is_halved_and_nothing_is_lost(name):
    some = cases(name)[:9]
    wanted = scored(fresh(name), some)
    reward = fresh(name)
    tried = short_of_memory(reward, 2)
    assert scored(reward, some) == pytest.approx(wanted, abs=1e-5)
    assert tried[:3] == [9, 4, 2]
    assert max(tried[2:]) == 2


def test_where_not_even_one_fits_it_is_said():
    reward = fresh("clip")
    short_of_memory(reward, 0)
    with pytest.raises(OutOfMemory):
        scored(reward, cases("clip")[:3])


@pytest.mark.parametrize("name", [name for name, (kind, _) in REWARDS.items() if kind.half])
def test_half_precision_mixes_no_types(monkeypatch, name):
    """What a GPU would do, as near as the CPU can: the same casts, coarser numbers."""
    reward, some = fresh(name), cases(name)[:5]
    wanted = scored(reward, some)
    monkeypatch.setattr(reward, "_precision", lambda: torch.autocast("cpu", torch.bfloat16))
    coarse = scored(reward, some)
    assert coarse != wanted
    assert coarse == pytest.approx(wanted, abs=0.1)


def test_only_what_the_references_halve_is_halved():
    assert {name for name, (kind, _) in REWARDS.items() if kind.half} == {"hpsv2", "mps"}


def test_on_the_cpu_nothing_is_halved():
    reward = fresh("hpsv2")
    with reward._precision():
        assert not torch.is_autocast_enabled("cpu")
