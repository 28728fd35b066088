"""Random texts in which spaCy's rules meet, with its tokens, as JSON: python fuzz_tokens.py RECORD_TORTURE.py SEED COUNT OUT.json"""

import importlib.util
import json
import sys
from pathlib import Path

import spacy

script, seed, count, out = sys.argv[1:]
spec = importlib.util.spec_from_file_location("record_torture", script)
torture = importlib.util.module_from_spec(spec)
spec.loader.exec_module(torture)
tokenizer = spacy.blank("en").tokenizer
cases = [[text, *(token.text for token in tokenizer(text))] for text in torture.random_lines(tokenizer, int(seed), int(count))]
Path(out).write_text(json.dumps(cases))
