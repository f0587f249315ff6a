"""Workers at work on a cluster under one name: made, found again from any process, and asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import Any

from ray import serve
from ray.serve.api import RunTarget
from ray.serve.schema import ApplicationStatus

from cohp.executors.planning import need
from cohp.executors.ray.calling import Call
from cohp.executors.ray.generators import Sketch, Sketched, generators
from cohp.executors.ray.rewards import TOGETHER, Judged, Pictures, Rewards
from cohp.executors.ray.sizes import DRAWING_CPUS, JUDGING_CPUS, Kind, Node, Sizes, shares, size
from cohp.placement.need import Need, Stay
from cohp.placement.plan import make
from cohp.placement.room import Device, Room
from cohp.placement.spots import Space, alone
from cohp.reward.sizes import needs_of

GENERATORS, REWARD = "generators", "reward"
# A request at work and one that waits beside it, so that a worker never idles for want of one.
AT_A_WORKER = 2
# Seconds in which a worker that is let go may finish.
PARTING = 2
# Who judges is at work once a search asks for it; this process knows of these that they are.
_deploying, _seen = Lock(), set[str]()


@dataclass(frozen=True)
class Site:
    """The workers that go by a name, as every process of the cluster may hold them."""

    name: str
    sizes: Sizes

    def routes(self, models: Sequence[str]) -> dict[str, dict[str, float]]:
        """Return which part of each model's shots goes to which kind of workers."""
        fitting = {model: _fitting(self.sizes.kinds, model) for model in models}
        return shares(fitting, {kind.name: kind.most for kind in self.sizes.kinds})

    def draw(self, kind: str, asked: Sketch) -> Call[Sketched]:
        """Have a worker of a kind draw shots, one that holds their model where there is one."""
        model = asked.shots[0].model
        handle = self._drawing(kind).options(multiplexed_model_id=model)
        return Call(f"drew with {model}", partial(handle.draw.remote, asked))

    def require(self, kind: str, models: Sequence[str]) -> Call[None]:
        """Have a worker of a kind say what models lack."""
        handle = self._drawing(kind)
        return Call("looked for models", partial(handle.require.remote, models))

    def judge(self, reward: str, asked: Pictures) -> Call[Judged]:
        """Have images judged."""
        return Call(f"judged with {reward}", partial(self._judging(reward).score.remote, asked))

    def require_judge(self, reward: str) -> Call[None]:
        """Have a reward say what it lacks."""
        return Call("looked for a reward", partial(self._judging(reward).require.remote))

    def apps(self) -> Iterator[str]:
        """Go through the names under which Serve knows these workers."""
        return (name for name in serve.status().applications if name.startswith(f"{self.name}-"))

    def _drawing(self, kind: str) -> Any:  # noqa: ANN401 - a handle of Serve
        return _handle(_app(self.name, GENERATORS, kind))

    def _judging(self, reward: str) -> Any:  # noqa: ANN401 - likewise
        app = _app(self.name, REWARD, reward)
        with _deploying:
            if app not in _seen and app not in _at_work():
                _run({app: _judge(self.sizes, reward)})
            _seen.add(app)
        return _handle(app)


@contextmanager
def open_site(
    name: str,
    nodes: Sequence[Node],
    *,
    models: Sequence[str],
    judges: Sequence[str],
    workers: str | None = None,
) -> Iterator[Site]:
    """Have workers on a cluster until the block ends; those of a site that was left are taken up.

    The models are those that workers keep near if they can; any other may be asked for too.
    """
    processor = not any(node.gpus for node in nodes)
    needs = [each for text in judges for each in needs_of(text, processor=processor)]
    site = Site(name, size(nodes, [each.weights + each.scoring for each in needs], workers))
    apps = {_app(name, GENERATORS, kind.name): _workers(kind, models) for kind in site.sizes.kinds}
    apps |= {_app(name, REWARD, each.name): _judge(site.sizes, each.name) for each in needs}
    _run({name: each for name, each in apps.items() if name not in _at_work()})
    try:
        yield site
    finally:
        _seen.clear()
        _handle.cache_clear()
        for app in list(site.apps()):
            serve.delete(app)


def _at_work() -> set[str]:
    gone = (ApplicationStatus.DELETING, ApplicationStatus.DEPLOY_FAILED)
    there = serve.status().applications
    return {name for name, each in there.items() if each.status not in gone}


def _run(apps: Mapping[str, Any]) -> None:
    """Begin work with whoever is there first; who comes later joins in."""
    targets = [RunTarget(app, name, route_prefix=None) for name, app in apps.items()]
    if targets:
        serve.run_many(targets, wait_for_applications_running=False)


def _workers(kind: Kind, models: Sequence[str]) -> Any:  # noqa: ANN401 - an application of Serve
    options: dict[str, Any] = {"num_cpus": DRAWING_CPUS, "num_gpus": kind.gpus}
    if kind.name:
        options["resources"] = {f"accelerator_type:{kind.name}": 0.001}
    return serve.deployment(
        generators(_near(kind, models)),
        name=GENERATORS,
        ray_actor_options=options,
        max_ongoing_requests=AT_A_WORKER,
        max_replicas_per_node=kind.a_node,
        graceful_shutdown_timeout_s=PARTING,
        **_count(kind.least, kind.most),
    ).bind(kind.budget, processor=kind.processor)


def _count(least: int, most: int) -> dict[str, Any]:
    if least == most:
        return {"num_replicas": most}
    limits = {"min_replicas": least, "max_replicas": most, "target_ongoing_requests": 1}
    return {"autoscaling_config": {**limits, "upscale_delay_s": 5, "downscale_delay_s": 60}}


def _judge(sizes: Sizes, reward: str) -> Any:  # noqa: ANN401 - likewise
    options: dict[str, Any] = {"num_cpus": JUDGING_CPUS, "num_gpus": sizes.judge_gpus}
    if sizes.judging:
        options["resources"] = {f"accelerator_type:{sizes.judging}": 0.001}
    return serve.deployment(
        Rewards,
        name=REWARD,
        ray_actor_options=options,
        max_ongoing_requests=2 * TOGETHER,
        graceful_shutdown_timeout_s=PARTING,
        **_count(1, sizes.judges),
    ).bind(reward)


@cache
def _handle(app: str) -> Any:  # noqa: ANN401 - a handle of Serve
    return serve.get_app_handle(app)


def _app(site: str, what: str, which: str) -> str:
    """Return a name that Serve takes, for anything that a reward may be called."""
    return f"{site}-{what}-{hashlib.sha256(which.encode()).hexdigest()[:8]}"


def _space(kind: Kind) -> Space:
    return Space(Device("cpu" if kind.processor else "cuda:0", kind.budget), kind.host)


@cache
def _need(model: str, *, processor: bool) -> Need:
    return need(model, None, (0, 0), processor=processor)


def _fitting(kinds: Sequence[Kind], model: str) -> list[str]:
    """Return the kinds a model draws on: those where it comes layer by layer only if it must.

    Where it fits nowhere any may say so.
    """
    ways = {kind.name: _way(kind, model) for kind in kinds}
    fast = [name for name, way in ways.items() if way and way[0] != "groups"]
    return fast or [name for name, way in ways.items() if way] or list(ways)


def _way(kind: Kind, model: str) -> tuple[Stay, int] | None:
    return alone(_need(model, processor=kind.processor), _space(kind))


def _near(kind: Kind, models: Sequence[str]) -> int:
    """Return how many of the models that fit a worker stay near it while others draw."""
    needs = [_need(each, processor=kind.processor) for each in models if _way(kind, each)]
    if not needs:
        return 1
    space = _space(kind)
    plan = make(needs, [], Room((space.device,), space.host), 1)
    return max(1, sum(spot.waits != "disk" for spot in plan.spots))
