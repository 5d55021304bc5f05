"""As much of GitHub's REST API as the action calls, on a free port of loopback.

Shapes and statuses as in GitHub's description of the API (version 2022-11-28). It keeps
everything in memory; a test puts pull requests and artifacts in, and looks at the comments
and issues that came out.
"""

import io
import json
import re
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BOT = "github-actions[bot]"
REPOSITORY = "acme/shop"
# A body that ends in the middle.
CUT = object()


class FakeGitHub:
    def __init__(self):
        self.comments, self.issues, self.pulls, self.artifacts, self.zips = [], [], {}, [], {}
        self.calls = []
        self.read_only = False
        # Instead of the list of comments or issues: bytes that are no JSON, or `CUT`.
        self.broken = None
        self.ids = iter(range(1, 10_000))
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                fake.calls.append((self.command, parts.path, self.headers.get("Authorization")))
                status, answer, headers = fake.answer(self.command, parts.path, query, body, self.headers)
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                length = len(data)
                if fake.broken and self.command == "GET" and parts.path.endswith(("/comments", "/issues")):
                    data = b"[{" if fake.broken is CUT else fake.broken
                    length = 1000 if fake.broken is CUT else len(data)
                    self.close_connection = True
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = handle_any

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    # What a test puts in.

    def comment(self, number, body, login=BOT):
        self.comments.append({"id": next(self.ids), "number": number, "body": body, "user": {"login": login}})
        return self.comments[-1]

    def issue(self, body, login=BOT):
        self.issues.append({
            "number": next(self.ids), "title": "", "body": body, "state": "open", "user": {"login": login},
            "comments": [],
        })
        return self.issues[-1]

    def merged_pull(self, number, head, merge_commit):
        self.pulls[merge_commit] = [{
            "number": number, "merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": merge_commit,
            "head": {"sha": head},
        }]

    def artifact(self, name, commit, files, from_fork=False, expired=False):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        one = {
            "id": next(self.ids), "name": name, "expired": expired, "size_in_bytes": len(data.getvalue()),
            "workflow_run": {
                "id": 77, "head_sha": commit, "repository_id": 1, "head_repository_id": 2 if from_fork else 1,
            },
        }
        self.artifacts.insert(0, one)
        self.zips[one["id"]] = data.getvalue()
        return one

    # What GitHub answers.

    def answer(self, method, path, query, body, headers):
        if found := re.fullmatch(r"/storage/(\d+)", path):
            # As the real storage does with a token that it did not ask for.
            if headers.get("Authorization"):
                return 400, {"message": "two authorizations"}, {}
            return 200, self.zips[int(found[1])], {}
        if headers.get("Authorization") != "Bearer fake-token":
            return 401, {"message": "Bad credentials"}, {}
        if method != "GET" and self.read_only:
            return 403, {"message": "Resource not accessible by integration"}, {}
        base = f"/repos/{REPOSITORY}/"
        if not path.startswith(base):
            return 404, {"message": "Not Found"}, {}
        return self.of_repository(method, path[len(base):], query, body)

    def of_repository(self, method, path, query, body):
        def page(items):
            size, number = int(query.get("per_page", 30)), int(query.get("page", 1))
            return items[(number - 1) * size: number * size]

        if found := re.fullmatch(r"issues/(\d+)/comments", path):
            number = int(found[1])
            if method == "POST":
                if len(body["body"]) > 65_536:
                    return 422, {"message": "Body is too long (maximum is 65536 characters)"}, {}
                issue = next((one for one in self.issues if one["number"] == number), None)
                if issue:
                    issue["comments"].append(body["body"])
                return 201, self.comment(number, body["body"]), {}
            return 200, page([one for one in self.comments if one["number"] == number]), {}
        if found := re.fullmatch(r"issues/comments/(\d+)", path):
            one = next(one for one in self.comments if one["id"] == int(found[1]))
            one.update(body)
            return 200, one, {}
        if path == "issues" and method == "POST":
            return 201, {**self.issue(body["body"]), **self.update_last(body)}, {}
        if path == "issues":
            open_ones = [
                one for one in self.issues
                if one["state"] == query.get("state", "open") and one["user"]["login"] == query["creator"]
            ]
            return 200, page(open_ones), {}
        if found := re.fullmatch(r"issues/(\d+)", path):
            one = next(one for one in self.issues if one["number"] == int(found[1]))
            one.update(body)
            return 200, one, {}
        if found := re.fullmatch(r"commits/(\w+)/pulls", path):
            return 200, self.pulls.get(found[1], []), {}
        if path == "actions/artifacts":
            named = [one for one in self.artifacts if one["name"] == query["name"]]
            return 200, {"total_count": len(named), "artifacts": page(named)}, {}
        if found := re.fullmatch(r"actions/artifacts/(\d+)/zip", path):
            return 302, b"", {"Location": f"{self.url}/storage/{found[1]}"}
        return 404, {"message": "Not Found"}, {}

    def update_last(self, body):
        self.issues[-1].update(title=body["title"])
        return self.issues[-1]
