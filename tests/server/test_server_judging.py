"""Images that clients send: judged as files are, and refused as files are."""

from __future__ import annotations

import base64
import io
import zlib
from struct import pack

import pytest
from PIL import Image

from cohp.measure.scorer import Scorer

PROMPT = "a red fox at dawn"


def png(level, size=(32, 32)) -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, level).convert("RGB").save(file, "PNG")
    return file.getvalue()


def sent(data: bytes) -> str:
    return base64.b64encode(data).decode()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has ten thousand million pixels."""

    def chunk(kind, data):
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


def test_scores_are_those_of_files(client, tmp_path):
    pictures = [png(5), png(90)]
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    for path, data in zip(paths, pictures, strict=True):
        path.write_bytes(data)
    with Scorer("fake") as scorer:
        right = [vars(each.score) for each in scorer.score(paths, prompt=PROMPT)]
    images = [sent(pictures[0]), f"data:image/png;base64,{sent(pictures[1])}"]
    asked = {"prompt": PROMPT, "images": images}
    assert [each["score"] for each in client.post("/api/score", json=asked).json()] == right

    ranked = client.post("/api/rank", json={**asked, "images": images[::-1]}).json()
    assert [(each["image"], each["rank"]) for each in ranked] == [(1, 1), (0, 2)]

    pair = {"prompt": PROMPT, "a": images[1], "b": images[0]}
    compared = client.post("/api/compare", json=pair).json()
    assert compared["probability"] < 0.5
    assert compared["a"] == right[1]


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (sent(bomb()), "too large"),
        (sent(b"GIF89a"), "not an image"),
        (sent(zlib.compress(b"\0" * 9_000_000)), "not an image"),
        (sent(png(5)[:-40]), "damaged"),
        ("http://169.254.169.254/latest", "never fetched"),
        ("file:///etc/passwd", "never fetched"),
        ("/etc/passwd", "base64"),
        ("no base64!", "base64"),
    ],
)
def test_bad_images_are_refused_and_cost_no_other(client, image, says):
    asked = {"prompt": PROMPT, "images": [image, sent(png(5))]}
    first, second = client.post("/api/score", json=asked).json()
    assert says in first["error"]
    assert second["score"]
    alone = client.post("/api/compare", json={"prompt": PROMPT, "a": image, "b": sent(png(5))})
    assert alone.status_code == 422
    assert says in alone.json()["error"]["message"]


def test_what_cannot_be_judged_is_said(client):
    asked = {"prompt": PROMPT, "images": [sent(png(5))]}
    unknown = client.post("/api/score", json={**asked, "reward": "no-such"})
    assert unknown.status_code == 422
    assert "no-such" in unknown.json()["error"]["message"]
    assert client.post("/api/score", json={**asked, "reward": "hpsv3"}).status_code == 424
    assert client.post("/api/score", json={**asked, "images": []}).status_code == 422
