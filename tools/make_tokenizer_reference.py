#!/usr/bin/env python3
"""Writes what Transformers makes of many nasty lines, for tests/text/tokenizer_reference_test.cc to compare with.

  make_tokenizer_reference.py full MODEL_FOLDER OUT.jsonl [--lines 20000] [--seed 1]
      The lines through AutoTokenizer of a real model (tokenizer.json, or vocab.txt where only that is there). With
      STROP_ASSETS holding all-MiniLM-L6-v2 and STROP_REFERENCE holding OUT.jsonl as tokenizer_reference.jsonl the test
      compares all of them.
  make_tokenizer_reference.py small OUT_FOLDER
      Trains the tiny tokenizer of tests/data/tokenizer and writes its reference, with variants of its parts.
  make_tokenizer_reference.py code-points OUT_FOLDER
      A tokenizer that knows every single character, and every code point of Unicode through it, alone and between
      marks (about 300 MB; the way to check src/text/unicode.cc after a change there).

Needs transformers and tokenizers. Each line of a reference is an object: `text` (or `base64` where its bytes are no
valid UTF-8), perhaps `pair`, `max_length` (absent: no limit), `ids`, `offsets` (begin and end in turn), `type_ids` where
not all 0, `truncated` where true, `variant` where not the plain tokenizer. Invalid bytes are decoded with
errors="replace" before the call.
"""
import argparse
import base64
import json
import os
import random
import tempfile

WORDS = """the a movie film was not good bad terrible wonderful it's don't over-long (1999) $3.50 50% e-mail
unbelievably characterization antidisestablishmentarianism Running PLAYED Played I'm U.S.A. http://example.com/a?b=c
#hashtag @user C++ 3.14 1,000,000 rock'n'roll mother-in-law ... -- !? &amp; <br /> ["quoted"] {x} a_b ~tilde `code`
^caret |pipe\\back""".split()
ACCENTED = ["café", "cafe\u0301", "naïve", "nai\u0308ve", "Ångström", "A\u030angstro\u0308m", "ÉCOLE", "e\u0301\u0327",
            "a\u0327\u0301\u0315\u0344", "ﬁne ﬂuﬀ", "İstanbul", "ıI", "Straße", "ẞ", "ΑΣ Σς Ὀδυσσεύς", "q\u0307\u0323",
            "q\u0323\u0307", "ộ", "o\u0302\u0323", "\u1e69", "s\u0323\u0307", "\u01d5", "ǆ Ǆ ǅ", "Đđ Łł Øø", "Ⅷ ⅷ ½ ①"]
CHINESE = ["我喜欢这部电影", "這部電影很好看", "北京2008年", "中文English混合", "㐀㒨", "豈更", "\U00020000\U0002a6d6",
           "\U0002a700\U0002b740\U0002b820\U0002b920\U0002f800", "〇々〆", "，。！？「」『』《》【】", "ｆｕｌｌ　ｗｉｄｔｈ！"]
KANA = ["カタカナ", "ひらがな", "がぎぐ", "か\u3099", "ﾊﾟｰﾃｨ", "日本語のテスト", "東京タワー"]
HANGUL = ["한국어", "영화가 좋다", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "각", "\u1100\u1161\u11a8", "ㄱㄴㄷ"]
ARABIC = ["العربية", "مُحَمَّد", "\u0640\u064b\u0651", "فيلم جيد؟", "١٢٣", "עברית", "שָׁלוֹם"]
INDIC = ["हिन्दी", "नमस्ते", "क्षत्रिय", "क़", "क\u093c", "தமிழ்", "বাংলা", "ไทยภาษา", "ລາວ", "ខ្មែរ", "မြန်မာ", "བོད་ཡིག།"]
OTHER = ["Русский текст", "й", "и\u0306", "Ёлка", "Ελληνικά", "ქართული", "ᲥᲐᲠᲗᲣᲚᲘ", "Հայերեն", "አማርኛ", "ᏣᎳᎩ ꮳꮃꭹ",
         "𐐀𐐨", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "𞤀𞤢", "\U00010d50\U00010d70", "\u1c89\u1c8a", "\ua7dc", "ᠮᠣᠩᠭᠣᠯ\u180b\u180e", "⠃⠗⠇"]
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇯🇵", "❤️", "☺︎", "1️⃣", "👩🏿‍🚀", "🏴\U000e0067\U000e0062\U000e007f", "\U0001fae8"]
SPACES = list(" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000") + ["  "]
INVISIBLE = list("\x00\x01\x07\x08\x1b\x7f\x80\x9f\xad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\ufeff"
                 "\ufffd\ufff9\ufffc\ufffe\uffff\ue000\uf8ff\U000f0000\U0010ffff\U000e0001\U0001fffe\u034f\u17b4\u2064")
PUNCTUATION = list("“”‘’–—…«»¡¿§¶†‡•‰′″‹›※⁂〈〉、。·・､｡﹏＿￥€£¢¥©®™°±×÷√∞≠≤←→") + ["\u166d", "\U000111c9", "\u2e43", "\u2e52"]
SPECIAL = ["[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "[mask]", "[MASK", "MASK]", "[[MASK]]", "x[MASK]y", "[ MASK ]",
           "[MASK][MASK]", "[unused1]", "##ing", "<mask>", "[MASK]\u0301", "\u0301[MASK]", "[CLS] [SEP]", "##"]
LONG = ["a" * 100, "a" * 101, "b" * 99 + "é", "é" * 100, "e\u0301" * 100, "x" * 250, "中" * 120, "한" * 34, "한" * 101,
        "-" * 150, "ab" * 60 + "[MASK]", "\u0301" * 50, "q" + "\u0301\u0327" * 60, "🙂" * 101, "pneumono" * 13]
INVALID = [b"\xff", b"\xc3", b"\xe4\xb8", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\x80\x80",
           b"\xe0\x80\x80", b"\xf4\x90\x80\x80", b"caf\xe9 latin1"]
POOLS = [WORDS, ACCENTED, CHINESE, KANA, HANGUL, ARABIC, INDIC, OTHER, EMOJI, SPACES, INVISIBLE, PUNCTUATION, SPECIAL, LONG]
WEIGHTS = [30, 12, 10, 4, 6, 6, 6, 6, 6, 8, 6, 8, 5, 1]


def random_character(rng):
    while True:
        top = rng.choice([0x80, 0x250, 0x600, 0x3000, 0x10000, 0x20000, 0x110000])
        c = rng.randrange(1, top)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def nasty_lines():
    """Every piece of every pool alone and between letters, as bytes."""
    for pool in POOLS:
        for piece in pool:
            yield piece.encode()
            yield ("a" + piece + "b " + piece).encode()
    for piece in INVALID:
        yield piece
        yield b"a" + piece + b"b" + piece
    yield b""
    yield b"   "


def random_line(rng):
    parts = []
    for _ in range(rng.choice([1, 3, 8, 20, 40])):
        kind = rng.random()
        if kind < 0.08:
            parts.append("".join(random_character(rng) for _ in range(rng.randrange(1, 6))).encode())
        elif kind < 0.10:
            parts.append(rng.choice(INVALID))
        elif kind < 0.14:
            marks = [chr(c) for c in range(0x300, 0x370)]
            parts.append((rng.choice("aeiouAEIOUn") + "".join(rng.choices(marks, k=rng.randrange(1, 5)))).encode())
        else:
            parts.append(rng.choice(rng.choices(POOLS, WEIGHTS)[0]).encode())
    separator = rng.choice([b" ", b" ", b" ", b""])
    return separator.join(parts)


def make_lines(count, seed):
    rng = random.Random(seed)
    lines = list(nasty_lines())
    if len(lines) > count:
        lines = rng.sample(lines, count * 2 // 3)
    while len(lines) < count:
        lines.append(random_line(rng))
    return lines, rng


def encode(tokenizer, line, pair=None, max_length=None):
    text = line.decode("utf-8", errors="replace")
    second = None if pair is None else pair.decode("utf-8", errors="replace")
    options = {"truncation": True, "max_length": max_length} if max_length else {"truncation": False}
    got = tokenizer(text, second, return_offsets_mapping=True, return_token_type_ids=True, padding=False, verbose=False,
                    **options)
    record = {}
    try:
        record["text"] = line.decode("utf-8")
    except UnicodeDecodeError:
        record["base64"] = base64.b64encode(line).decode()
    if second is not None:
        record["pair"] = second
    if max_length:
        record["max_length"] = max_length
        whole = tokenizer(text, second, truncation=False, padding=False, verbose=False)["input_ids"]
        if len(whole) > max_length:
            record["truncated"] = True
    record["ids"] = got["input_ids"]
    record["offsets"] = [place for span in got["offset_mapping"] for place in span]
    if any(got["token_type_ids"]):
        record["type_ids"] = got["token_type_ids"]
    return record


def records(tokenizer, count, seed):
    """Two thirds single and whole, the rest cut to a length, half of them pairs."""
    lines, rng = make_lines(count, seed)
    for i, line in enumerate(lines):
        kind = i % 6
        if kind < 4:
            yield encode(tokenizer, line)
        elif kind == 4:
            yield encode(tokenizer, line, max_length=rng.choice([2, 3, 4, 5, 8, 16, 32, 128]))
        else:
            pair = rng.choice(lines).decode("utf-8", errors="replace").encode()
            yield encode(tokenizer, line, pair, rng.choice([None, 3, 4, 5, 6, 7, 8, 9, 16, 17, 33, 128]))


def dump(record, out):
    out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


def load(tokenizer_json):
    """AutoTokenizer on a folder with only this tokenizer.json, taken as it stands."""
    from transformers import AutoTokenizer
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "tokenizer.json"), "w") as out:
            json.dump(tokenizer_json, out)
        with open(os.path.join(folder, "tokenizer_config.json"), "w") as out:
            json.dump({"tokenizer_class": "PreTrainedTokenizerFast"}, out)
        with open(os.path.join(folder, "config.json"), "w") as out:
            json.dump({}, out)
        return AutoTokenizer.from_pretrained(folder)


def full(arguments):
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(arguments.folder)
    with open(arguments.out, "w", encoding="utf-8", newline="\n") as out:
        for record in records(tokenizer, arguments.lines, arguments.seed):
            dump(record, out)


def bert_normalizer(**switches):
    return {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
            "lowercase": True, **switches}


def added(content, token_id, **flags):
    return {"id": token_id, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": True, **flags}


def variants(base_vocab):
    """Merge patches (RFC 7386) of the tiny tokenizer: the parts that the plain one does not use."""
    size = len(base_vocab)
    base = [added(t, i) for i, t in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])]
    return {
        "cased": {"normalizer": bert_normalizer(lowercase=False)},
        "accents": {"normalizer": bert_normalizer(strip_accents=False)},
        "bare_accents": {"normalizer": bert_normalizer(lowercase=False, strip_accents=True, clean_text=False,
                                                       handle_chinese_chars=False)},
        "nfkc": {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]},
                 "pre_tokenizer": {"type": "Whitespace"}},
        "nfc": {"normalizer": {"type": "NFC"}, "pre_tokenizer": {"type": "WhitespaceSplit"},
                "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}},
        "nfkd": {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKD"}, {"type": "StripAccents"}]},
                 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
                                                                         {"type": "BertPreTokenizer"}]},
                 "post_processor": None},
        "bare": {"normalizer": None, "pre_tokenizer": None, "model": {"max_input_chars_per_word": 1000}},
        "added": {"added_tokens": base[:4] + [
            added("[MASK]", 4, lstrip=True),
            added("movie", base_vocab["movie"], single_word=True, normalized=True, special=False),
            added("Café", size, normalized=True, special=False),
            added("中文", size + 1, rstrip=True, special=False),
            added("😀", size + 2, lstrip=True, rstrip=True, single_word=True)]},
    }


def merged(target, patch):
    if not isinstance(patch, dict):
        return patch
    out = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if key in ("normalizer", "pre_tokenizer", "post_processor"):
            out[key] = value  # whole parts, so that null stands for "none"
        else:
            out[key] = merged(out.get(key), value)
    return out


def train(lines):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=2000, show_progress=False, limit_alphabet=900,
                                        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.enable_padding(length=128)
    tokenizer.enable_truncation(128)
    return json.loads(tokenizer.to_str())


def small(arguments):
    # The pieces themselves, so that plenty of every script is in the vocabulary, in both cases and with marks.
    lines = [piece + " " + piece.lower() for pool in POOLS[:8] for piece in pool for _ in range(3)]
    lines += [" ".join(chr(c) for c in range(start, start + 64)) for start in range(0x21, 0x530, 64)]
    base = train(lines)
    os.makedirs(arguments.out, exist_ok=True)
    with open(os.path.join(arguments.out, "tokenizer.json"), "w", encoding="utf-8") as out:
        json.dump(base, out, ensure_ascii=False, separators=(",", ":"))
    patches = variants(base["model"]["vocab"])
    with open(os.path.join(arguments.out, "variants.json"), "w", encoding="utf-8") as out:
        json.dump(patches, out, ensure_ascii=False, indent=1)
        out.write("\n")
    with open(os.path.join(arguments.out, "reference.jsonl"), "w", encoding="utf-8", newline="\n") as out:
        short = [line for line in make_lines(4000, 3)[0] if len(line) < 160]
        rng = random.Random(7)
        for name in ["", *patches]:
            tokenizer = load(merged(base, patches[name]) if name else base)
            for i, line in enumerate(rng.sample(short, 100 if not name else 24)):
                kind = i % 6
                pair = rng.choice(short).decode("utf-8", errors="replace").encode() if kind == 5 else None
                length = rng.choice([4, 5, 8, 16]) if kind in (4, 5) else None
                dump({**({"variant": name} if name else {}), **encode(tokenizer, line, pair, length)}, out)


def code_points(arguments):
    from tokenizers import Tokenizer, models
    base = json.loads(Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]")).to_str())
    characters = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    tokens = ["[UNK]"] + characters + ["##" + c for c in characters]
    base["model"]["vocab"] = {token: i for i, token in enumerate(tokens)}
    base["normalizer"] = bert_normalizer()
    base["pre_tokenizer"] = {"type": "BertPreTokenizer"}
    for name, patch in {"bert": {}, **variants({"movie": 0})}.items():
        if name in ("added", "bare"):
            continue
        folder = os.path.join(arguments.out, name)
        os.makedirs(folder, exist_ok=True)
        one = merged(base, {k: v for k, v in patch.items() if k != "post_processor"})
        with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as out:
            json.dump(one, out, ensure_ascii=False, separators=(",", ":"))
        tokenizer = load(one)
        with open(os.path.join(folder, "reference.jsonl"), "w", encoding="utf-8", newline="\n") as out:
            for start in range(0, len(characters), 256):
                batch = characters[start:start + 256]
                dump(encode(tokenizer, " ".join("a" + c + "b" for c in batch).encode()), out)
                dump(encode(tokenizer, " ".join("a\u0345" + c + "\u0334b" for c in batch).encode()), out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("full")
    verb.add_argument("folder")
    verb.add_argument("out")
    verb.add_argument("--lines", type=int, default=20000)
    verb.add_argument("--seed", type=int, default=1)
    verb.set_defaults(run=full)
    for name, run in (("small", small), ("code-points", code_points)):
        verb = verbs.add_parser(name)
        verb.add_argument("out")
        verb.set_defaults(run=run)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
