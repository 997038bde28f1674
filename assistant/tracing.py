"""Spans of OpenTelemetry: one for a question, one for each call of a model and of a tool.

Names and attributes are those of the conventions for generative AI. No text goes into them: neither
questions, nor arguments, nor results. Where the program has not loaded OpenTelemetry, and
NETASSIST_OTEL is not set, nothing is imported and a span is an empty context.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from assistant.errors import NotConfigured

if TYPE_CHECKING:
    from opentelemetry.trace import Span

__all__ = ["configure", "record", "span"]

_API = "opentelemetry.trace"
Value = str | int | float | bool


def span(
    operation: str, subject: str, attributes: Mapping[str, Value] | None = None
) -> "AbstractContextManager[Span | None]":
    """Open a span `OPERATION SUBJECT`, below the one that is open.

    Args:
        operation: `invoke_agent`, `chat` or `execute_tool`.
        subject: The agent, model or tool.
        attributes: What is known at its beginning.
    """
    if _API not in sys.modules:
        return nullcontext()
    known = {"gen_ai.operation.name": operation, **(attributes or {})}
    return _started(f"{operation} {subject}", known)


def record(opened: "Span | None", attributes: Mapping[str, Value]) -> None:
    """Add to a span what became known meanwhile."""
    if opened is not None:
        opened.set_attributes(dict(attributes))


def configure(service: str = "netassist") -> None:
    """Send spans where the usual variables say (OTEL_EXPORTER_OTLP_ENDPOINT and its like).

    Raises:
        NotConfigured: The extra `otel` is not installed.
    """
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError:
        message = "NETASSIST_OTEL is set, and OpenTelemetry is not installed."
        hint = "Run: pip install 'netassist[otel]'"
        raise NotConfigured(message, hint=hint) from None
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


@contextmanager
def _started(name: str, attributes: Mapping[str, Any]) -> "Iterator[Span]":
    from opentelemetry import trace

    tracer = trace.get_tracer("netassist")
    # An exception's text may quote what it was about, so that only its kind is recorded.
    with tracer.start_as_current_span(
        name, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield opened
        except BaseException as error:
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(trace.Status(trace.StatusCode.ERROR))
            raise
