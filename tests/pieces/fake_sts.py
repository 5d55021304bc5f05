"""As much of AWS STS as signing in needs, on a free port of loopback: who asks for which role,
with what, and what is lent. The Query protocol: a form in, XML out."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

LENT = """<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>
<AssumedRoleUser><Arn>{role}/session</Arn><AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
<SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
</{action}Result></{action}Response>"""
CALLER = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:sts::{account}:assumed-role/gwr/session</Arn><UserId>AROA:session</UserId>
<Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


class FakeSts:
    """`calls` holds (action, role, web identity token, access key that signed)."""

    def __init__(self, account):
        self.calls = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                form = {name: values[0] for name, values in form.items()}
                action, role = form["Action"], form.get("RoleArn", "")
                signed = self.headers.get("Authorization") or ""
                key = signed.split("Credential=")[1].split("/")[0] if "Credential=" in signed else None
                fake.calls.append((action, role, form.get("WebIdentityToken"), key))
                name = role.rsplit("/", 1)[-1]
                answer = (CALLER if action == "GetCallerIdentity" else LENT).format(
                    action=action, role=role, key=f"KEY-OF-{name}", account=account
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
