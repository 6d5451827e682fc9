"""A hub name over HTTPS: from a hub with a certificate that the environment vouches for, and refused from one without.

    STROP=build/release/bin/strop python3 -m unittest hub_tls_test

Standard library and openssl alone; the server is on this machine.
"""

import hashlib
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest

TINY = pathlib.Path(__file__).resolve().parents[1] / "data" / "bert_tiny"
COMMIT = "0" * 39 + "1"
WORDS = "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{i}" for i in range(60))]) + "\n"
FILES = {"config.json": (TINY / "config.json").read_bytes(), "vocab.txt": WORDS.encode(),
         "model.safetensors": (TINY / "model.safetensors").read_bytes()}


def etag(path):
    content = FILES[path]
    if path.endswith(".safetensors"):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.wfile.write(self.answer())

    def answer(self):
        path = self.path.rsplit("/", 1)[1]
        listing = json.dumps({"id": "you/tiny", "sha": COMMIT, "siblings": [{"rfilename": one} for one in FILES]})
        body = FILES[path] if "/resolve/" in self.path else listing.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", COMMIT)
        if "/resolve/" in self.path:
            self.send_header("ETag", f'"{etag(path)}"')
        self.end_headers()
        return body

    def log_message(self, *_):
        pass


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed here: no certificate to try HTTPS with")
class HubOverTls(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.certificate = self.folder / "own.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", self.folder / "key.pem",
                        "-out", self.certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.folder / "key.pem")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None  # a client that does not trust it hangs up
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def inspect(self, **more):
        trusted = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
        environment = {name: value for name, value in os.environ.items() if name not in trusted | {"HF_HUB_CACHE"}}
        environment |= {"HF_ENDPOINT": f"https://localhost:{self.server.server_port}", "HF_HOME": str(self.folder / "hf"),
                        "HF_HUB_OFFLINE": "0", "no_proxy": "localhost"} | more
        return subprocess.run([os.environ["STROP"], "inspect", "--model", "you/tiny"], env=environment, text=True,
                              capture_output=True)

    def test_a_certificate_that_the_environment_vouches_for(self):
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            shutil.rmtree(self.folder / "hf", ignore_errors=True)
            done = self.inspect(**{name: str(self.certificate)})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("bert", done.stdout)

    def test_a_certificate_that_nobody_vouches_for(self):
        done = self.inspect()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("you/tiny", done.stderr)
        self.assertIn("certificate", done.stderr)
        self.assertIn("SSL_CERT_FILE", done.stderr)
        self.assertFalse(list((self.folder / "hf").rglob("*.safetensors")))


if __name__ == "__main__":
    unittest.main()
