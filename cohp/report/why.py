"""Why this image won, in two sentences that a person would say."""

from __future__ import annotations

from math import hypot

from cohp.record.entry import Entry
from cohp.report.story import Story, winner
from cohp.report.words import count, place, round_name, standings

RULE_WORDS = {
    "mean": "mean score",
    "max": "highest score",
    "probability": "probability of holding the best image",
}


def why(story: Story) -> tuple[str, ...]:
    """Return sentences: how it compares with the others, how it came to be, why it ended early."""
    best = story.best
    if best is None:
        return ("No image has a score yet, so none has won.", _reasons(story))
    ended = [f"The search stopped early: {story.stopped}."] if story.stopped else []
    compared = _overruled(story, best) if story.preferred else _compared(story, best)
    return (compared, _came_to_be(story, best), *ended)


def choice(story: Story) -> str:
    """Return one sentence on how the model was chosen."""
    if story.chosen is None:
        return ""
    rule = RULE_WORDS.get(story.chosen.rule, story.chosen.rule)
    stood = standings(story.chosen, story.ruler)
    return f"{story.chosen.model} was chosen by {rule}: {stood}."


def _compared(story: Story, best: Entry) -> str:
    if best.score is None:
        return "It has no score."
    score = story.ruler.score(best.score)
    so_far = "" if story.verdict else " so far (the run is not finished)"
    others = [each for each in story.scored if each.shot.id != best.shot.id]
    second = winner(others)
    if second is None or second.score is None:
        return f"It is the only image with a score{so_far}: {score}."
    said = f"It has the highest score of {count(len(others) + 1, 'image')}{so_far}, {score}"
    gap = best.score.mean - second.score.mean
    doubt = hypot(best.score.std or 0, second.score.std or 0)
    if gap == 0:
        return f"{said}; another image has the same score, and ties go to the earlier one."
    close = "; that is close enough for another judge to disagree" if gap < doubt else ""
    return f"{said}, {story.ruler.number(gap)} ahead of the next{close}."


def _overruled(story: Story, best: Entry) -> str:
    """Say what a person chose, and what the reward would have."""
    chosen, choice = story.preferred, story.choice
    if chosen is None or choice is None:
        return ""
    over = story.by_id.get(choice.over or "")
    against = f", over {place(over)} ({story.ruler.number(over.mean)})" if over else ""
    said = f"A person chose {place(chosen)}{against}"
    if best is not chosen:
        said += ", and this is the best of what came of it"
    favourite = winner(story.scored)
    if favourite and favourite is not best:
        said += f"; the reward's own favourite is {place(favourite)}"
    return f"{said}. It scores {story.ruler.number(best.mean)}."


def _came_to_be(story: Story, best: Entry) -> str:
    first, model = story.lineage[0], best.shot.model
    if len(story.lineage) > 1 and best.score and first.score:
        steps = len(story.lineage) - 1
        times = {1: "once", 2: "twice"}.get(steps, f"{steps} times")
        gained = best.score.mean - first.score.mean
        change = "gaining" if gained >= 0 else "losing"
        return (
            f"{model} refined it {times} from an image of {round_name(first.shot.round).lower()} "
            f"that scored {story.ruler.number(first.score.mean)}, {change} "
            f"{story.ruler.number(abs(gained))} on the way; the last step was round "
            f"{best.shot.round}{_strength(best)}."
        )
    where = round_name(best.shot.round).lower()
    later = sum(1 for each in story.scored if each.shot.round > best.shot.round)
    unbeaten = f", and none of the {count(later, 'image')} drawn later beat it" if later else ""
    drawn = f"{model} drew it in {where} from the prompt alone{unbeaten}"
    if story.chosen and story.chosen.model != model:
        return f"{drawn}, though {story.chosen.model} was chosen for the rounds."
    return f"{drawn}."


def _strength(entry: Entry) -> str:
    return "" if entry.shot.strength is None else f" at strength {entry.shot.strength:.2f}"


def _reasons(story: Story) -> str:
    reasons = list(dict.fromkeys(each.reason for each in story.entries if each.reason))
    if not reasons:
        return "Nothing has been drawn yet."
    return f"What was said instead: {'; '.join(reasons[:3])}."
