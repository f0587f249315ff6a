"""Settings and tokenizers that are broken, or another model's: said in one sentence, by file."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from golden_cases import GOLDEN

from cohp.errors import BadInput
from cohp.reward.loading import load

BROKEN = [
    ("hpsv3", "config.json", {"vision_config": {"embed_dim": "wide"}}),
    ("hpsv3", "config.json", {"hidden_size": -3}),
    ("hpsv3pp", "config.json", {"text_config": {"head_dim": "wide"}}),
    ("hpsv3", "tokenizer.json", {"model": {}}),
    ("hpsv3", "tokenizer.json", {"added_tokens": []}),
    ("hpsv3pp", "tokenizer.json", {"added_tokens": 7}),
    ("clip", "config.json", {"vision_config": {"hidden_size": "wide"}}),
    ("pickscore", "tokenizer.json", {"model": 7}),
    ("hpsv2", "model_config.json", {"vision_cfg": {}}),
    ("imagereward", "med_config.json", {"hidden_size": "wide"}),
    ("mps", "cross_config.json", {"heads_of": 3}),
]


@pytest.mark.parametrize(("name", "file", "change"), BROKEN)
def test_settings_nothing_can_be_made_of_are_named(tmp_path, name, file, change):
    folder = shutil.copytree(GOLDEN / name, tmp_path / name)
    described = json.loads((folder / file).read_text("utf-8"))
    (folder / file).write_text(json.dumps(described | change), "utf-8")
    with pytest.raises(BadInput) as error:
        load(f"{name}={folder}", device="cpu")
    assert "\n" not in str(error.value)
    assert re.search(rf"{name}(/{re.escape(file)})? cannot be used \(", str(error.value))


@pytest.mark.parametrize(
    ("name", "other"), [("hpsv3", "hpsv3pp"), ("hpsv3pp", "hpsv3"), ("hpsv3", "clip")]
)
def test_the_folder_of_another_reward_is_refused(name, other):
    with pytest.raises(BadInput, match="describes a model of type"):
        load(f"{name}={GOLDEN / other}", device="cpu")
