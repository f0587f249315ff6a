"""HTML and SVG as values: what is not markup already is escaped where it is put in."""

from __future__ import annotations

from html import escape

VOID = frozenset({"br", "hr", "img", "meta"})

Attribute = str | int | float | bool | None


class Html(str):
    """Text that is markup already; any other string is escaped by `tag`."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: Attribute) -> Html:
    """Return an element; `class_` reads class, `aria_label` reads aria-label, None is left out."""
    opening = f"<{name}{''.join(_attribute(*each) for each in attributes.items())}>"
    if name in VOID:
        return Html(opening)
    return Html(f"{opening}{joined(*children)}</{name}>")


def joined(*children: str | None) -> Html:
    """Return the children one after the other, escaped where they are plain text."""
    return Html("".join(_text(each) for each in children if each is not None))


def _text(child: str) -> str:
    return child if isinstance(child, Html) else escape(child, quote=False)


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    spelled = name.removesuffix("_").replace("_", "-")
    return f" {spelled}" if value is True else f' {spelled}="{escape(str(value))}"'
