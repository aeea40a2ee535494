"""Spans link to the command behind what they carry, and hold nothing that is anybody's own."""

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from libs.events.system import telemetry

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_spans_have_kinds_links_and_the_current_names() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    with telemetry.sending("grid.events", [PARENT, None, PARENT]):
        pass
    with telemetry.processing("grid.events", "exchange", [PARENT, "nonsense"]):
        pass
    with telemetry.turn("grid", 3) as turn:
        assert telemetry.traceparent_of(turn) is not None
    send, process, settle = kept.get_finished_spans()
    assert (send.kind, process.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER)
    assert (send.name, process.name, settle.name) == (
        "send grid.events",
        "process grid.events",
        "settle grid",
    )
    for one in (send, process):
        (link,) = one.links
        assert f"{link.context.trace_id:032x}" == PARENT.split("-")[1]
        assert one.attributes is not None
        assert one.attributes["messaging.system"] == "kafka"
    assert send.attributes is not None
    assert send.attributes["messaging.batch.message_count"] == 3
    kept.clear()
