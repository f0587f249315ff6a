"""The page of routes: what the OpenAPI document says, to be read by people, loading nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cohp.report.document import document
from cohp.report.markup import Html, tag


def listing(openapi: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    rows = [
        tag(
            "tr",
            tag("td", tag("code", f"{method.upper()} {path}")),
            tag("td", about.get("description", "")),
            tag("td", tag("code", _sent(about))),
        )
        for path, methods in openapi["paths"].items()
        for method, about in methods.items()
    ]
    head = tag("tr", *(tag("th", each) for each in ("Route", "What it does", "What it is sent")))
    told = tag("p", "Every schema is in ", tag("a", "/openapi.json", href="/openapi.json"), ".")
    schemas = [_schema(name, each) for name, each in openapi["components"]["schemas"].items()]
    body = tag("main", tag("h1", "CoHP"), told, tag("table", head, *rows), *schemas)
    return document("Routes", body)


def _sent(about: Mapping[str, Any]) -> str:
    """Name the schema of the body, where a route is sent one."""
    schema = about.get("requestBody", {}).get("content", {}).get("application/json", {})
    return str(schema.get("schema", {}).get("$ref", "")).rpartition("/")[2]


def _schema(name: str, schema: Mapping[str, Any]) -> Html:
    keys = ", ".join(schema.get("properties", {}))
    return tag("p", tag("strong", name), f": {keys}. {schema.get('description', '')}")
