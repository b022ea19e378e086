"""`python -m demo`: play everything, then keep the pages up until Ctrl-C; with `--once`, end after playing."""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from demo.admin import RefusedError
from demo.browser import PageFailedError
from demo.play import play_exchanges, play_pages
from demo.processes import NotReadyError, Processes
from demo.show import Display
from demo.world import World, start_world

PLAY_S = 180
WATCH_S = 0.5


def main() -> int:
    """The exit status: 0 when everything was as expected, or the pages were left with Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after playing; status 1 if anything differs")
    once = parser.parse_args().once
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGALRM, _give_up)
    display = Display()
    with tempfile.TemporaryDirectory(prefix="crossgate-demo-") as name, Processes(Path(name)) as processes:
        try:
            return _run(display, processes, Path(name), once=once)
        except (NotReadyError, RefusedError, PageFailedError, OSError) as error:
            display.fail(str(error))
            return 1
        except KeyboardInterrupt:
            return 130


def _run(display: Display, processes: Processes, directory: Path, *, once: bool) -> int:
    signal.alarm(PLAY_S)
    world = start_world(processes, directory)
    exchanges_right = play_exchanges(display, world)
    pages_right = play_pages(display, world)
    signal.alarm(0)
    if once:
        return 0 if exchanges_right and pages_right else 1
    _invite(display, world)
    return _stay_up(display, processes)


def _invite(display: Display, world: World) -> None:
    display.heading("Now you")
    display.say("Open these in a browser and press the buttons. Ctrl-C ends the demonstration.")
    display.say(f"  {world.pages['listed']}  may read what the cors plugins allow")
    display.say(f"  {world.pages['foreign']}  is not listed, and sees the refusals")


def _stay_up(display: Display, processes: Processes) -> int:
    try:
        while (ended := processes.first_ended()) is None:
            time.sleep(WATCH_S)
    except KeyboardInterrupt:
        display.say()
        return 0
    display.fail(ended)
    return 1


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _give_up(*_: object) -> NoReturn:
    raise TimeoutError(f"The demonstration has not come to an end within {PLAY_S} seconds.")


if __name__ == "__main__":
    sys.exit(main())
