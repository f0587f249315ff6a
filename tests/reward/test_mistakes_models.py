"""Each plausible way to read a prompt or run a model wrongly is outside the golden sets' tolerance.

Were one of these to pass within it, the parity tests could not tell right from wrong.
"""

from __future__ import annotations

import html

import pytest
import torch
from golden_cases import cases, fresh, loaded, misses, scored, tolerance
from torch import nn
from torch.nn.functional import gelu

from cohp.reward import hpsv2, imagereward, mps
from cohp.reward.clip_text import tidied
from cohp.reward.open_clip_layout import quick_gelu


class Activation(nn.Module):
    """A function where transformers wants a module."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


@pytest.mark.parametrize(
    "wrong", [str, lambda text: " ".join(html.unescape(html.unescape(text)).split()).lower()]
)
def test_hpsv2_mends_its_prompts(monkeypatch, wrong):
    monkeypatch.setattr(hpsv2, "tidied", wrong)
    found = misses("hpsv2", fresh("hpsv2"))
    names = {case["prompt_name"] for case in cases("hpsv2") if case["id"] in found}
    assert "unicode" in names
    assert names <= {"unicode", "html"}


def test_html_is_unescaped_twice_even_where_ftfy_lets_it_be():
    """A literal < tells ftfy that a text is HTML already; the reference unescapes all the same."""
    assert tidied("<i> &amp;lt; &eacute;  A\nB ") == "<i> < é a b"
    for case in cases("hpsv2"):
        assert tidied(case["prompt"]) == case["details"]["cleaned_prompt"]


def test_hpsv2_is_the_cosine_without_the_learned_scale():
    reward = fresh("hpsv2")
    reward.scale = float(reward._model.logit_scale.exp())
    assert len(misses("hpsv2", reward)) == len(cases("hpsv2"))


@pytest.mark.parametrize("name", ["hpsv2", "pickscore", "mps"])
def test_gelu_is_not_approximated(name):
    reward = fresh(name)
    swapped = 0
    for module in reward._model.modules():
        for attribute in ("act", "activation_fn"):
            if hasattr(module, attribute):
                setattr(module, attribute, Activation(quick_gelu))
                swapped += 1
    assert swapped >= 4
    assert misses(name, reward)


@pytest.mark.parametrize("name", ["clip", "aesthetic"])
def test_openais_own_clip_does_approximate_gelu(name):
    reward = fresh(name)
    for module in reward._model.modules():
        if hasattr(module, "activation_fn"):
            module.activation_fn = Activation(gelu)
    assert misses(name, reward)


def test_the_aesthetic_head_reads_directions(monkeypatch):
    monkeypatch.setattr("cohp.reward.clip_towers.directions", lambda vectors: vectors)
    assert len(misses("aesthetic", fresh("aesthetic"))) == len(cases("aesthetic"))


def test_pickscore_has_its_learned_scale():
    reward = fresh("pickscore")
    reward.means = reward.cosines
    assert len(misses("pickscore", reward)) >= len(cases("pickscore")) - 1
    assert misses("pickscore", reward, "cosine") == []


def test_pickscore_and_clip_do_not_mend_their_prompts():
    """Their references use transformers' tokenizer, which does not; HTML stays HTML."""
    for name in ("pickscore", "clip"):
        (case,) = (case for case in cases(name)[:50] if case["id"] == html_case(name))
        mended = {**case, "prompt": tidied(case["prompt"])}
        gap = abs(scored(loaded(name), [mended])[0] - scored(loaded(name), [case])[0])
        assert gap > tolerance(name)


def html_case(name):
    return next(case["id"] for case in cases(name) if case["prompt_name"] == "html")


def test_imagereward_has_blips_norms():
    """The golden weights are too lively to tell 1e-5 from 1e-6: small ones do."""
    model = loaded("imagereward")._model
    norms = [each for each in model["vision"].modules() if isinstance(each, nn.LayerNorm)]
    assert {norm.eps for norm in norms} == {1e-6}
    assert {each.eps for each in model["text"].modules() if isinstance(each, nn.LayerNorm)} == {
        1e-12
    }
    means = []
    for eps in (1e-6, 1e-5):
        reward = fresh("imagereward")
        vision = reward._model["vision"]
        for weight in vision.embeddings.parameters():
            weight.mul_(0.01)
        for norm in vision.modules():
            if isinstance(norm, nn.LayerNorm):
                norm.eps = eps
        means.append(scored(reward, cases("imagereward")[:1])[0])
    assert abs(means[0] - means[1]) > tolerance("imagereward")


@pytest.mark.parametrize("longest", [34, 36, 77])
def test_imagereward_reads_thirty_five_tokens(monkeypatch, longest):
    monkeypatch.setattr(imagereward, "LONGEST", longest)
    found = misses("imagereward", fresh("imagereward"))
    names = {case["prompt_name"] for case in cases("imagereward") if case["id"] in found}
    assert "long" in names
    assert "plain" not in names


def test_imagereward_is_standardised(monkeypatch):
    monkeypatch.setattr(imagereward, "MEAN", 0.0)
    assert len(misses("imagereward", fresh("imagereward"))) == len(cases("imagereward"))


def test_imagereward_reads_the_whole_prompt_and_not_left_to_right():
    reward = fresh("imagereward")
    text = reward._model.get_submodule("text")
    plain = text.forward
    text.forward = lambda *args, **options: plain(*args, **{**options, "is_decoder": True})
    assert misses("imagereward", reward)


def test_imagereward_hides_the_padding():
    reward = fresh("imagereward")
    words = reward._words
    reward._words = lambda prompts: (words(prompts, full=True)[0], torch.ones(len(prompts), 35))
    assert misses("imagereward", reward)


def test_mps_divides_by_each_pairs_own_maximum(monkeypatch):
    """Done the reference's way, over the whole batch, a score depends on its neighbours."""
    reward = fresh("mps")
    quiet, loud = cases("mps")[0], {**cases("mps")[1], "prompt": "loud"}
    read = reward._read

    def shouted(texts):
        words, ends = read(texts)
        volume = torch.tensor([1000.0 if text == "loud" else 1.0 for text in texts])
        return words * volume[:, None, None], ends

    reward._read = shouted
    alone = scored(reward, [quiet])[0]
    assert scored(reward, [quiet, loud])[0] == pytest.approx(alone, abs=1e-5)

    plain = torch.Tensor.amax

    def whole_batch(tensor, dim, keepdim=False):
        return tensor.max() if keepdim else plain(tensor, dim)

    monkeypatch.setattr(torch.Tensor, "amax", whole_batch)
    beside = scored(reward, [quiet, loud])[0]
    assert not abs(beside - alone) <= tolerance("mps")


def test_mps_looks_at_the_padding_too():
    reward = fresh("mps")
    towers = reward.model["towers"]
    words = towers.words
    towers.words = lambda texts, *, full=False: words(texts, full=full and len(texts) > 99)
    assert misses("mps", reward)


def test_mps_asks_for_the_overall_condition(monkeypatch):
    monkeypatch.setattr(mps, "CONDITION", "color")
    assert misses("mps", fresh("mps"))
