"""Metrics: what the workers have counted, for Prometheus."""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

router = APIRouter()


@router.get("/metrics")
def metrics(request: Request) -> PlainTextResponse:
    """Open to anybody, as a scraper has no credentials: it tells how much is refused, not to whom."""
    return PlainTextResponse(request.app.state.tell_metrics(), media_type="text/plain; version=0.0.4")
