"""Health: does the control process answer, and can it read its store?"""

from fastapi import APIRouter

from crossgate.admin.routing import TheControl
from crossgate.control import instances

router = APIRouter()


@router.get("/health")
async def health(control: TheControl) -> dict[str, str]:
    """Open to anybody, so it says nothing else."""
    await instances.current(control)
    return {"status": "ok"}
