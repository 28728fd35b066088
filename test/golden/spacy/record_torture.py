"""Record spaCy's tokens of texts that are hard on a tokenizer: hand-written lines, and every rule in several contexts.

    pip install spacy==3.8.18
    python test/golden/spacy/record_torture.py test/golden/spacy/torture.json.gz

The hand-written lines are in torture.txt, one a line, with Python's escapes for what an editor would not show.
"""

import gzip
import json
import random
import re
import sys
from importlib.metadata import version
from pathlib import Path

import spacy
from spacy.lang import char_classes as c

RANDOM = 900  # texts in which rules meet by chance
# A word on each side of an affix: letters of both cases, digits, marks, other scripts.
LEFT = ["a", "A", "AB", "9", "é", "Ж", "中", "x.", "1,", ")", "'", "°C", "%"]
RIGHT = ["b", "B", "7", "ß", "я", "文", "(", "-", "."]


def unescaped(line):
    r"""\n, \t, \r, \uXXXX and \UXXXXXXXX stand for their characters, two backslashes for one."""
    named = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
    return re.sub(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8}|[ntr\\])", lambda m: named.get(m[1]) or chr(int(m[1][1:], 16)), line)


def affixes():
    """Every literal of the character classes, and what stands for the ones that are patterns."""
    pieces = [*c.LIST_PUNCT, *c.LIST_QUOTES, *c.LIST_CURRENCY, *c.LIST_UNITS, *c.LIST_HYPHENS, *c.LIST_ELLIPSES]
    plain = [piece.replace("\\", "") for piece in pieces if piece.strip()]
    return list(dict.fromkeys([*plain, *"§%=—–+*^:<>/-~_@#&|`´°", "....", "'s", "'S", "’s", "’S", "😀", "♥", "→", "©", "№"]))


def systematic(tokenizer):
    for piece in affixes():
        yield " ".join([piece, piece * 2, piece * 3, *(f"{left}{piece}" for left in LEFT), *(f"{piece}{right}" for right in RIGHT)])
        yield " ".join(f"{left}{piece}{right}" for left in LEFT[:7] for right in RIGHT[:7])
    for text in sorted(tokenizer.rules):
        if not text.strip():
            continue
        yield " ".join([text, f'("{text}").', f"x{text}", f"{text}x", f"{text}-{text}", f"{text}{text}"])


def random_lines(tokenizer, seed, count):
    draw = random.Random(seed)
    spaces = [" "] * 8 + ["  ", "\n", "\t", "\u00a0", "\u2009", "\u3000", "\r\n", " \n"]
    rules, marks = sorted(tokenizer.rules), affixes()
    words = ["film", "Film", "FILM", "1990", "3.5", "a@b.co", "http://x.org/a-b", "www.a.de", "naïve", "Ж", "中文", "e\u0301", "👩‍👩‍👧", "\u200b", "\ufeff", "&amp;", "<br", "/>"]
    for _ in range(count):
        parts = []
        for _ in range(draw.randint(2, 10)):
            pool = draw.choice([rules, marks, marks, words, words, spaces])
            parts.append(draw.choice(pool))
        yield "".join(parts)


def main(path):
    tokenizer = spacy.blank("en").tokenizer
    lines = (Path(__file__).parent / "torture.txt").read_text("utf-8").removesuffix("\n").split("\n")
    written = [unescaped(line) for line in lines if not line.startswith("## ")]
    parts = {"written": ["", *written], "rules": [*systematic(tokenizer)], "random": [*random_lines(tokenizer, 1, RANDOM)]}
    recorded = {"recordedWith": {"spacy": version("spacy"), "python": sys.version.split()[0]}}
    for part, texts in parts.items():
        recorded[part] = [[text, *(token.text for token in tokenizer(text))] for text in texts]
    # A case is a list: the text, then its tokens.
    Path(path).write_bytes(gzip.compress(json.dumps(recorded, separators=(",", ":")).encode(), mtime=0))
    print({part: len(texts) for part, texts in parts.items()})


if __name__ == "__main__":
    main(sys.argv[1])
