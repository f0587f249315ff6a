"""schemathesis against the OpenAPI page: what the document promises is what is answered."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from serving import DEFAULTS, Gate, over_a_socket

from cohp.server.app import create_app
from cohp.server.settings import Settings

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    # Nothing is drawn: what is begun waits, until the queue is full.
    gate = Gate()
    runs = tmp_path_factory.mktemp("schema")
    app = create_app(Settings(runs=runs, together=1, room=4, defaults=DEFAULTS), gate)
    with over_a_socket(app) as (address, _):
        found = schemathesis.openapi.from_url(f"{address}/openapi.json")
        # Who waits for an image, or for the end of a stream, would wait for ever.
        yield found.exclude(path_regex=r"events|generations|2img")
        app.state.house.desk.shut()
        gate.open.set()


# Many small requests take their time on a busy machine.
@pytest.mark.timeout(1200)
def test_every_answer_is_as_documented(document):
    tested = 0
    for found in document.get_all_operations():
        operation = found.ok()
        tested += 1

        @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def check(case):
            case.call_and_validate(checks=CHECKS, timeout=60)

        check()
    assert tested > 20
