"""Record what spaCy makes of the 5,000 reviews of a file: of each review a digest of its tokens, and no text.

    pip install spacy==3.8.18 pyarrow
    python test/golden/spacy/record_reviews.py ../shared/data/imdb/plain_text/test-00000-of-00001.parquet test/golden/spacy/reviews.json

A digest is the beginning of the SHA-256 of the tokens joined by NUL, 8 hexadecimal digits.
"""

import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet
import spacy

reviews, out = Path(sys.argv[1]), Path(sys.argv[2])
tokenizer = spacy.blank("en").tokenizer
digests, count = [], 0
for text in pyarrow.parquet.read_table(reviews, columns=["text"])["text"].to_pylist():
    tokens = [token.text for token in tokenizer(text)]
    count += len(tokens)
    digests.append(hashlib.sha256("\0".join(tokens).encode()).hexdigest()[:8])
    if len(tokenizer.vocab.strings) > 200_000:
        tokenizer = spacy.blank("en").tokenizer  # its memory of words grows without bound
recorded = {
    "recordedWith": {"spacy": version("spacy"), "python": sys.version.split()[0]},
    "file": reviews.name,
    "tokens": count,
    "digests": digests,
}
out.write_text(json.dumps(recorded, separators=(",", ":")) + "\n", "utf-8")
print(len(digests), "reviews,", count, "tokens")
