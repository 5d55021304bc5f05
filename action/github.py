"""The few calls of GitHub's REST API that the action needs.

Comments and issues are ours if their author is the token's, and their first lines hold
gwr's hidden marker and ours: `<!-- gwr:plan … -->`, `<!-- gwr:key … -->`. Anybody can write
a marker; nobody else's text is ever changed.
"""

import functools
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request

from runner import Trouble, given, key, run_url

PER_PAGE = 100
# A pull request or a repository with more than this many pages is not searched to its end.
MAX_PAGES = 30
# The largest archive that is downloaded, in bytes: plans are JSON, which packs well. This also
# bounds the number of members that an archive can list.
MAX_ARCHIVE = 16 * 1024 * 1024


class GitHubError(Trouble):
    """What GitHub answered, or that it did not."""


def _as_described(function):
    """What is cut off on the way, or comes from a proxy, is not what GitHub's description of
    its API says."""

    @functools.wraps(function)
    def careful(*arguments, **named):
        try:
            return function(*arguments, **named)
        except (http.client.HTTPException, OSError) as error:
            raise GitHubError(f"the connection to GitHub broke: {error!r}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise GitHubError(f"GitHub's answer is not as it describes it: {error!r}") from None

    return careful


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def _send(method, url, body=None, token=True):
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    headers["User-Agent"] = "gwr-action"
    if token:
        headers["Authorization"] = "Bearer " + given("GITHUB_TOKEN")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        return urllib.request.build_opener(_NoRedirect).open(request, timeout=60)
    except urllib.error.HTTPError as error:
        if error.code in (301, 302, 303, 307, 308):
            return error
        text = error.read(2000).decode("utf-8", "replace")
        raise GitHubError(f"{method} {url} answered {error.code}: {text}") from None
    except OSError as error:
        raise GitHubError(f"{method} {url}: {error}") from None


def _url(path, **query):
    base = given("GITHUB_API_URL", "https://api.github.com")
    repository = given("GITHUB_REPOSITORY")
    text = f"{base}/repos/{repository}/{path}"
    return text + ("?" + urllib.parse.urlencode(query) if query else "")


def call(method, path, body=None, **query):
    with _send(method, _url(path, **query), body) as answer:
        return json.loads(answer.read() or b"null")


def pages(path, **query):
    """All items of a list, page by page."""
    for page in range(1, MAX_PAGES + 1):
        answer = call("GET", path, per_page=PER_PAGE, page=page, **query)
        items = answer if isinstance(answer, list) else answer.get("artifacts", [])
        yield from items
        if len(items) < PER_PAGE:
            return


def _ours(item, kind, words=None):
    """Whether it is ours and of that kind; with `words`, whether its marker says one of them."""
    head = "\n".join((item.get("body") or "").splitlines()[:2])
    author = (item.get("user") or {}).get("login")
    marker = re.match(rf"<!-- gwr:{kind} (\S+) -->", head)
    return (
        author == given("GWR_COMMENT_AUTHOR", "github-actions[bot]")
        and marker is not None
        and (words is None or marker[1] in words)
        and f"<!-- gwr:key {key()} -->" in head
    )


def marked(markdown, commit=None):
    """gwr's Markdown with our marker below its own, and where it comes from at the end."""
    first, _, rest = markdown.partition("\n")
    commit = (commit or given("GITHUB_SHA"))[:12]
    foot = f"\n<sub>{key()} · commit {commit} · [run]({run_url()})</sub>\n" if run_url() else ""
    return f"{first}\n<!-- gwr:key {key()} -->\n{rest.rstrip()}\n{foot}"


@_as_described
def upsert_comment(number, kind, markdown, commit=None, only_if_there=False, over=None):
    """Updates our comment of that kind on a pull request, or makes it. With `over`, only one
    whose marker says one of these words is written over."""
    body = {"body": marked(markdown, commit)}
    for comment in pages(f"issues/{number}/comments"):
        if _ours(comment, kind, over):
            call("PATCH", f"issues/comments/{comment['id']}", body)
            return "updated"
    if only_if_there:
        return "none"
    call("POST", f"issues/{number}/comments", body)
    return "made"


def _open_issue(kind):
    author = given("GWR_COMMENT_AUTHOR", "github-actions[bot]")
    for issue in pages("issues", state="open", creator=author):
        if "pull_request" not in issue and _ours(issue, kind):
            return issue["number"]
    return None


@_as_described
def upsert_issue(kind, title, markdown):
    number = _open_issue(kind)
    body = {"title": title, "body": marked(markdown)}
    if number is None:
        return call("POST", "issues", body)["number"]
    call("PATCH", f"issues/{number}", body)
    return number


@_as_described
def close_issue(kind, why):
    number = _open_issue(kind)
    if number is not None:
        call("POST", f"issues/{number}/comments", {"body": why})
        call("PATCH", f"issues/{number}", {"state": "closed"})
    return number


@_as_described
def pull_request_of(commit):
    """The pull request that this commit of the branch is the merge of: its number, its head."""
    found = [pr for pr in call("GET", f"commits/{commit}/pulls") if pr.get("merged_at")]
    exactly = [pr for pr in found if pr.get("merge_commit_sha") == commit]
    pull = exactly[0] if exactly else found[0] if len(found) == 1 else None
    return pull and {"number": pull["number"], "head": pull["head"]["sha"]}


@_as_described
def plan_artifact(name, commit):
    """The newest artifact of that name, made for that commit by a run of this very
    repository: a fork can make neither."""
    for artifact in pages("actions/artifacts", name=name):
        run = artifact.get("workflow_run") or {}
        if (
            artifact.get("name") == name
            and not artifact.get("expired")
            and run.get("head_sha") == commit
            and run.get("repository_id") is not None
            and run.get("head_repository_id") == run.get("repository_id")
        ):
            return artifact
    return None


@_as_described
def download(artifact):
    """The bytes of an artifact's zip."""
    with _send("GET", _url(f"actions/artifacts/{artifact['id']}/zip")) as answer:
        if answer.headers.get("Location"):
            # A signed address of the storage. It must not see the token.
            with _send("GET", answer.headers["Location"], token=False) as stored:
                data = stored.read(MAX_ARCHIVE + 1)
        else:
            data = answer.read(MAX_ARCHIVE + 1)
    if len(data) > MAX_ARCHIVE:
        raise GitHubError(f"artifact {artifact['id']} has more than {MAX_ARCHIVE >> 20} MiB, too many for a plan")
    return data
