"""The real webuiapi client against a real server."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import pytest
import webuiapi
from PIL import Image
from serving import Gate, begun


@pytest.fixture
def speaker(live):
    port = urlsplit(live[0]).port
    return webuiapi.WebUIApi(host="127.0.0.1", port=port)


def test_text_to_image(speaker, live):
    made = speaker.txt2img(
        prompt="a red fox", negative_prompt="rain", seed=4, width=64, height=128, batch_size=2
    )
    assert [each.size for each in made.images] == [(64, 128)] * 2
    runs = live[1].get("/api/runs").json()
    assert [each["seed"] for each in runs] == [5, 4]
    assert made.info["all_seeds"] == [each["best"]["seed"] for each in runs[::-1]]
    assert "Negative prompt: rain" in made.images[0].info["parameters"]
    assert speaker.txt2img(prompt="a", width=64, height=64).image.size == (64, 64)


def test_image_to_image_stays_near_the_image(speaker):
    start = Image.new("RGB", (64, 64), (250, 20, 20))
    ask = {"prompt": "a red fox", "images": [start], "seed": 4, "width": 64, "height": 64}
    near = speaker.img2img(**ask, denoising_strength=0.01)
    far = speaker.img2img(**ask, denoising_strength=1.0, batch_size=3)
    assert len(far.images) == 3
    assert far.info["scores"] == sorted(far.info["scores"], reverse=True)
    assert _away(near.image, start) < _away(far.image, start)


def test_what_the_server_says_of_itself(speaker):
    assert speaker.get_options()["sd_model_checkpoint"] == "cohp"
    assert "fake-ink" in speaker.util_get_model_names()
    speaker.util_set_model("fake-ink", find_closest=False)
    assert speaker.util_get_current_model() == "fake-ink"
    made = speaker.txt2img(prompt="a", width=64, height=64)
    assert made.info["sd_model_name"] == "fake-ink"
    assert speaker.get_samplers()[0]["name"] == "Automatic"
    assert speaker.get_scripts() == {"txt2img": [], "img2img": []}


def test_progress(serving):
    gate = Gate()
    with serving(gate) as client:
        assert client.get("/sdapi/v1/progress").json()["progress"] == 0
        run = begun(client)
        assert gate.began.wait(60)
        told = client.get("/sdapi/v1/progress").json()
        assert (told["progress"], told["state"]["job"]) == (0, run)
        gate.open.set()
        told = client.get(f"/api/runs/{run}/events")
        assert told.status_code == 200


def test_a_bad_image_is_refused(client):
    ask = {"prompt": "a", "width": 64, "height": 64}
    for image in ("http://127.0.0.1/x.png", base64.b64encode(b"GIF89a").decode()):
        reply = client.post("/sdapi/v1/img2img", json={**ask, "init_images": [image]})
        assert reply.status_code == 422
        assert "init_images" in reply.json()["error"]["message"]


def _away(one: Image.Image, other: Image.Image) -> float:
    pairs = zip(one.convert("RGB").tobytes(), other.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs)
