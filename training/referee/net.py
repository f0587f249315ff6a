"""The referee's network: a small convolutional classifier with one head an attribute."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from cohp.mini.vocabulary import COLOURS, PLACES, SUBJECTS, TIMES

BROKEN = "broken"
CLASSES: dict[str, tuple[str, ...]] = {
    "subject": (*SUBJECTS, BROKEN),
    "colour": tuple(COLOURS),
    "place": tuple(PLACES),
    "time": tuple(TIMES),
}
"""What each head decides between; a subject may also be none that a person would name."""

WIDTHS = (16, 32, 64, 96)


class Referee(nn.Module):
    """Pictures of 64 pixels in -1..1 to scores for every class of every attribute."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in WIDTHS:
            layers += [*_conv(channels, width, 1), *_conv(width, width, 2)]
            channels = width
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2))
        size = channels * (64 // 2 ** len(WIDTHS)) ** 2
        self.heads = nn.ModuleDict({n: nn.Linear(size, len(c)) for n, c in CLASSES.items()})

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """Give the scores of each head."""
        seen = self.body(pictures)
        return {name: head(seen) for name, head in self.heads.items()}

    @torch.no_grad()
    def judge(self, pictures: Tensor) -> list[dict[str, str]]:
        """Name every attribute of every picture."""
        scores = self.eval()(pictures)
        picked = {name: s.argmax(dim=-1).tolist() for name, s in scores.items()}
        return [
            {name: CLASSES[name][choices[i]] for name, choices in picked.items()}
            for i in range(len(pictures))
        ]

    def save(self, path: Path) -> None:
        """Keep the weights in half precision."""
        save_file({k: v.half().contiguous() for k, v in self.state_dict().items()}, path)

    @classmethod
    def load(cls, path: Path) -> Referee:
        """Read weights that `save` wrote."""
        referee = cls()
        weights = {k: v.float() for k, v in load_file(path).items()}
        referee.load_state_dict(weights)
        return referee.eval()


def _conv(channels: int, width: int, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    ]
