"""Playing: every exchange on the wire, and every button of both pages in a browser where there is one."""

from demo import browser, exchange, wire
from demo.page import check_outcome, load_buttons
from demo.show import Display
from demo.world import World


def play_exchanges(display: Display, world: World) -> bool:
    """Whether every exchange went as the documents have it."""
    faulty = 0
    exchanges = exchange.load()
    for number, each in enumerate(exchanges, start=1):
        raw = wire.send(world.gateway_port, each.request_bytes())
        differences = exchange.check(each.answer, exchange.parse(raw))
        display.exchange(number, each, raw, differences)
        faulty += bool(differences)
    display.total("exchanges", len(exchanges), faulty)
    return not faulty


def play_pages(display: Display, world: World) -> bool:
    """Whether both pages read what they must; True, and said aloud, where there is no browser to ask."""
    display.heading("What a page really reads, in Chromium")
    path = browser.find_chromium()
    if path is None:
        display.warn("Skipped: chromium is not installed.")
        return True
    buttons = load_buttons()
    faulty = 0
    try:
        with browser.chromium(path) as chromium:
            for role, address in world.pages.items():
                display.page(role, address)
                for button, got in zip(buttons, browser.press_all(chromium, address, buttons), strict=True):
                    differences = check_outcome(button.outcome(role), got)
                    display.reading(button, got, differences)
                    faulty += bool(differences)
    except browser.NotStartedError as error:
        display.warn(f"Skipped: {path} would not start.\n{error}")
        return True
    display.total("readings", len(buttons) * len(world.pages), faulty)
    return not faulty
