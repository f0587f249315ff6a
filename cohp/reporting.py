"""What a run shows of itself: the story its reports tell, its page and its contact sheet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cohp.record.files import write_whole, writing
from cohp.record.folder import RunFolder
from cohp.record.metadata import encode
from cohp.report.page import page
from cohp.report.sheet import contact_sheet
from cohp.report.story import Story
from cohp.run import retrace


def story(folder: RunFolder) -> Story:
    """Gather what every report of a run is drawn from."""
    chosen, verdict = retrace(folder)
    return Story(
        recipe=folder.recipe.to_json(),
        entries=tuple(folder.entries.values()),
        verdict=verdict,
        images=folder.images,
        chosen=chosen,
        versions=folder.versions,
        revisions=folder.revisions,
        stopped=folder.stopped[1] if folder.stopped and folder.recipe.budget else None,
        choice=folder.choice,
    )


def write_reports(folder: RunFolder) -> None:
    """Write the page and the contact sheet of a run, as far as it has come."""
    if not folder.entries:
        return
    told = story(folder)
    with writing(folder.path), ThreadPoolExecutor(1, "sheet") as beside:
        sheet = beside.submit(lambda: encode(contact_sheet(told), {}))
        write_whole(folder.path / "report.html", page(told).encode())
        write_whole(folder.path / "sheet.png", sheet.result())
