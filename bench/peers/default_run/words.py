"""Words in rows of tokens, classes of tokens, and word classes of a corpus, by the rules of the run."""

import re

import numpy as np

SUFFIXES = ["ing", "ed", "ly", "est", "er", "able", "ible", "ful", "ous", "less", "s"]
CONTEXT_TOKENS, MIN_COUNT, SMOOTHING, SUFFIX_PENALTY = 200, 5, 5, 0.15
FUNCTION_WORD_SHARE = 1 / 500
PLAIN = re.compile(r" [a-z]+")


class Words:
    """Splits rows of token ids into words, runs of letters and digits."""

    def __init__(self, inputs):
        self.texts, self.lexicon = inputs["tokenTexts"], inputs["lexicon"]
        bare = [text[1:] if text[:1].isspace() else text for text in self.texts]
        self.continues = [text.isalnum() for text in self.texts]
        self.begins = [text.isalnum() for text in bare]
        self.plain = [PLAIN.fullmatch(text) is not None for text in self.texts]
        self.contraction = [re.match(r"['’]t\b", text, re.I) is not None for text in self.texts]
        self.known = {}

    def spans(self, ids):
        """(word, start, end) of each word, in order."""
        key = tuple(ids)
        if key in self.known:
            return self.known[key]
        found, start, word = [], -1, ""
        for t, token in enumerate(ids):
            if start >= 0:
                if self.continues[token]:
                    word += self.texts[token]
                    continue
                found.append(((word[:-1] if self.contraction[token] else word).lower(), start, t))
            start, word = (t, self.texts[token].lstrip()) if self.begins[token] else (-1, "")
        if start >= 0:
            found.append((word.lower(), start, len(ids)))
        self.known[key] = found
        return found

    def plain_token(self, ids, span):
        """The single token of the word: a space and lower-case letters; else None."""
        word, start, end = span
        token = ids[start]
        return token if end - start == 1 and self.plain[token] and self.texts[token] == f" {word}" else None

    def valences(self, ids):
        values = np.zeros(len(ids), np.float32)
        for word, _, end in self.spans(ids):
            values[end - 1] = self.lexicon.get(word, 0)
        return values

    def lexicon_positions(self, ids):
        return [s[1] for s in self.spans(ids) if s[0] in self.lexicon and self.plain_token(ids, s) is not None]


def rows_of(ids, words):
    """Of each token: its text, form, whole word, piece, valence, and the text before."""
    texts = [words.texts[i] for i in ids]
    forms = [("\n" if "\n" in text else " ") if text.strip() == "" else text.strip().lower() for text in texts]
    whole, pieces = list(forms), [None] * len(ids)
    for word, start, end in words.spans(ids):
        for t in range(start, end):
            first, last = t == start, t == end - 1
            whole[t] = word
            pieces[t] = "whole" if first and last else "first" if first else "last" if last else "middle"
            if not (first and last):
                forms[t] = ("" if first else "-") + forms[t] + ("" if last else "-")
    return list(zip(texts, forms, whole, pieces, words.valences(ids), [""] + texts[:-1]))


def token_classes(inputs):
    """Every class of tokens that explanations name: name -> whether a token of `rows_of` is in it."""
    lists = {name: frozenset(own) for name, own in inputs["wordLists"].items()}
    topics = {name: frozenset(own) for name, own in inputs["topicWords"].items()}
    closed = frozenset().union(*lists.values())

    def ending(suffix):
        fits = ("whole", "last")
        return lambda text, form, word, piece, *_: (
            piece in fits and word.endswith(suffix) and len(word) >= len(suffix) + 3
        )

    def matches(pattern, which=1):
        compiled = re.compile(pattern)
        return lambda *token: compiled.search(token[which]) is not None

    def one_of(characters):
        return lambda text, form, *_: form in characters

    def in_list(own):
        return lambda text, form, word, *_: word in own

    def letters(text):
        return any(c.isalpha() for c in text)

    def name(text, form, word, piece, valence, before):
        capital = len(text) > 2 and text[0].isspace() and text[1].isupper() and text[2].islower()
        return capital and before != "" and (before[-1].isalnum() or before[-1] == ",")

    found = {
        "punctuation that ends a sentence": matches(r"^[.!?…]+[\"')]*$"),
        "commas, colons and semicolons": one_of(",;:"),
        "quotation marks": matches("^[\"“”'‘’`]+$"),
        "brackets": matches(r"^[()\[\]{}]+$"),
        "hyphens and dashes": matches("^[-–—]+$"),
        "contracted endings": matches(r"^(['’](s|t|re|ve|ll|d|m)|n['’]t)$"),
        "line breaks": lambda text, form, *_: form == "\n",
        "punctuation": lambda text, form, *_: form.strip() != "" and not any(c.isalnum() for c in form),
        "numbers": lambda text, *_: any(c.isnumeric() for c in text) and not letters(text),
        **{name: in_list(own) for name, own in lists.items()},
        "function words": in_list(closed),
        "words for films": in_list(topics["film"]),
        "words for people and roles": in_list(topics["people and roles"]),
        "words for stories": in_list(topics["story"]),
        "words of judgement": in_list(topics["evaluation"]),
        "positive words": lambda *token: token[4] > 0,
        "negative words": lambda *token: token[4] < 0,
        "positive and negative words": lambda *token: token[4] != 0,
        "words in capitals": matches(r"^\s?[A-Z]{2,}$", 0),
        "names": name,
        "capitalised words": lambda text, form, word, piece, *_: (
            piece in ("whole", "first") and text.strip()[:1].isupper() and text.strip() != "I"
        ),
        **{f'words that end in "-{suffix}"': ending(suffix) for suffix in ("ing", "ed", "ly")},
        'words that end in "-s"': lambda *token: ending("s")(*token) and not token[2].endswith("ss"),
        "the first part of a word": lambda text, form, word, piece, *_: piece == "first",
        "the last part of a word": lambda text, form, word, piece, *_: piece == "last",
        "later parts of a word": lambda text, form, word, piece, *_: piece in ("middle", "last"),
        "single letters": lambda text, form, word, piece, *_: (
            piece is not None and len(text.strip()) == 1 and text.strip().isalpha() and text.strip() not in "aiAI"
        ),
        "content words": lambda text, form, word, piece, *_: piece == "whole" and letters(text) and word not in closed,
    }
    return found


PARTS = ["film", "film in an opinion", "evaluation", "evaluation in an opinion", "people and roles", "story"]
PARTS += ["function words", "punctuation and format", "numbers"]
TOPICS = {
    "movie opinion": ["film in an opinion", "evaluation in an opinion"],
    "film": ["film", "film in an opinion"],
    "evaluation": ["evaluation", "evaluation in an opinion"],
    **{name: [name] for name in PARTS[4:]},
}
OPINION_REACH = 8


def topic_parts(ids, words, topic_of):
    """The number in PARTS of each token, from 1; 0 for none."""
    marked = np.zeros(len(ids), np.int8)
    for t, token in enumerate(ids):
        text = words.texts[token]
        if not any(c.isalnum() for c in text):
            marked[t] = 1 + PARTS.index("punctuation and format")
        elif not any(c.isalpha() for c in text):
            marked[t] = 1 + PARTS.index("numbers")
    places = {"film": [], "evaluation": []}
    for word, _, end in words.spans(ids):
        topic = topic_of.get(word)
        if topic is not None:
            marked[end - 1] = 1 + PARTS.index(topic)
            if topic in places:
                places[topic].append(end - 1)
    for film in places["film"]:
        for evaluation in places["evaluation"]:
            if abs(film - evaluation) <= OPINION_REACH:
                marked[film] = 1 + PARTS.index("film in an opinion")
                marked[evaluation] = 1 + PARTS.index("evaluation in an opinion")
    return marked


def suffix_of(word):
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) >= len(suffix) + 3:
            return "" if suffix == "s" and word.endswith("ss") else suffix.replace("ible", "able")
    return ""


class WordClasses:
    """Vectors of neighbour statistics of the words that occur five times or more."""

    def __init__(self, texts, words):
        size = len(words.texts)
        flat = np.concatenate([np.asarray(text) for text in texts])
        counts = np.bincount(flat, minlength=size)
        self.function = counts >= FUNCTION_WORD_SHARE * len(flat)
        frequent = np.lexsort((np.arange(size), -counts))[:CONTEXT_TOKENS]
        column = np.full(size, -1)
        column[frequent] = np.arange(len(frequent))
        single = np.concatenate([self._singles(text, words) for text in texts])
        ends = np.cumsum([len(text) for text in texts])
        left, right = np.full(len(flat), -1), np.full(len(flat), -1)
        left[1:], right[:-1] = column[flat[:-1]], column[flat[1:]]
        left[np.r_[0, ends[:-1]]], right[ends - 1] = -1, -1
        total = np.zeros(2 * CONTEXT_TOKENS)
        own = np.bincount(flat[single], minlength=size)
        self.ids = np.flatnonzero(own >= MIN_COUNT)
        row = np.full(size, -1)
        row[self.ids] = np.arange(len(self.ids))
        vectors = np.zeros((len(self.ids), 2 * CONTEXT_TOKENS))
        for start, side in ((0, left), (CONTEXT_TOKENS, right)):
            total[start : start + CONTEXT_TOKENS] = np.bincount(side[side >= 0], minlength=CONTEXT_TOKENS)
            used = single & (side >= 0) & (row[flat] >= 0)
            np.add.at(vectors, (row[flat[used]], start + side[used]), 1)
        share = total / len(flat)
        with np.errstate(divide="ignore", invalid="ignore"):
            n = own[self.ids][:, None]
            logs = np.log((vectors + SMOOTHING * share) / ((n + SMOOTHING) * share))
        vectors = np.where(share > 0, np.maximum(0, logs), 0)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        self.vectors, self.row = np.divide(vectors, norms, where=norms > 0, out=vectors), row
        self.suffixes = np.array([suffix_of(words.texts[i].lstrip()) for i in self.ids])

    @staticmethod
    def _singles(text, words):
        found = np.zeros(len(text), bool)
        for span in words.spans(text):
            found[span[1]] = words.plain_token(text, span) is not None
        return found

    def most_similar(self, tokens, candidates, count):
        """The `count` candidates most similar to each token, without itself, [tokens, count]."""
        a, b = self.row[tokens], self.row[candidates]
        similarity = self.vectors[a] @ self.vectors[b].T
        similarity -= SUFFIX_PENALTY * (self.suffixes[a][:, None] != self.suffixes[b][None])
        similarity[np.asarray(tokens)[:, None] == np.asarray(candidates)[None]] = -np.inf
        return np.asarray(candidates)[np.argsort(-similarity, axis=1, kind="stable")[:, :count]]
