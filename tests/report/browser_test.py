"""Opens pages in headless Chromium from file:// and fails on a console message, an exception, any request beyond the
page itself, sideways overflow on a phone, or controls that do nothing.

Run: python tests/report/browser_test.py PAGE.html... [--shots FOLDER]
Exit code 77 (skipped) where Chromium is absent; STROP_CHROMIUM names another one. Speaks the DevTools protocol over
--remote-debugging-pipe, so that no package and no port is needed. --shots keeps pictures to look at.
"""
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

PHONE, DESKTOP = (390, 844), (1280, 900)
SKIPPED = 77


class Browser:
    """One headless Chromium; messages go over file descriptors 3 (to it) and 4 (from it), each closed by a NUL."""

    def __init__(self, program, profile):
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()
        for descriptor in (to_read, from_write):
            os.set_inheritable(descriptor, True)
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
                   "--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={profile}",
                   "about:blank"]
        # The shell puts the pipes where Chromium expects them.
        shell = f'exec 3<&{to_read} 4>&{from_write}; exec "$@"'
        self.process = subprocess.Popen(["bash", "-c", shell, "chromium", *command], close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.buffer, self.events, self.number, self.session = b"", [], 0, None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def receive(self, deadline):
        while b"\0" not in self.buffer:
            if not select.select([self.from_read], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("Chromium did not answer in time")
            piece = os.read(self.from_read, 1 << 16)
            if not piece:
                raise ConnectionError("Chromium ended")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to_write, json.dumps(request).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            message = self.receive(deadline)
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def wait_for(self, method):
        deadline = time.monotonic() + 60
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self.receive(deadline))

    def value(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", expression))
        return answer["result"].get("value")

    def show(self, url, size, scheme):
        width, height = size
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=size == PHONE)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def picture(self, file):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(data))

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def faults(browser, url):
    """What the page said or asked for since it was opened."""
    found = []
    for event in browser.events:
        method, details = event.get("method"), event.get("params", {})
        if method == "Runtime.consoleAPICalled":
            found.append("console: " + str([a.get("value") for a in details["args"]]))
        elif method == "Runtime.exceptionThrown":
            found.append("exception: " + details["exceptionDetails"].get("text", ""))
        elif method == "Log.entryAdded":
            found.append(f"{details['entry']['level']}: {details['entry']['text']}")
        elif method == "Network.requestWillBeSent":
            asked = details["request"]["url"]
            if asked != url and not asked.startswith("data:"):
                found.append("request: " + asked[:200])
    return found


TOGGLE = """(() => {
  const colour = () => getComputedStyle(document.body).backgroundColor, before = colour();
  document.querySelector('[data-scheme]').click();
  const after = colour();
  document.querySelector('[data-scheme]').click();
  localStorage.clear();
  return before !== after && before === colour();
})()"""
HOVER = """(() => {
  const svg = document.querySelector('svg[data-tips]');
  if (!svg) return true;
  const box = svg.getBoundingClientRect();
  svg.parentElement.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + box.width / 2, bubbles: true}));
  const tip = svg.parentElement.querySelector('.tip');
  return !tip.hidden && tip.textContent.includes('step');
})()"""
OPEN_ALL = "document.querySelectorAll('details').forEach(d => { d.open = true; })"
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
INJECTED = """document.title === 'owned' || document.querySelectorAll('main script, main img:not([src^="data:image/jpeg;base64,"]), main iframe').length > 0"""


def check(browser, page, size, scheme, shots):
    url = page.resolve().as_uri()
    browser.show(url, size, scheme)
    found = []
    if browser.value(INJECTED):
        found.append("text of the data became part of the page")
    if not browser.value(HOVER):
        found.append("hovering a chart shows no tooltip")
    if shots:
        browser.call("Runtime.evaluate", expression=OPEN_ALL if "-open" in page.stem else "0")
        browser.picture(shots / f"{page.stem}-{size[0]}-{scheme}.png")
    if not browser.value(TOGGLE):
        found.append("the light/dark button changes nothing")
    browser.value(OPEN_ALL)
    if (wide := browser.value(OVERFLOW)) > 0:
        found.append(f"the page is {wide} px wider than the screen")
    return found + faults(browser, url)


def main():
    arguments = sys.argv[1:]
    shots = None
    if "--shots" in arguments:
        at = arguments.index("--shots")
        shots = pathlib.Path(arguments[at + 1])
        shots.mkdir(parents=True, exist_ok=True)
        del arguments[at:at + 2]
    program = os.environ.get("STROP_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        print("skipped: chromium is not installed (Debian package chromium)")
        return SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            for page in map(pathlib.Path, arguments):
                for size in (DESKTOP, PHONE):
                    for scheme in ("light", "dark"):
                        found = check(browser, page, size, scheme, shots)
                        failed += len(found)
                        for fault in found:
                            print(f"{page.name} at {size[0]} px, {scheme}: {fault}")
        finally:
            browser.close()
    print("failed" if failed else f"{len(arguments)} pages: no console message, no request, nothing too wide")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
