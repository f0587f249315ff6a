"""HPSv3 against its reference: every golden case, and what each way of getting it wrong costs."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from qwen_cases import GOLDEN, Cases
from torch import nn

from cohp.errors import BadInput
from cohp.reward import qwen_images
from cohp.reward.hpsv3 import HPSv3
from cohp.reward.hpsv3pp import HPSv3PP
from cohp.reward.instruction import AFTER_PROMPT, BEFORE_PROMPT
from cohp.reward.qwen_text import Wording

CASES = Cases("hpsv3")
MANIFEST, TOLERANCE = CASES.manifest, CASES.tolerance
EVERY, PLAIN = CASES.every, CASES.plain
asked, distance = CASES.asked, CASES.distance
EDGE = {name: case for name, case in EVERY.items() if name not in PLAIN}
TYPED = [
    *(case["prompt"] for case in EDGE.values()),
    "a <|Reward|> cat",
    "a <|image_pad|> cat",
    "see <|vision_start|><|image_pad|><|vision_end|>",
]


@pytest.fixture(scope="module")
def reward():
    return HPSv3(GOLDEN / "hpsv3", batch=4)


@pytest.mark.parametrize("name", PLAIN)
def test_a_case_scores_as_in_the_reference(reward, name):
    (score,) = reward.score(**asked(name))
    assert score.mean == pytest.approx(EVERY[name]["expected"]["mu"], abs=TOLERANCE)
    assert math.log(score.std) == pytest.approx(EVERY[name]["expected"]["raw1"], abs=TOLERANCE)


@pytest.mark.parametrize("batch", MANIFEST["batches"], ids=lambda batch: batch["id"])
def test_a_batch_scores_as_in_the_reference_and_as_one_by_one(reward, batch):
    together = reward.score(**asked(*batch["case_ids"]))
    for score, name, mu in zip(together, batch["case_ids"], batch["mu"], strict=True):
        assert score.mean == pytest.approx(mu, abs=TOLERANCE)
        (alone,) = reward.score(**asked(name))
        assert score.mean == pytest.approx(alone.mean, abs=1e-5)


def test_rows_of_one_shape_run_together_and_keep_their_places(reward):
    names = ["h3_000", "h3_009", "h3_001", "h3_008", "h3_007", "h3_000"]
    assert distance(reward, *names) < TOLERANCE


def test_the_vector_is_the_references(reward):
    kept = np.load(GOLDEN / "hpsv3" / "intermediates.npz")
    names = ["h3_000", "h3_017"]
    vectors = reward.embed(**asked(*names))
    assert vectors.dtype == torch.float32
    for vector, name in zip(vectors, names, strict=True):
        np.testing.assert_allclose(vector, kept[f"{name}/hidden_at_reward"], atol=TOLERANCE)


def test_no_more_is_computed_than_the_vector_needs(reward):
    layers = reward._model.language_model.layers
    lengths = []
    hooks = [
        layer.mlp.register_forward_pre_hook(lambda _, given: lengths.append(given[0].shape[1]))
        for layer in layers
    ]
    try:
        reward.score(**asked("h3_000"))
    finally:
        [hook.remove() for hook in hooks]
    # Cut at the reward's token; the last layer makes that place alone.
    cut = EVERY["h3_000"]["details"]["reward_token_index"] + 1
    assert lengths == [cut] * (len(layers) - 1) + [1]
    assert not [name for name, _ in reward._model.named_parameters() if "lm_head" in name]


def test_tokens_are_the_references_up_to_the_reward(reward):
    kept = np.load(GOLDEN / "hpsv3" / "intermediates.npz")
    known = [name for name in PLAIN if f"{name}/input_ids" in kept.files]
    for name in known:
        details = EVERY[name]["details"]
        ids = reward._text.ids(EVERY[name]["prompt"], details["n_image_tokens"])
        expected = kept[f"{name}/input_ids"][: details["reward_token_index"] + 1]
        assert ids == expected.tolist()
    assert len(known) > 8


@pytest.mark.parametrize("typed", TYPED)
def test_special_tokens_typed_by_a_user_are_plain_text(reward, typed):
    ids = reward._text.ids(typed, 256)
    assert ids.count(reward._text.reward_id) == 1
    assert ids.count(reward._text._special["<|image_pad|>"]) == 256
    whole = reward.WORDING.instruction + BEFORE_PROMPT + typed + AFTER_PROMPT
    pieces = reward._text._plain.encode(whole, add_special_tokens=False)
    assert ids[-1 - len(pieces.ids) : -1] == pieces.ids
    assert reward._text._plain.decode(pieces.ids) == whole


@pytest.mark.parametrize("typed", TYPED)
def test_special_tokens_leave_the_neighbours_alone(reward, typed):
    image = Image.open(GOLDEN / EVERY["h3_000"]["image"])
    prompt = EVERY["h3_000"]["prompt"]
    mine, theirs = reward.score(prompts=[prompt, typed], images=[image, image])
    assert mine.mean == pytest.approx(EVERY["h3_000"]["expected"]["mu"], abs=TOLERANCE)
    (alone,) = reward.score(prompts=[typed], images=[image])
    assert theirs.mean == pytest.approx(alone.mean, abs=1e-5)


@pytest.mark.parametrize("name", EDGE)
def test_the_reference_reads_typed_special_tokens_as_special_and_we_do_not(reward, name):
    assert distance(reward, name) > 100 * TOLERANCE


# Every plausible mistake is made once, to show that the tests above would see it.

WITNESSES = ["h3_000", "h3_001", "h3_003"]
FAR = 100 * TOLERANCE


def test_three_part_positions_would_be_seen(reward, monkeypatch):
    three = lambda start, grid, length: HPSv3PP.positions(reward, start, grid, length)  # noqa: E731
    monkeypatch.setattr(reward, "positions", three)
    assert distance(reward, *WITNESSES) > FAR


def test_padding_on_the_left_would_be_seen(reward, monkeypatch):
    padding = [reward._text._special["<|endoftext|>"]] * 20
    monkeypatch.setattr(reward._text, "_opening", padding + reward._text._opening)
    assert distance(reward, *WITNESSES) > FAR


def test_reading_the_last_token_would_be_seen(reward, monkeypatch):
    special, right = reward._text._special, reward._text.ids

    def longer(prompt, image_tokens):
        text = reward._text._text
        turn = [special["<|im_end|>"], *text("\n"), special["<|im_start|>"], *text("assistant\n")]
        return [*right(prompt, image_tokens), *text("\n\nEND\n"), *turn]

    monkeypatch.setattr(reward._text, "ids", longer)
    assert distance(reward, *WITNESSES) > FAR


def test_leaving_out_the_system_message_would_be_seen(reward, monkeypatch):
    monkeypatch.setattr(reward._text, "_wording", Wording(None, HPSv3.WORDING.instruction))
    monkeypatch.setattr(reward._text, "_opening", reward._text._open())
    assert distance(reward, *WITNESSES) > FAR


def test_a_fixed_size_would_be_seen(reward, monkeypatch):
    monkeypatch.setattr(reward, "fitted", lambda _height, _width: (448, 448))
    assert distance(reward, "h3_001", "h3_003") > FAR


def test_bilinear_resizing_would_be_seen(reward, monkeypatch):
    monkeypatch.setattr(qwen_images, "RESAMPLE", Image.Resampling.BILINEAR)
    assert distance(reward, *WITNESSES) > FAR


def test_another_order_of_the_two_passes_would_be_seen(reward, monkeypatch):
    down_first = lambda image, height, width: image.resize(  # noqa: E731
        (image.width, height), Image.Resampling.BICUBIC
    ).resize((width, height), Image.Resampling.BICUBIC)
    monkeypatch.setattr("cohp.reward.hpsv3.resized", down_first)
    assert distance(reward, *PLAIN) > 5 * TOLERANCE


def test_another_gelu_would_be_seen(reward, monkeypatch):
    for block in reward._model.visual.blocks:
        monkeypatch.setitem(block.mlp._modules, "act", nn.GELU())
    assert distance(reward, *WITNESSES) > 20 * TOLERANCE


def test_a_sequence_longer_than_the_model_was_made_for_is_refused(reward):
    with pytest.raises(BadInput, match="too long"):
        reward.score(prompts=["word " * 40_000], images=[Image.new("RGB", (64, 64))])


def test_a_prompt_of_five_thousand_words_scores(reward):
    (score,) = reward.score(prompts=["fox " * 5000], images=[Image.new("RGB", (64, 64), "red")])
    assert math.isfinite(score.mean)


@pytest.mark.parametrize(
    ("prompts", "images"), [(["a"], []), ([], []), ([], [1]), (["a", "b"], [1]), ("ab", [1, 2])]
)
def test_each_image_needs_its_prompt(reward, prompts, images):
    with pytest.raises(BadInput, match="each image needs its prompt"):
        reward.score(prompts=prompts, images=images)
