"""Why an image won, told in a terminal: its line from the first ancestor, and who it beat."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from cohp.record.entry import Entry
from cohp.report.drift import drift_words
from cohp.report.story import Standing, Story
from cohp.report.why import choice, why
from cohp.report.words import count, round_name, shortened, standing

GOLD = "bold yellow"
NAME_WIDTH = 28
LONGEST_PROMPT = 300
COLUMNS = 5


def explain(story: Story) -> Group:
    """Return what `cohp show` prints: the verdict, the lineage, the candidates, the reasons."""
    parts = [_head(story)]
    if len(story.standings) > 1 and story.entries:
        parts.append(_candidates(story))
    if story.lineage:
        head = Text.assemble(("Lineage", "bold"), ("  strength, and the noise it was", "dim"))
        parts.append(Group(head, _lineage(story), Text()))
    parts.append(Group(*[Text(sentence) for sentence in why(story)]))
    if drifted := drift_words(story, max(story.rounds, default=0)):
        parts.append(Group(Text(f"The last round's look. {drifted}")))
    return Group(*[Padding(part, (0, 2)) for part in parts])


def _head(story: Story) -> Group:
    lines = [Text(), Text(shortened(story.prompt, LONGEST_PROMPT), "bold")]
    best = story.best
    if best is not None and best.score:
        line = Text.assemble((f"★ {story.ruler.score(best.score)}", GOLD))
        line.append(f"  {best.shot.model}  seed {best.shot.seed}", "default")
        lines.append(line)
    drawn = count(len(story.entries), "image")
    unscored = len(story.entries) - len(story.scored)
    failed = f", {unscored} without a score" if unscored else ""
    state = "" if story.verdict else ", not finished"
    rounds = count(len([number for number in story.rounds if number]), "round")
    lines += [Text(f"{drawn}{failed}, {rounds}{state}", "dim"), Text()]
    return Group(*lines)


def _candidates(story: Story) -> Group:
    said = choice(story)
    rows = [_candidate(story, each) for each in story.standings if each.entries]
    lines = [Text("Candidates", "bold"), *rows]
    if said:
        lines.append(Text(said, "dim"))
    return Group(*lines, Text())


def _candidate(story: Story, each: Standing) -> Text:
    text = Text.assemble(("● ", GOLD) if each.chosen else ("○ ", "dim"))
    text.append(f"{each.model:<{min(NAME_WIDTH, max(map(len, story.models)))}}", "default")
    if each.mean is None or each.top is None:
        return text.append("  no image has a score", "dim")
    ruler = story.ruler
    text.append(f"  mean {ruler.number(each.mean)}  best {ruler.number(each.top.mean)}", "default")
    if story.chosen and story.chosen.rule == "probability" and each.value is not None:
        likely = standing(story.chosen, each.model, ruler)
        text.append(f"  {likely} likely to hold the best", "default")
    return text.append("  chosen", GOLD) if each.chosen else text


def _lineage(story: Story) -> Group:
    """Draw the line downwards: deeper nesting would not fit a terminal after a few rounds."""
    befores = (None, *story.lineage)
    steps = [
        _Step(story, entry, before) for entry, before in zip(story.lineage, befores, strict=False)
    ]
    widths = [max(len(step.columns[column]) for step in steps) for column in range(COLUMNS)]
    return Group(*[step.line(widths) for step in steps])


def _start(entry: Entry) -> str:
    """Say how strongly an image was noised again, and which share of noise that truly was."""
    if entry.shot.strength is None:
        return ""
    noise = "" if entry.true_start is None else f", noise {entry.true_start:.2f}"
    return f"{entry.shot.strength:.2f}{noise}"


class _Step:
    """One image of the lineage, as columns that line up with the other steps'."""

    def __init__(self, story: Story, entry: Entry, before: Entry | None) -> None:
        shot, ruler = entry.shot, story.ruler
        gain = ""
        if before and before.score and entry.score:
            gain = ruler.gain(entry.score.mean - before.score.mean)
        self.columns = (
            ruler.score(entry.score) if entry.score else "no score",
            gain,
            f"{round_name(shot.round)}, image {shot.index + 1}",
            _start(entry),
            f"seed {shot.seed}",
        )
        self._mark = "★" if entry is story.best else "│" if before else "○"

    def line(self, widths: Sequence[int]) -> Text:
        """Write the step in columns of these widths."""
        text = Text.assemble((f"{self._mark} ", GOLD if self._mark == "★" else "dim"))
        styles = (GOLD if self._mark == "★" else "bold", "green", "default", "dim", "dim")
        for number, (column, width, style) in enumerate(
            zip(self.columns, widths, styles, strict=True)
        ):
            padded = f"{column:>{width}}" if number == 0 else f"{column:<{width}}"
            text.append(f"{padded}  ", style)
        text.rstrip()
        return text
