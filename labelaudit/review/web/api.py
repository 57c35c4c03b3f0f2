"""The HTTP API and the page: each route checks what it is given and asks `ReviewService`."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from labelaudit.core.version import __version__
from labelaudit.errors import LabelauditError
from labelaudit.images.shown_files import NotShownError
from labelaudit.review.queue.schema import StorageError, UnknownItemError
from labelaudit.review.web import request_schemas, schemas
from labelaudit.review.web.image_tiles import EncodedImage, Extent, ImageTiles
from labelaudit.review.web.overview_schemas import OverviewOut
from labelaudit.review.web.security import AccessPolicy, SecurityMiddleware
from labelaudit.review.web.service import ReviewService

STATIC = Path(__file__).with_name("static")

THREADS = 6
"""Requests that are worked on at the same time."""

LONGEST_NAME = 200
"""Characters of a reviewer's name."""

FOR_EVER = "private, max-age=31536000, immutable"
"""Images: their address changes with every start of the server."""

REFUSALS: dict[int | str, dict[str, Any]] = {
    code: {"model": schemas.Refusal, "description": text}
    for code, text in (
        (401, "No token, or a wrong one"),
        (403, "Asked by another site"),
        (404, "There is no such thing, or it cannot be shown"),
        (409, "It contradicts what is there"),
        (413, "The body is too large"),
        (421, "The Host header does not name this server"),
        (422, "The request is not as it must be"),
        (503, "The disk is full, or another process writes: ask again"),
    )
}

At = Annotated[int, Query(ge=-1_000_000, le=1_000_000)]
InTable = Annotated[int, InPath(ge=0, le=2**31 - 1)]


def reviewer(
    request: Request, x_reviewer: Annotated[str | None, Header(max_length=2000)] = None
) -> str:
    """Who asks: the percent-encoded header `X-Reviewer`, else whom the server was started for."""
    name = unquote(x_reviewer or "", errors="replace").strip()
    if len(name) > LONGEST_NAME or not all(c.isprintable() for c in name):
        raise HTTPException(
            422, f"a reviewer's name has at most {LONGEST_NAME} printable characters"
        )
    return name or str(request.app.state.work.reviewer)


Who = Annotated[str, Depends(reviewer)]


def working(request: Request) -> ReviewService:
    """The work of this server."""
    work: ReviewService = request.app.state.work
    return work


Doing = Annotated[ReviewService, Depends(working)]


api = APIRouter(prefix="/api", responses=REFUSALS)


@api.get("/session")
def session(work: Doing, request: Request) -> schemas.SessionOut:
    """What the page needs to begin."""
    return work.session(request.app.state.images)


@api.get("/facets")
def facets(work: Doing) -> schemas.Facets:
    """What there is to filter by."""
    return work.facets()


@api.get("/overview")
def overview(work: Doing) -> OverviewOut:
    """How bad it is, by class and source, and where to begin."""
    return work.overview.overview()


@api.get("/progress")
def progress(work: Doing) -> schemas.ProgressOut:
    """How far the review is."""
    return work.progress()


@api.get("/items")
def items(
    work: Doing, who: Who, wanted: Annotated[request_schemas.Wanted, Query()]
) -> schemas.Items:
    """The next findings for this reviewer, no other reviewer's: handed out for some minutes."""
    return schemas.Items(items=work.next_items(who, wanted))


@api.get("/count")
def count(work: Doing, chosen: Annotated[request_schemas.Chosen, Query()]) -> schemas.Count:
    """How many findings a filter leaves, whoever was handed them."""
    return schemas.Count(count=work.matching(chosen))


@api.get("/items/{item}")
def item(work: Doing, item: request_schemas.ItemId) -> schemas.ItemOut:
    """One finding."""
    return work.item(item)


@api.get("/images/{row}")
def image(work: Doing, row: InTable) -> schemas.ImageLabels:
    """An image with its labels."""
    return work.views.image(row)


@api.get("/classes/{row}/examples")
def examples(
    work: Doing, row: InTable, count: Annotated[int, Query(ge=1, le=100)] = 8
) -> schemas.Examples:
    """Labelled boxes of one class, to compare with."""
    return schemas.Examples(examples=work.views.examples(row, count))


@api.post("/classes")
def name_class(work: Doing, sent: request_schemas.NewClass) -> schemas.NamedClass:
    """Name a class that the dataset does not have; it is declared once a decision uses it."""
    return work.name_class(sent.name)


@api.post("/decisions")
def decide(work: Doing, who: Who, sent: request_schemas.Decisions) -> schemas.DecidedOut:
    """Decide about findings. Once this answers, the decisions survive a crash of the machine."""
    return work.decide(who, sent)


@api.post("/undo")
def undo(work: Doing, who: Who, sent: request_schemas.Undo) -> schemas.DecidedOut:
    """Take back decisions: each undo is a new entry, nothing is deleted."""
    return work.undo(who, sent)


@api.post("/boxes")
def add_box(work: Doing, who: Who, sent: request_schemas.NewBox) -> schemas.Added:
    """Add a missing box that was drawn."""
    return work.add_box(who, sent)


@api.post("/changes")
def change_label(work: Doing, who: Who, sent: request_schemas.ChangedLabel) -> schemas.Added:
    """Change or remove a label that no finding is about."""
    return work.change_label(who, sent)


@api.get("/samples")
def samples(work: Doing) -> schemas.Samples:
    """The samples that are to be judged, and what the verdicts so far say of all labels."""
    return schemas.Samples(samples=work.samples.samples())


@api.get("/tasks")
def tasks(
    work: Doing, who: Who, wanted: Annotated[request_schemas.WantedTasks, Query()]
) -> schemas.Tasks:
    """The next labels or images of a sample for this reviewer, in random order."""
    return work.samples.tasks(who, wanted)


@api.post("/verdicts")
def judge(work: Doing, who: Who, sent: request_schemas.SampleVerdict) -> schemas.Judged:
    """Judge one of a sample. Once this answers, the verdict survives a crash of the machine."""
    return work.samples.judge(who, sent)


@api.post("/leave", status_code=204)
def leave(work: Doing, who: Who) -> None:
    """Stop work: what this reviewer was handed and did not decide goes to others at once."""
    work.release(who)


@api.get("/outcome")
def outcome(work: Doing) -> schemas.OutcomeOut:
    """What the decisions come to, and what contradicts; nothing is written."""
    return work.outcome()


@api.post("/cleaned")
def write_cleaned(work: Doing, sent: request_schemas.Cleaning) -> schemas.Written:
    """Write the cleaned dataset beside the original, which stays as it is."""
    return work.write(sent)


def images_router(images: ImageTiles, address: str) -> APIRouter:
    """The routes of the dataset's images: by row, never by path."""
    router = APIRouter(
        prefix=address,
        default_response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}, **REFUSALS},
    )

    @router.get("/{row}/whole")
    def whole(row: InTable, request: Request) -> Response:
        """The whole image at a screen's size."""
        return _sent(images.whole(row), request)

    @router.get("/{row}/tiles/{shrink}/{column}/{line}")
    def tile(
        row: InTable,
        shrink: Literal["1", "2", "4", "8"],
        column: Annotated[int, InPath(ge=0, le=1000)],
        line: Annotated[int, InPath(ge=0, le=1000)],
        request: Request,
    ) -> Response:
        """A tile of the image at 1/shrink of its size."""
        return _sent(images.tile(row, shrink=int(shrink), column=column, line=line), request)

    @router.get("/{row}/crop")
    def crop(
        row: InTable,
        extent: Annotated[Extent, Depends(_extent)],
        request: Request,
        side: Annotated[int, Query(ge=16, le=1024)] = 160,
    ) -> Response:
        """A part of the image."""
        return _sent(images.crop(row, extent, side), request)

    return router


def _extent(left: At, top: At, right: At, bottom: At) -> Extent:
    return left, top, right, bottom


def _sent(image: EncodedImage, request: Request) -> Response:
    headers = {"etag": f'"{image.tag}"', "cache-control": FOR_EVER}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(image.content, media_type="image/jpeg", headers=headers)


def application(work: ReviewService, door: AccessPolicy) -> ASGIApp:
    """The server's application; nothing in it is reached but through the door."""
    app = FastAPI(
        lifespan=_few_threads,
        title="labelaudit review",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,  # the pages of FastAPI load scripts from elsewhere
        redoc_url=None,
    )
    app.state.work = work
    app.state.images = f"/images/{secrets.token_hex(6)}"
    app.include_router(api)
    app.include_router(images_router(work.images, app.state.images))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(UnknownItemError, _unknown)
    app.add_exception_handler(NotShownError, _unknown)
    app.add_exception_handler(StorageError, _later)
    app.add_exception_handler(LabelauditError, _refused)

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        response = FileResponse(STATIC / "index.html", headers={"cache-control": "no-store"})
        response.set_cookie(door.cookie, door.token, httponly=True, samesite="strict", path="/")
        return response

    app.mount("/static", StaticFiles(directory=STATIC))
    return SecurityMiddleware(app, door)


@contextlib.asynccontextmanager
async def _few_threads(_: FastAPI) -> AsyncIterator[None]:
    """Run with some threads: each of them would come to hold memory of its own for images."""
    current_default_thread_limiter().total_tokens = THREADS
    yield


async def _invalid(_: Request, error: Exception) -> Response:
    """What is wrong with a request, without repeating it: it may hold what no answer can."""
    errors: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    parts = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in errors[:5]]
    text = "; ".join(parts).encode("utf-8", "backslashreplace").decode()
    return JSONResponse({"detail": text[:1000]}, 422)


async def _unknown(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 404)


async def _later(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 503)


async def _refused(_: Request, error: Exception) -> Response:
    text = str(error).encode("utf-8", "backslashreplace").decode()
    return JSONResponse({"detail": text}, 409)
