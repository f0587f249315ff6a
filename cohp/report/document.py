"""A page that is whole: no script, no font, no file beside it."""

from __future__ import annotations

from importlib.resources import files

from cohp.report.markup import Html, tag


def document(title: str, *body: Html, styles: tuple[str, ...] = ("cohp.report",)) -> str:
    """Return a page with the `page.css` of each of the packages `styles` inside."""
    css = "\n".join(files(each).joinpath("page.css").read_text("utf-8") for each in styles)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · CoHP"),
        tag("style", Html(css)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', *body), lang='en')}\n"
