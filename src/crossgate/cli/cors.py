"""`crossgate cors`: commands about cross-origin access."""

import typer

from crossgate.cli.cors_explain import cors_explain
from crossgate.cli.cors_lint import cors_lint
from crossgate.cli.cors_try import cors_try

app = typer.Typer(
    name="cors",
    help="Explain, check and try cross-origin access.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("explain")(cors_explain)
app.command("lint")(cors_lint)
app.command("try")(cors_try)
