"""What a model is computed in, by the kind of device; no torch."""

from __future__ import annotations

from cohp.catalogue import Dtype

WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2}


def suitable(device: str, own: Dtype | None) -> Dtype:
    """Return the type that works on a device for weights that their entry wants in `own`.

    A processor computes half precision slowly and wrongly rounded, so it gets float32. GPUs take
    the entry's own, Apple's too: of macOS 14 and later it computes bfloat16 as well.
    """
    return "float32" if device.partition(":")[0] == "cpu" else own or "bfloat16"
