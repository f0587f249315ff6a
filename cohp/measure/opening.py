"""From an item to an image that can be scored: its file read once, its prompt and score known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohp.errors import BadInput
from cohp.measure.ahead import Room
from cohp.measure.items import Item
from cohp.measure.panel import Panel
from cohp.measure.prompt_of import prompt_of
from cohp.measure.rows import is_unicode
from cohp.measure.score_cache import ScoreCache, digest, key
from cohp.reward.images import decode, read_image
from cohp.reward.refusal import refusal
from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture

# Whether the image of that name has all its scores for a prompt already.
Done = Callable[[str, str], bool]


def nothing_done(_name: str, _prompt: str) -> bool:
    """Say of every image that it is still to be judged."""
    return False


@dataclass
class Opened:
    """An item with all that could be found out before a reward is asked.

    By reward: `said` is what is known of it already, `keys` where the cache keeps the rest, and
    `ready` the image as those still to be asked take it. `pixels` are those it takes room for.
    """

    item: Item
    prompt: str = ""
    error: str | None = None
    done: bool = False
    ready: dict[str, Any] = field(default_factory=dict)
    pixels: int = 0
    keys: dict[str, bytes] = field(default_factory=dict)
    said: dict[str, Score | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Opener:
    """Opens items for a panel, in any thread."""

    panel: Panel
    cache: ScoreCache | None
    done: Done
    room: Room

    def __call__(self, place: int, item: Item) -> Opened:
        """Open an item, or say why it cannot be judged."""
        prompt = item.prompt if isinstance(item.prompt, str) else ""
        opened = Opened(item, prompt, item.error)
        try:
            if opened.error is None:
                self._open(place, opened)
        except BadInput as error:
            opened.error = str(error)
        return opened

    def _open(self, place: int, opened: Opened) -> None:
        item = opened.item
        if isinstance(item.prompt, str) and self._is_done(opened):
            return
        content = read_image(item.image) if isinstance(item.image, Path) else item.image
        if not isinstance(item.prompt, str):
            opened.prompt = prompt_of(item, content)
            if self._is_done(opened):
                return
        if not is_unicode(opened.prompt):
            raise BadInput(f"The prompt of {item.name} is not Unicode text.")
        if self.cache is not None and self.panel.identities:
            self._look_up(self.cache, opened, digest(content))
        if self.panel.rewards.keys() - opened.said.keys():
            self._prepare(opened, self._decoded(place, opened, content))

    def _is_done(self, opened: Opened) -> bool:
        opened.done = self.done(opened.item.name, opened.prompt)
        return opened.done

    def _look_up(self, cache: ScoreCache, opened: Opened, image: bytes) -> None:
        for name, identity in self.panel.identities.items():
            opened.keys[name] = key(image, opened.prompt, identity)
        known = cache.find(opened.keys.values())
        opened.said |= {name: known[each] for name, each in opened.keys.items() if each in known}

    def _prepare(self, opened: Opened, picture: Picture) -> None:
        """Have each reward that can resize the picture here, so that its device need not wait."""
        opened.error = refusal(picture)
        if opened.error is not None:
            return
        for name, reward in self.panel.rewards.items():
            if name in opened.said:
                continue
            try:
                prepare = getattr(reward, "prepare", lambda picture: picture)
                opened.ready[name] = prepare(picture)
            except BadInput as error:
                opened.said[name] = str(error)
        if all(ready is not picture for ready in opened.ready.values()):
            self.room.give(opened.pixels)
            opened.pixels = 0

    def _decoded(self, place: int, opened: Opened, content: bytes | Picture) -> Picture:
        def admit(pixels: int) -> None:
            self.room.take(place, pixels)
            opened.pixels = pixels

        return decode(content, opened.item.name, admit) if isinstance(content, bytes) else content
