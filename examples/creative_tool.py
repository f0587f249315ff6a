"""A creative tool's plug-in, in outline: its panel sorts variations as they are drawn.

The tool's window must never wait, so the reward lives in an `AsyncScorer`: its thread judges what
is there, together, while the tool goes on drawing. `Tool` stands for the host application.

python examples/creative_tool.py
"""

import asyncio
from dataclasses import dataclass, field

from PIL import Image

import cohp

PROMPT = "a red fox at dawn"


@dataclass
class Panel:
    """The plug-in: what the host calls, and what it shows."""

    scorer: cohp.AsyncScorer
    cards: list = field(default_factory=list)

    async def on_variation(self, name: str, picture: Image.Image, prompt: str) -> None:
        """Give a new variation its place; the host calls this for each."""
        (judged,) = await self.scorer.score(picture, prompt=prompt)
        if judged.score is None:
            print(f"{name} is not shown: {judged.error}")
            return
        self.cards.append((judged.score.mean, name, picture))
        self.cards.sort(key=lambda card: -card[0])
        print(f"{name} is number {[card[1] for card in self.cards].index(name) + 1}")

    async def on_compare(self, first: str, second: str, prompt: str) -> str:
        """Say why one card stands above another."""
        pictures = {name: picture for _, name, picture in self.cards}
        found = await self.scorer.compare(pictures[first], pictures[second], prompt=prompt)
        return found.sentence


class Tool:
    """The host: it draws, and its clock ticks all the while."""

    ticks = 0

    async def clock(self) -> None:
        while True:
            self.ticks += 1
            await asyncio.sleep(0.005)

    async def draw(self, panel: Panel) -> None:
        async with asyncio.TaskGroup() as drawing:
            for number, grain in enumerate((60, 5, 25, 0)):
                picture = Image.effect_noise((256, 256), grain).convert("RGB")
                name = f"variation {number + 1}"
                drawing.create_task(panel.on_variation(name, picture, PROMPT))
                await asyncio.sleep(0.01)


async def main() -> None:
    tool = Tool()
    ticking = asyncio.create_task(tool.clock())
    async with cohp.AsyncScorer() as scorer:
        panel = Panel(scorer)
        await tool.draw(panel)
        print(await panel.on_compare(panel.cards[0][1], panel.cards[-1][1], PROMPT))
    ticking.cancel()
    print(f"the window was redrawn {tool.ticks} times meanwhile")


if __name__ == "__main__":
    asyncio.run(main())
