"""What a refusal looks like (RFC 9457), and the page that explains it; what is too large, or of
another media type, is refused before anybody reads it.
"""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from opentelemetry.trace import SpanKind
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.events.core.kernel import NotFound, Refused
from libs.events.deciding.settling import AWAY, Busy
from libs.events.http.catalogue import SHARED, Explanation
from libs.events.http.edge import refusals
from libs.events.http.identity import NotIdentified
from libs.events.http.texts import Texts, language_of
from libs.events.store.outages import is_outage
from libs.events.system import telemetry
from libs.events.wire.codec import Unfit

BODY_BYTES: Final = 1024 * 1024
# A photo, a scan, a minute of film: what is longer comes in pieces.
FILE_BYTES: Final = 64 * 1024 * 1024


class Problems:
    """Makes the answer for every refusal of a service: its catalogue, in the caller's language."""

    def __init__(self, catalogue: Mapping[str, Explanation], texts: Texts) -> None:
        self.known = {**SHARED, **catalogue}
        self.texts = texts

    def refused(self, refusal: Refused, path: str, accept: str) -> JSONResponse:
        language = language_of(accept)
        detail = self.texts.detail(refusal, language)
        return self.answer(refusal.rule, detail, path, language, **refusal.details)

    def said(
        self, rule: str, template: str, path: str, accept: str, **details: Any
    ) -> JSONResponse:
        return self.refused(Refused(rule, template, **details), path, accept)

    def answer(
        self, rule: str, detail: str, path: str, language: str, **details: Any
    ) -> JSONResponse:
        told = self.known[rule]
        body = {
            "type": f"/refusals/{rule}",
            "title": told.title(language),
            "status": told.status,
            "detail": detail,
            "instance": path,
            "rule": rule,
        }
        if details:
            body["details"] = jsonable_encoder(details)
        return JSONResponse(
            body,
            status_code=told.status,
            media_type="application/problem+json",
            headers={"Content-Language": language.replace("_", "-")},
        )


def accepted(request: Request) -> str:
    return request.headers.get("accept-language", "")


def answer_refusals(
    app: FastAPI, catalogue: Mapping[str, Explanation], texts: Texts | None = None
) -> None:
    """A refusal is an answer, not a fault; and every one has a page that explains it."""
    problems = Problems(catalogue, texts or Texts())

    def said(request: Request, rule: str, template: str, **details: Any) -> JSONResponse:
        return problems.said(rule, template, request.url.path, accepted(request), **details)

    @app.exception_handler(Refused)
    async def refused(request: Request, refusal: Refused) -> JSONResponse:
        return problems.refused(refusal, request.url.path, accepted(request))

    @app.exception_handler(NotIdentified)
    async def not_identified(request: Request, stranger: NotIdentified) -> JSONResponse:
        reason = "The token is not accepted: {reason}"
        answer = said(request, "not-identified", reason, reason=str(stranger))
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        language = language_of(accepted(request))
        wrong = [
            {
                "field": ".".join(map(str, one["loc"])),
                "problem": problems.texts.field(one, language),
            }
            for one in error.errors()[:20]
        ]
        unread = "What was sent cannot be read: see `fields`"
        return said(request, "request-malformed", unread, fields=wrong)

    @app.exception_handler(Unfit)
    async def unfit(request: Request, fault: Unfit) -> JSONResponse:
        unfit = "What was sent cannot be recorded: {reason}"
        return said(request, "request-malformed", unfit, reason=str(fault))

    @app.exception_handler(Busy)
    async def busy(request: Request, queue: Busy) -> JSONResponse:
        answer = said(request, "busy", str(queue))
        answer.headers["Retry-After"] = str(queue.retry_after)
        return answer

    @app.exception_handler(TooLarge)
    async def too_large(request: Request, large: TooLarge) -> JSONResponse:
        return problems.refused(large.refusal, request.url.path, accepted(request))

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> JSONResponse:
        rule, template = OF_HTTP.get(error.status_code, OF_HTTP[400])
        answer = said(request, rule, template, method=request.method)
        for name, value in (error.headers or {}).items():
            answer.headers[name] = value
        return answer

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> JSONResponse:
        """What we stand on is away: whoever reads is told as whoever asks for something. Or ours
        broke. What broke is in the log of the process, and not told to strangers."""
        if is_outage(error):
            return await busy(request, Busy(AWAY))
        return said(request, "internal-fault", "This is our fault, and on record")

    explain_refusals(app, problems)
    app.add_middleware(Edge, problems=problems)


def explain_refusals(app: FastAPI, problems: Problems) -> None:
    @app.get(
        "/refusals/{rule}",
        tags=["refusals"],
        operation_id="ExplainRefusal",
        responses=refusals({}, "not-found"),
    )
    def explain(rule: str, request: Request) -> Any:
        told = problems.known.get(rule)
        if told is None:
            raise NotFound("There is no refusal called {slug}", slug=rule)
        title = told.title(language_of(accepted(request)))
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(
                f"<!doctype html><meta charset=utf-8><title>{rule}</title>"
                f"<h1>{title}</h1><p><code>{rule}</code>, {told.status}</p>"
                f"<p>{told.source}</p>"
            )
        return {"rule": rule, "title": title, "status": told.status, "source": told.source}


LARGER: Final = "The request is larger than {most} bytes"
# What Starlette itself answers: the rule, and what is said.
OF_HTTP: Final = {
    400: ("request-malformed", "The body cannot be read: send JSON in UTF-8"),
    404: ("not-found", "There is nothing at this address"),
    405: ("method-not-allowed", "This address does not take the method {method}"),
}


class TooLarge(HTTPException):
    """More came than is read here. FastAPI takes any other exception in a body for a bad one."""

    def __init__(self, most: int) -> None:
        super().__init__(413)
        self.refusal = Refused("request-too-large", LARGER, most=most)


class Edge:
    """In front of everything: sizes, content types, and the span of a request."""

    def __init__(self, app: ASGIApp, problems: Problems) -> None:
        self._app = app
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        accept = headers.get(b"accept-language", b"").decode("latin-1")
        if (no := self._refused(scope, headers)) is not None:
            await self._problems.refused(no, scope["path"], accept)(scope, receive, send)
            return
        parent = headers.get(b"traceparent", b"").decode("latin-1") or None
        attributes = {"http.request.method": scope["method"], "url.path": scope["path"]}
        with telemetry.span(scope["method"], SpanKind.SERVER, attributes, parent=parent) as span:
            given = parent if parent and telemetry.link_to(parent) else None
            scope["traceparent"] = telemetry.traceparent_of(span) or given
            await self._app(scope, limited(receive, most_of(scope)), send)

    def _refused(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Refused | None:
        if any(len(value) > 8 * 1024 for value in headers.values()):
            return Refused("request-malformed", "A header is longer than 8 KiB")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return Refused("request-malformed", "Content-Length is a number")
        if int(length) > (most := most_of(scope)):
            return Refused("request-too-large", LARGER, most=most)
        kind = headers.get(b"content-type", b"application/json").split(b";")[0].strip().lower()
        if scope["method"] == "POST" and kind != b"application/json":
            return Refused("media-type-not-supported", "The body of a POST is application/json")
        return None


def most_of(scope: Scope) -> int:
    """How many bytes are read: a PUT is a file."""
    return FILE_BYTES if scope["method"] == "PUT" else BODY_BYTES


def limited(receive: Receive, most: int) -> Receive:
    """A body that was not announced is measured as it comes."""
    read = 0

    async def measured() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise TooLarge(most)
        return message

    return measured
