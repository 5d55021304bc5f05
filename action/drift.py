"""`drift`: an issue while something differs, closed when nothing does."""

import os

import github
from runner import files, gwr, key, lines, output, run_url, summary, wants_comment, warning

METRICS = "gwr.prom"
TITLES = {
    2: "gwr: drift, or a stage is behind",
    3: "gwr: drift is not fully known, something could not be read",
}


def run():
    done = gwr("drift", "-o", "markdown", "--metrics", METRICS, *files(), *lines("GWR_ARGS"))
    output("exitcode", done.code)
    output("changes", "true" if done.code == 2 else "false")
    if os.path.exists(METRICS):
        output("metrics", os.path.abspath(METRICS))
    summary(done.stdout)
    if wants_comment():
        try:
            tell(done)
        except github.GitHubError as error:
            warning(f"the issue could not be written; the report is at {run_url()}. {error}")
    return done.code


def tell(done):
    if done.code == 0:
        number = github.close_issue("drift", f"Clean: {run_url()}")
        if number:
            print(f"closed issue {number}", flush=True)
    elif done.code in TITLES and done.stdout.startswith("<!-- gwr:drift "):
        title = TITLES[done.code] + (f" ({key()})" if key() != "gwr" else "")
        print(f"see issue {github.upsert_issue('drift', title, done.stdout)}", flush=True)
    # An error (1) says nothing about drift: the issue stays as it was, and the job is red.
