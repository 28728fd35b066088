"""Write assets/spacy-en/rules.json: character classes, literals and exceptions of spaCy's English tokenizer.

    pip install spacy==3.8.18
    python test/golden/spacy/export_rules.py assets/spacy-en/rules.json

Character classes are evaluated with Python's `re` on every code point, so the ranges are exact whatever
Unicode version the JavaScript engine has.
"""

import json
import re
import sys

import spacy
from spacy.lang import char_classes as c
from spacy.symbols import ORTH


def ranges(pattern):
    """Ranges of the code points that the one-character `pattern` matches, as the inside of a class with the u flag."""
    matches = re.compile(pattern).fullmatch
    parts, start = [], None
    for point in range(0x110001):
        inside = point < 0x110000 and not 0xD800 <= point <= 0xDFFF and matches(chr(point))
        if inside and start is None:
            start = point
        if not inside and start is not None:
            last = point - 1
            parts.append(rf"\u{{{start:x}}}" if last == start else rf"\u{{{start:x}}}-\u{{{last:x}}}")
            start = None
    return "".join(parts)


def literals(pieces):
    """The pieces are literal texts, some with escaped characters; spaCy ignores blank ones."""
    return [re.sub(r"\\(.)", r"\1", piece) for piece in dict.fromkeys(pieces) if piece.strip()]


before_dot = "[0-9{al}{e}{p}(?:{q})]".format(al=c.ALPHA_LOWER, e=r"%²\-\+", p=c.PUNCT, q=c.CONCAT_QUOTES)
tokenizer = spacy.blank("en").tokenizer
rules = {
    "source": f"spaCy {spacy.__version__}, spacy.blank('en').tokenizer, MIT licence, see LICENSE",
    "classes": {
        "alpha": ranges(f"[{c.ALPHA}]"),
        "lower": ranges(f"[{c.ALPHA_LOWER}]"),
        "upper": ranges(f"[{c.ALPHA_UPPER}]"),
        "quotes": ranges(f"[{c.CONCAT_QUOTES}]"),
        "icons": ranges(f"[{c.ICONS}]"),
        "beforeDot": ranges(before_dot),
        "digit": ranges(r"\d"),
        "word": ranges(r"\w"),
        "space": ranges(r"\s"),
    },
    "literals": {
        "punctuation": literals(c.LIST_PUNCT),
        "quotes": literals(c.LIST_QUOTES),
        "currency": literals(c.LIST_CURRENCY),
        "units": literals(c.LIST_UNITS),
        "hyphens": literals(c.LIST_HYPHENS),
    },
    "exceptions": {
        text: [token[ORTH] for token in tokens] for text, tokens in sorted(tokenizer.rules.items())
    },
}
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(rules, file, ensure_ascii=False, indent=0)
    file.write("\n")
