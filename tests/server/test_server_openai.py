"""The real openai client against a real server."""

from __future__ import annotations

import base64

import openai
import pytest
from serving import PROMPT, ended

from cohp.engine import Engine


@pytest.fixture
def speaking(live):
    address, client = live
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as speaking:
        yield speaking, client


def test_images_are_the_best_of_runs(speaking, tmp_path):
    speaker, client = speaking
    assert speaker.models.list().data[0].id == "cohp"
    more = {"seed": 5, "rounds": 1}
    reply = speaker.images.generate(
        **PROMPT, model="fake-ink", n=2, size="128x64", extra_body=more, user="me"
    )
    with Engine() as engine:
        for seed, image in enumerate(reply.data, start=5):
            run = ended(client, image.run)
            assert (run["seed"], run["rounds"], run["models"]) == (seed, 1, ["fake-ink"])
            best = engine.resume(tmp_path / "runs" / image.run)
            assert base64.b64decode(image.b64_json) == best.path.read_bytes()
            assert best.image.size == (128, 64)


def test_images_by_address(speaking):
    speaker, client = speaking
    (image,) = speaker.images.generate(**PROMPT, response_format="url").data
    assert image.b64_json is None
    assert client.get(image.url).content.startswith(b"\x89PNG")


def test_partial_images_as_rounds_end(speaking):
    speaker, client = speaking
    told = list(speaker.images.generate(**PROMPT, stream=True, partial_images=2))
    assert [each.type.rpartition(".")[2] for each in told] == [
        "partial_image",
        "partial_image",
        "completed",
    ]
    assert [each.partial_image_index for each in told[:2]] == [0, 1]
    (run,) = client.get("/api/runs").json()
    assert base64.b64decode(told[-1].b64_json) == client.get(run["best"]["url"]).content
    assert told[-1].size == "64x64"


def test_errors_are_what_the_client_expects(speaking):
    speaker, _ = speaking
    with pytest.raises(openai.UnprocessableEntityError, match="no-such"):
        speaker.images.generate(**PROMPT, model="no-such")
    with pytest.raises(openai.UnprocessableEntityError, match="one image"):
        speaker.images.generate(**PROMPT, n=2, stream=True)
    with pytest.raises(openai.APIStatusError) as missing:
        speaker.images.generate(**PROMPT, model="sdxl", size="1024x1024")
    assert missing.value.status_code == 424
    with pytest.raises(openai.APIError, match="sdxl"):
        list(speaker.images.generate(**PROMPT, model="sdxl", size="1024x1024", stream=True))
