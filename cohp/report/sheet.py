"""The contact sheet: every image of a run on one picture, round by round, the best one large."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw

from cohp.record.entry import Entry
from cohp.report.layout import Grid, Row, grid_for, rows_of
from cohp.report.letters import PAPER, SOFT, Ink, font, lines, width_of
from cohp.report.picture import opened
from cohp.report.story import Story
from cohp.report.words import count, round_name, shortened

MARGIN = 48
GAP = 14
RADIUS = 10
CARD = (33, 31, 40)
INK = (245, 242, 248)
GOLD = (242, 181, 58)
BLUE = (148, 164, 255)
SMALLEST_BEST = 560
LARGEST_BEST = 820
UNDER_BEST = 190
TITLE = 34
MOST_TITLE_LINES = 3
LABEL = 168
# Drawn this much larger and shrunk, so that round corners have smooth edges.
SMOOTH = 4


def contact_sheet(story: Story) -> Image.Image:
    """Draw the sheet of a story; its size stays bounded however many images there are."""
    rows = rows_of(story)
    grid = grid_for(rows)
    left = MARGIN + LABEL
    panel = left + grid.width + MARGIN
    best_side = min(LARGEST_BEST, max(SMALLEST_BEST, grid.height - UNDER_BEST))
    width = panel + best_side + MARGIN
    title = lines(story.prompt, font(TITLE), width - 2 * MARGIN, MOST_TITLE_LINES)
    top = MARGIN + len(title) * round(TITLE * 1.3) + 46
    height = top + max(grid.height, best_side + UNDER_BEST if story.best else 120) + MARGIN
    sheet = Image.new("RGB", (width, height), PAPER)
    _title(sheet, story, title, rows)
    for row, y in zip(rows, grid.tops, strict=True):
        _row(sheet, story, row, grid, (left, top + y))
    _panel(sheet, story, (panel, top), best_side)
    return sheet


def _title(sheet: Image.Image, story: Story, title: Sequence[str], rows: Sequence[Row]) -> None:
    draw = ImageDraw.Draw(sheet)
    y = MARGIN
    for line in title:
        draw.text((MARGIN, y), line, INK, font(TITLE), stroke_width=0.4)
        y += round(TITLE * 1.3)
    drawn = count(len(story.entries), "image")
    candidates = ", ".join(shortened(model, 40) for model in story.models)
    said = f"CoHP   {drawn} by {candidates}"
    rounds = len([number for number in story.rounds if number > 0])
    all_rows = rounds + len([each for each in story.standings if each.entries])
    if len(rows) < all_rows:
        said = f"CoHP   {drawn}; {len(rows)} of {all_rows} rows shown, by {candidates}"
    said = shortened(said, 150)
    draw.text((MARGIN, y + 4), said, SOFT, font(17))


def _row(sheet: Image.Image, story: Story, row: Row, grid: Grid, corner: tuple[int, int]) -> None:
    draw = ImageDraw.Draw(sheet)
    left, top = corner
    for number, line in enumerate(lines(row.name, font(18), LABEL - 20, 3)):
        draw.text((MARGIN, top + 4 + number * 23), line, INK, font(18))
        note_top = top + 4 + (number + 1) * 23
    for number, line in enumerate(lines(row.note, font(14), LABEL - 20, 4)):
        draw.text((MARGIN, note_top + 4 + number * 18), line, SOFT, font(14))
    for index, entry in enumerate(row.entries):
        x, y = grid.place(index)
        _thumbnail(sheet, story, entry, (left + x, top + y), grid.side)
    if row.hidden:
        x, y = grid.place(len(row.entries))
        draw.text((left + x, top + y + 4), f"+ {row.hidden:,} more", SOFT, font(14))


def _thumbnail(
    sheet: Image.Image, story: Story, entry: Entry, corner: tuple[int, int], side: int
) -> None:
    draw = ImageDraw.Draw(sheet)
    x, y = corner
    own = entry.shot.id
    image = opened(story.images, entry, side)
    if image is None or entry.score is None:
        _unscored(sheet, entry, image, corner, side)
    else:
        _paste(sheet, image, corner, side)
    if own in story.winners:
        wide = 5 if story.best and own == story.best.shot.id else 3
        box = (x - 4, y - 4, x + side + 3, y + side + 3)
        draw.rounded_rectangle(box, RADIUS + 3, outline=GOLD, width=wide)
    size = 15 if side >= LABEL / 2 else 11
    if entry.score:
        colour: Ink = GOLD if own in story.winners else INK
        number = story.ruler.number(entry.score.mean)
        draw.text((x + 2, y + side + 8), number, colour, font(size))
        spread = f" {story.ruler.spread(entry.score)}"
        taken = width_of(number, font(size))
        if taken + width_of(spread, font(size)) < side:
            draw.text((x + 2 + taken, y + side + 8), spread, SOFT, font(size))
    if own in story.lineage_ids and len(story.lineage) > 1:
        step = str(story.lineage.index(entry) + 1)
        draw.circle((x + side - 16, y + 16), 12, fill=BLUE, outline=PAPER, width=2)
        draw.text((x + side - 16, y + 16), step, PAPER, font(14), anchor="mm", stroke_width=0.4)


def _unscored(
    sheet: Image.Image,
    entry: Entry,
    image: Image.Image | None,
    corner: tuple[int, int],
    side: int,
) -> None:
    """Draw a card with the reason, over what was drawn if there is a picture at all."""
    card = Image.new("RGB", (side, side), CARD)
    if image is not None:
        back = _squared(image.convert("L").convert("RGB"), side)
        card = Image.blend(card, back, 0.25)
    pen = ImageDraw.Draw(card)
    pen.text((10, 8), "no score", GOLD, font(14))
    reason = entry.reason or "the image cannot be read"
    for number, line in enumerate(lines(reason, font(13), side - 20, max(1, side // 17 - 3))):
        pen.text((10, 30 + number * 17), line, INK, font(13))
    _paste(sheet, card, corner, side)


def _panel(sheet: Image.Image, story: Story, corner: tuple[int, int], side: int) -> None:
    x, y = corner
    draw = ImageDraw.Draw(sheet)
    best = story.best
    if best is None:
        draw.text((x, y), "No image has a score yet", SOFT, font(22))
        return
    image = opened(story.images, best, side)
    if image is not None:
        _paste(sheet, image, corner, side)
    y += side + 20
    if best.score:
        number = story.ruler.number(best.score.mean)
        draw.text((x, y), number, GOLD, font(58), stroke_width=0.8)
        spread = story.ruler.spread(best.score)
        after = x + width_of(number, font(58)) + 16
        draw.text((after, y + 30), spread, SOFT, font(24))
    shot = best.shot
    state = "" if story.verdict else "   best so far"
    said = (
        f"{shortened(shot.model, 30)}   {round_name(shot.round).lower()}   seed {shot.seed}{state}"
    )
    draw.text((x, y + 80), said, INK, font(18))
    legend = "framed: best of its round"
    if len(story.lineage) > 1:
        legend += "   numbered: the winner's lineage"
    draw.text((x, y + 116), legend, SOFT, font(15))


def _paste(sheet: Image.Image, image: Image.Image, corner: tuple[int, int], side: int) -> None:
    sheet.paste(_squared(image, side), corner, _rounded(side))


@lru_cache(maxsize=8)
def _rounded(side: int) -> Image.Image:
    """Return the mask of a square with round corners."""
    mask = Image.new("L", (side * SMOOTH, side * SMOOTH), 0)
    box = (0, 0, side * SMOOTH - 1, side * SMOOTH - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, RADIUS * SMOOTH, fill=255)
    return mask.resize((side, side), Image.Resampling.LANCZOS)


def _squared(image: Image.Image, side: int) -> Image.Image:
    """Return the image whole in a square of `side`, on a card where it is not square itself."""
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    square = Image.new("RGB", (side, side), CARD)
    fitted = image.resize(size, Image.Resampling.LANCZOS)
    square.paste(fitted, ((side - size[0]) // 2, (side - size[1]) // 2))
    return square
