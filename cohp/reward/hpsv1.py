"""HPSv1: a hundred times the cosine of OpenAI's ViT-L/14, tuned on people's choices in 2023."""

from __future__ import annotations

from cohp.reward.clip_images import openai_crop
from cohp.reward.hpsv2 import OpenClipReward


class HPSv1(OpenClipReward):
    """Which image of a prompt people prefer: about 17 to 22 with the published weights.

    The factor of a hundred is that of its annotation script; its evaluation script prints the
    cosine itself.
    """

    config = {  # noqa: RUF012 - never written to
        "embed_dim": 768,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "patch_size": 14},
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49408,
            "width": 768,
            "heads": 12,
            "layers": 12,
        },
    }
    squaring = staticmethod(openai_crop)
    scale = 100.0
    half = True
