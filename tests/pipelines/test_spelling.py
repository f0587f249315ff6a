"""Lists of models, and options after a name: taken apart and put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import folder, lora

from cohp.catalogue import find
from cohp.errors import BadInput
from cohp.naming import resolve
from cohp.spelling import apart, listed, together


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_list_is_split_at_its_commas():
    assert listed("sdxl, kolors,,sd15 ") == ["sdxl", "kolors", "sd15"]
    assert listed("sdxl:fp8=true:tiling=true,a/b@v1") == ["sdxl:fp8=true:tiling=true", "a/b@v1"]
    assert listed(" , ") == []


def test_a_path_with_a_comma_in_it_stays_whole(tmp_path):
    folder(tmp_path / "fox, red")
    lora(tmp_path / "more,detail.safetensors")
    typed = ["./fox, red", "sdxl+more,detail.safetensors:0.8", "./fox, red:fp8=true", "kolors"]
    assert listed(",".join(typed)) == typed
    assert listed("sdxl,./fox, blue") == ["sdxl", "./fox", "blue"]


def test_options_are_numbers_words_and_yes_or_no():
    spelt = apart("sdxl:tiling=true:fp8=false:max_sequence_length=9:call.eta=0.5:quantize=int8")
    assert spelt.base == "sdxl"
    assert spelt.options == {
        "tiling": True,
        "fp8": False,
        "max_sequence_length": 9,
        "call.eta": 0.5,
        "quantize": "int8",
    }


def test_options_may_stand_before_or_after_what_is_laid_over(tmp_path):
    file = lora(tmp_path / "a.safetensors")
    before = resolve("sdxl:tiling=true+a.safetensors:0.8")
    after = resolve("sdxl+a.safetensors:0.8:tiling=true")
    assert before == after
    assert before.name == f"sdxl:tiling=true+{file}:0.8"
    assert (before.options, before.loras[0].weight) == ({"tiling": True}, 0.8)
    assert resolve(before.name) == before


def test_options_are_laid_over_those_of_the_entry():
    model = resolve("sdxl-lightning:scheduler.use_karras_sigmas=true:compile=true")
    own = find("sdxl-lightning").options["scheduler"]
    assert model.options == {
        "scheduler": {**own, "use_karras_sigmas": True},
        "compile": True,
    }
    assert "use_karras_sigmas" not in find("sdxl-lightning").options["scheduler"]


def test_a_hosted_model_takes_those_of_its_kind():
    model = resolve("openai:some/m@http://localhost:8000/v1:parallel=2:body.quality=high")
    assert model.source == "http://localhost:8000/v1"
    assert model.options["parallel"] == 2
    assert model.options["body"] == {"quality": "high"}
    assert resolve(model.name) == model


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("sdxl:speed=3", "sdxl:speed=3: there is no option 'speed'; there are attention, call"),
        ("sdxl:fp8=yes", "option fp8: Input should be a valid boolean"),
        ("sdxl:quantize=int3", "option quantize: Input should be 'int8', 'int4' or 'float8'"),
        ("sdxl:quantize=int8:fp8=true", "fp8 and quantize exclude each other"),
        ("sdxl:dtype=half", "option dtype: Input should be 'float32', 'float16' or 'bfloat16'"),
        ("sdxl:call=3", r"option call is a table; .* call\.NAME=VALUE"),
        ("fake-ink:fp8=true", "there is no option 'fp8'; there are room, skill"),
        ("openai:m:parallel=0", "option parallel: Input should be greater than or equal to 1"),
        ("sdlx:fp8=true", "Did you mean sdxl"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused_by_name(spec, told):
    with pytest.raises(BadInput, match=told) as raised:
        resolve(spec)
    assert "\n" not in str(raised.value)


KEYS = st.sampled_from(["fp8", "tiling", "call.eta", "scheduler.shift"])
VALUES = st.booleans() | st.integers(-99, 99) | st.floats(-9, 9) | st.sampled_from(["int8", "x"])


@given(st.dictionaries(KEYS, VALUES), st.lists(st.sampled_from(["a/b", "a/b:-.5"]), max_size=2))
def test_what_is_put_together_is_taken_apart_again(options, loras):
    spelt = apart(together("sdxl", options, *loras))
    assert (spelt.base, spelt.options, list(spelt.loras)) == ("sdxl", options, loras)
