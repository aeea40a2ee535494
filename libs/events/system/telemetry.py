"""Spans and links, from the command to whoever consumes its event. Off unless OTEL_* says so.

Sources: OpenTelemetry Trace SDK, semantic conventions for HTTP and for messaging. Position, stream
and event id are attributes; data never is.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROPAGATOR: Final = TraceContextTextMapPropagator()
TRACER: Final = trace.get_tracer("lianban")


def start(service: str) -> None:
    """An exporter as OTEL_TRACES_EXPORTER names it: `otlp`, `console`, or none."""
    named = os.environ.get("OTEL_TRACES_EXPORTER", "none")
    if named == "none" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(exporter(named)))
    trace.set_tracer_provider(provider)


def exporter(named: str) -> SpanExporter:
    if named == "console":
        return ConsoleSpanExporter()
    if named != "otlp":
        raise ValueError(f"OTEL_TRACES_EXPORTER is otlp, console or none, not {named}")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def turn(log: str, size: int) -> Any:
    return span(
        f"settle {log}", SpanKind.INTERNAL, {"lianban.log": log, "lianban.turn.commands": size}
    )


def sending(topic: str, traceparents: Sequence[str | None]) -> Any:
    attributes = messaging(topic, "send", len(traceparents))
    return span(f"send {topic}", SpanKind.PRODUCER, attributes, traceparents)


def processing(topics: str, group: str, traceparents: Sequence[str | None]) -> Any:
    attributes = messaging(topics, "process", len(traceparents))
    attributes["messaging.consumer.group.name"] = group
    return span(f"process {topics}", SpanKind.CONSUMER, attributes, traceparents)


def messaging(topic: str, operation: str, count: int) -> dict[str, Any]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": topic,
        "messaging.batch.message_count": count,
    }


@contextmanager
def span(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, Any],
    traceparents: Sequence[str | None] = (),
    parent: str | None = None,
) -> Iterator[Span]:
    """One span, linked to the commands behind what it carries; where nobody looks, it is none."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield trace.INVALID_SPAN
        return
    links = [link for text in dict.fromkeys(traceparents) if (link := link_to(text))]
    context = PROPAGATOR.extract({"traceparent": parent}) if parent else None
    with TRACER.start_as_current_span(
        name,
        context=context,
        kind=kind,
        attributes=dict(attributes),
        links=links,
        record_exception=False,  # what an exception says may be personal
        set_status_on_exception=False,
    ) as current:
        yield current


def link_to(traceparent: str | None) -> Link | None:
    if traceparent is None:
        return None
    found = trace.get_current_span(PROPAGATOR.extract({"traceparent": traceparent}))
    context = found.get_span_context()
    return Link(context) if context.is_valid else None


def traceparent_of(current: Span) -> str | None:
    """What the event is to keep of this span, if it is one that anybody will see."""
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier, trace.set_span_in_context(current))
    return carrier.get("traceparent")
