"""What comes in as a picture: opened within bounds, read as the references read it, or refused."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import torch
from golden_cases import REWARDS, loaded
from PIL import Image

from cohp.errors import BadImage, BadInput
from cohp.reward.images import MOST_PIXELS, as_rgb, open_image
from cohp.reward.refusal import refusal

RNG = np.random.default_rng(5)


def noise(height=40, width=50, channels=3):
    return RNG.integers(0, 256, (height, width, channels), dtype=np.uint8)


def saved(tmp_path, image, name="image.png", **options):
    path = tmp_path / name
    image.save(path, **options)
    return path


def png_header(width, height):
    """Return a PNG that claims a size and holds next to nothing."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("width", "height"), [(40_000, 40_000), (20_000, 5_000), (1, MOST_PIXELS + 1)]
)
def test_a_huge_image_is_refused_by_its_header(tmp_path, width, height):
    path = tmp_path / "huge.png"
    path.write_bytes(png_header(width, height))
    with pytest.raises(BadImage, match="too large"):
        open_image(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not an image"),
        (b"a fox", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "not an image|damaged"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (png_header(30, 30), "damaged"),
    ],
)
def test_what_is_no_image_is_said_to_be_none(tmp_path, content, said):
    path = tmp_path / "image.png"
    path.write_bytes(content)
    with pytest.raises(BadImage, match=said):
        open_image(path)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_truncated_image_is_damaged(tmp_path, form):
    path = saved(tmp_path, Image.fromarray(noise(200, 200)), f"image.{form.lower()}", format=form)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadImage, match=r"damaged|not an image"):
        open_image(path)


@pytest.mark.parametrize("place", ["nowhere.png", "."])
def test_a_path_that_is_no_file_is_said(tmp_path, place):
    with pytest.raises(BadImage, match="no image file"):
        open_image(tmp_path / place)


def test_sixteen_bits_of_grey_keep_their_upper_eight(tmp_path):
    """Pillow's own conversion would clip at 255 and leave the picture white."""
    levels = RNG.integers(0, 65536, (20, 30), dtype=np.uint16)
    image = open_image(saved(tmp_path, Image.fromarray(levels)))
    assert image.mode == "I;16"
    assert (np.asarray(as_rgb(image))[..., 0] == levels >> 8).all()
    assert refusal(image) is None
    assert np.asarray(image.convert("RGB")).mean() > 250


def test_sixteen_bits_of_grey_score_as_their_eight_bit_twin():
    levels = RNG.integers(0, 65536, (60, 50), dtype=np.uint16)
    images = [Image.fromarray(levels), Image.fromarray((levels >> 8).astype(np.uint8))]
    for name in REWARDS:
        first, second = loaded(name).score(prompts=["a fox"] * 2, images=images)
        assert first.mean == pytest.approx(second.mean, abs=1e-6)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_levels_without_a_white_are_refused(mode):
    image = Image.fromarray(noise(channels=1)[..., 0]).convert(mode)
    assert "white" in refusal(image)


def test_cmyk_is_converted_as_the_references_do(tmp_path):
    image = Image.fromarray(noise()).convert("CMYK")
    again = open_image(saved(tmp_path, image, "image.jpg", quality=100))
    assert again.mode == "CMYK"
    assert refusal(again) is None
    assert as_rgb(again).tobytes() == again.convert("RGB").tobytes()


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(tmp_path, form):
    frames = [Image.fromarray(np.kron(noise(8, 8), np.ones((5, 5, 1), np.uint8))) for _ in range(3)]
    options = {"save_all": True, "append_images": frames[1:]}
    if form == "WEBP":
        options["lossless"] = True
    path = saved(tmp_path, frames[0], f"image.{form.lower()}", format=form, **options)
    image = open_image(path)
    assert getattr(image, "n_frames", 1) == 1
    gap = np.abs(np.asarray(as_rgb(image)).astype(int) - np.asarray(frames[0]).astype(int))
    assert gap.mean() < 12  # a GIF has 256 colours
    assert as_rgb(image).tobytes() == as_rgb(Image.open(path)).tobytes()


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "L", "1", "YCbCr", "HSV", "LAB", "PA", "CMYK"])
def test_every_mode_is_scored_or_refused_but_never_breaks(mode):
    image = Image.fromarray(noise())
    image = image.convert("P").convert("PA") if mode == "PA" else image
    image = image if image.mode == "PA" or mode == "LAB" else image.convert(mode)
    if mode == "LAB":
        image = Image.merge("LAB", image.split())
    for name in REWARDS:
        reason = refusal(image)
        if reason is None:
            (score,) = loaded(name).score(prompts=["a fox"], images=[image])
            assert np.isfinite(score.mean)
        else:
            with pytest.raises(BadImage):
                loaded(name).score(prompts=["a fox"], images=[image])


def gradient(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(1))


REFUSED = {
    "not a number": (gradient(3, 20, 20).masked_fill(gradient(3, 20, 20) > 0.9, torch.nan), "NaN"),
    "infinite": (gradient(3, 20, 20).masked_fill(gradient(3, 20, 20) > 0.9, torch.inf), "NaN"),
    "of -1 to 1": (gradient(3, 20, 20) * 2 - 1, "lie in"),
    "of 0 to 255": (gradient(3, 20, 20) * 255, "lie in"),
    "bytes": (torch.zeros(3, 20, 20, dtype=torch.uint8), "floating"),
    "with a batch": (gradient(1, 3, 20, 20), r"\(3, height, width\)"),
    "channels last": (gradient(20, 20, 3), r"\(3, height, width\)"),
    "four channels": (gradient(4, 20, 20), r"\(3, height, width\)"),
    "empty": (gradient(3, 0, 20), "no pixels"),
    "black": (torch.zeros(3, 20, 20), "one colour"),
    "one pixel": (gradient(3, 1, 1), "1x1"),
    "one line": (gradient(3, 1, 40), "40x1"),
    "500 to 1": (gradient(3, 2, 1000), "200:1"),
    "all red": (Image.new("RGB", (64, 64), (255, 0, 0)), "one colour"),
    "red under alpha": (Image.new("RGBA", (64, 64), (255, 0, 0, 9)), "one colour"),
    "1x1 png": (Image.new("RGB", (1, 1)), "1x1"),
    "500 to 1 png": (Image.fromarray(noise(2, 1000)), "200:1"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_judged_is_refused_with_its_reason(what):
    image, said = REFUSED[what]
    reason = refusal(image)
    assert reason is not None
    assert reason.endswith(".")
    for name in REWARDS:
        with pytest.raises(BadImage, match=said):
            loaded(name).score(prompts=["a fox"], images=[image])


def test_in_a_batch_the_refused_image_is_numbered():
    good, bad = Image.fromarray(noise()), Image.new("RGB", (9, 9))
    with pytest.raises(BadImage, match=r"^Image 2: .*one colour"):
        loaded("clip").score(prompts=["a", "b", "c"], images=[good, bad, good])


def test_the_shape_at_the_limit_is_scored():
    image = Image.fromarray(noise(4, 800))
    assert refusal(image) is None
    for name in REWARDS:
        assert loaded(name).score(prompts=["a fox"], images=[image])


def test_a_little_overshoot_of_a_decoder_is_cut_off():
    pixels = gradient(3, 30, 30) * 1.04 - 0.02
    both = loaded("clip").score(prompts=["a fox"] * 2, images=[pixels, pixels.clamp(0, 1)])
    assert both[0] == both[1]


def test_scoring_leaves_the_picture_as_it_was():
    pixels, image = gradient(3, 30, 30), Image.fromarray(noise(channels=4))
    before = pixels.clone(), image.tobytes()
    for name in REWARDS:
        loaded(name).score(prompts=["a fox"] * 2, images=[pixels, image])
    assert torch.equal(pixels, before[0])
    assert image.tobytes() == before[1]


@pytest.mark.parametrize("name", REWARDS)
class TestPrompts:
    def test_unequal_lengths_are_said(self, name):
        with pytest.raises(BadInput, match="2 prompts and 1 images"):
            loaded(name).score(prompts=["a", "b"], images=[Image.fromarray(noise())])

    def test_nothing_is_said_to_be_nothing(self, name):
        with pytest.raises(BadInput, match="nothing to score"):
            loaded(name).score(prompts=[], images=[])

    def test_one_text_is_no_list_of_prompts(self, name):
        with pytest.raises(BadInput, match="list"):
            loaded(name).score(prompts="a", images=[Image.fromarray(noise())])

    def test_arguments_have_names(self, name):
        with pytest.raises(TypeError):
            loaded(name).score(["a"], [Image.fromarray(noise())])

    def test_five_thousand_words_are_cut_where_the_reference_cuts(self, name):
        image = Image.fromarray(noise())
        words = ["word"] * 5000
        short = ["word"] * 200
        first, second = loaded(name).score(
            prompts=[" ".join(words), " ".join(short)], images=[image, image]
        )
        assert first.mean == pytest.approx(second.mean, abs=1e-6)

    def test_special_tokens_in_a_prompt_are_ordinary_text(self, name):
        """Live, an end token would hide the rest of the prompt from the text tower."""
        if name == "aesthetic":
            pytest.skip("it reads no prompt")
        ends = "[SEP]" if name == "imagereward" else "<|endoftext|>"
        reward, image = loaded(name), Image.fromarray(noise())
        cat, dog, alone = reward.score(
            prompts=[f"a {ends} cat", f"a {ends} dog", "a"], images=[image] * 3
        )
        assert cat.mean != dog.mean
        assert cat.mean != alone.mean

    def test_half_a_surrogate_pair_is_said(self, name):
        with pytest.raises(BadInput, match="surrogate"):
            loaded(name).score(prompts=["a \ud83d fox"], images=[Image.fromarray(noise())])
