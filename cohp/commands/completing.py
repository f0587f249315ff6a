"""Completion in bash of words with a colon or an equals sign in them, as models' names have."""

from __future__ import annotations

import os
import re
from typing import Any

from click.shell_completion import BashComplete, CompletionItem, split_arg_string


class WholeWords(BashComplete):
    """Bash hands over words cut at such signs, and completes the last piece; its line is whole."""

    source_template = BashComplete.source_template.replace(
        "env COMP_WORDS=", 'env COMP_LINE="${COMP_LINE:0:$COMP_POINT}" COMP_WORDS='
    )
    _before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one at it."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        typed = "" if line[-1:].isspace() else words.pop()
        option, sign, value = typed.partition("=")
        whole = value if sign and option.startswith("--") else typed
        self._before = whole.removesuffix(re.split("[:=]", whole)[-1])
        return words[1:], typed

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return the last piece alone, which is what bash puts the completion in place of."""
        return f"{item.type},{item.value.removeprefix(self._before)}"
