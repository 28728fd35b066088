"""The pattern that best separates a feature's strongest places from other tokens, tested over folds of texts."""

import numpy as np
from words import rows_of, token_classes

FOLDS = 4
LEAST_SCORE, LEAST_LIFT, MARGIN = 0.75, 3, 0.02
FEWEST_PLACES, FEWEST_TEXTS = 8, 4
MOST_SHARE, SMALL, READ = 0.02, 50, 20
WORD_SHARE = 0.08
REACH, AFTER, HIGHEST = 8, 3, 10
MOST_WORDS, SMOOTHING = 40, 2


class Names:
    """Numbers of words and forms, common to several corpora."""

    def __init__(self):
        self.numbers, self.names = {}, []

    def number(self, name):
        if name not in self.numbers:
            self.numbers[name] = len(self.names)
            self.names.append(name)
        return self.numbers[name]


class Corpus:
    """Texts end to end, with the words, pieces and classes of their tokens."""

    def __init__(self, texts, words, inputs, names):
        self.texts, self.names = texts, names
        self.lengths = np.array([len(text) for text in texts])
        self.offsets = np.r_[0, np.cumsum(self.lengths)]
        self.text_of = np.repeat(np.arange(len(texts)), self.lengths)
        self.within = np.arange(len(self.text_of)) - self.offsets[self.text_of]
        self.ids = np.concatenate([np.asarray(text) for text in texts])
        self.folds = self.text_of % FOLDS
        self.size = len(self.ids)
        tokens = [token for text in texts for token in rows_of(text, words)]
        self.word = np.array([names.number(token[2]) for token in tokens])
        self.piece = np.array([names.number(token[1]) if token[1] != token[2] else -1 for token in tokens])
        classes = token_classes(inputs)
        self.class_names = list(classes)
        self.classes = np.array([[bool(holds(*token)) for token in tokens] for holds in classes.values()])

    def finish(self):
        """Counts, once all names have numbers."""
        size = len(self.names.names)
        self.tokens = np.bincount(self.folds, minlength=FOLDS).astype(float)
        self.keys, self.class_at, self.class_counts = {}, {}, {}
        onehot = np.eye(FOLDS)[self.folds]
        for at in (-1, 0, 1):
            has = self.neighbour(np.arange(self.size), at)
            source = np.clip(np.arange(self.size) + at, 0, self.size - 1)
            self.keys[at] = self._keyed(np.where(has, self.word[source], -1), size)
            self.class_at[at] = self.classes[:, source] & has
            self.class_counts[at] = self.class_at[at] @ onehot
        self.pieces = self._keyed(self.piece, size)
        self.occurrences = np.bincount(self.word, minlength=size)
        self.long = np.array([len(name) >= 4 and name.isalpha() for name in self.names.names])
        order = np.argsort(self.word, kind="stable")
        self.places = np.split(order, np.cumsum(self.occurrences)[:-1])

    def _keyed(self, keys, size):
        used = keys >= 0
        counts = np.bincount(keys[used] * FOLDS + self.folds[used], minlength=size * FOLDS)
        return keys, counts.reshape(size, FOLDS).astype(float)

    def neighbour(self, positions, at):
        """Whether the token `at` tokens away is in the same text."""
        other = positions + at
        inside = (other >= 0) & (other < self.size)
        return inside & (self.text_of[np.clip(other, 0, self.size - 1)] == self.text_of[positions])

    def around(self, positions):
        """Positions up to REACH tokens away, and whether they are in the same text, [positions, 2 REACH + 1]."""
        reach = np.arange(-REACH, REACH + 1)
        inside = (self.within[positions][:, None] + reach >= 0) & (
            self.within[positions][:, None] + reach < self.lengths[self.text_of[positions]][:, None]
        )
        return np.clip(positions[:, None] + reach, 0, self.size - 1), inside

    def near(self, keys):
        mask = np.zeros(self.size, bool)
        places = np.concatenate([self.places[key] for key in keys])
        found, inside = self.around(places)
        mask[found[inside]] = True
        return mask


class Evidence:
    """A feature's activations where it is active, on one corpus."""

    def __init__(self, corpus, column):
        self.corpus, self.dense = corpus, column
        self.positions = np.flatnonzero(column > 0)
        self.codes = column[self.positions]
        self.highest = self.codes.max(initial=0.0)
        self.density = len(self.positions) / corpus.size
        self.mean = float(self.codes.mean()) if len(self.codes) else 0.0

    def levels(self):
        if self.highest == 0:
            return np.zeros(self.corpus.size, np.int64)
        return np.minimum(HIGHEST, np.ceil(HIGHEST * np.maximum(self.dense, 0) / self.highest)).astype(np.int64)


def strong_places(evidence):
    order = np.argsort(-evidence.codes, kind="stable")
    if len(order) == 0:
        return []
    reference = evidence.codes[order[min(READ // 2, len(order) // 2)]]
    most = int(np.ceil(max(SMALL, MOST_SHARE * evidence.corpus.size)))
    strong = order[:most][evidence.codes[order[:most]] >= reference / 2]
    sets = [evidence.positions[strong]]
    return sets + [sets[0][:READ]] if len(strong) > READ else sets


def fold_counts(values, folds):
    return np.bincount(folds, weights=values, minlength=FOLDS)


def without(counts, fold):
    return counts.sum(-1) - (counts[..., fold] if fold is not None else 0)


def of_keys(corpus, strong, keyed, most):
    """The keys that best separate; each made without a fold is counted in it."""
    keys, counts = keyed
    own = keys[strong]
    kept = own >= 0
    different, place = np.unique(own[kept], return_inverse=True)
    hits = np.zeros((len(different), FOLDS))
    np.add.at(hits, (place, corpus.folds[strong][kept]), 1)
    holds = counts[different]
    per_fold = fold_counts(None, corpus.folds[strong]).astype(float)

    def choose(fold):
        places, others = without(per_fold, fold), without(corpus.tokens - per_fold, fold)
        hit, hold = without(hits, fold), without(holds, fold)
        term = hit / max(1, places) - (hold - hit) / max(1, others)
        good = np.flatnonzero((hit >= max(2, WORD_SHARE * places)) & (term > 0))
        return good[np.argsort(-term[good], kind="stable")][:most]

    total = np.zeros(2)
    for fold in range(FOLDS):
        chosen = choose(fold)
        total += hits[chosen, fold].sum(), holds[chosen, fold].sum()
    return different[choose(None)], total


def topic_words(corpus, strong, fold):
    kept = strong[corpus.folds[strong] != fold] if fold is not None else strong
    if len(kept) == 0:
        return np.array([], int)
    found, inside = corpus.around(kept)
    row = np.repeat(np.arange(len(kept)), inside.sum(1))
    size = len(corpus.names.names)
    pairs = np.unique(row * size + corpus.word[found[inside]])
    places = np.bincount(pairs % size, minlength=size)
    texts = np.unique(corpus.text_of[kept[pairs // size]] * size + pairs % size)
    in_texts = np.bincount(texts % size, minlength=size)
    expected = np.minimum(1, (2 * REACH + 1) * corpus.occurrences / corpus.size)
    share = places / len(kept)
    with np.errstate(divide="ignore", invalid="ignore"):
        good = np.flatnonzero((in_texts >= 3) & corpus.long & (share / expected >= 4))
    return good[np.argsort(expected[good] - share[good], kind="stable")][:6]


def of_topic(corpus, strong):
    total = np.zeros(2)
    for fold in range(FOLDS):
        words = topic_words(corpus, strong, fold)
        if len(words):
            near = corpus.near(words)
            total += near[strong[corpus.folds[strong] == fold]].sum(), near[corpus.folds == fold].sum()
    return topic_words(corpus, strong, None), total


def candidates(corpus, strong):
    """(complexity, pattern, hits and places over folds) of every kind."""

    def keyed(kind, at, most, complexity):
        own = corpus.pieces if kind == "pieces" else corpus.keys[at]
        chosen, total = of_keys(corpus, strong, own, most)
        return complexity, {"kind": kind, "at": at, "keys": chosen}, total

    def classes(at, complexity):
        hits = corpus.class_at[at][:, strong].sum(1)
        totals = np.stack([hits, corpus.class_counts[at].sum(1)], 1)
        return [(complexity, {"kind": "class", "at": at, "class": c}, total) for c, total in enumerate(totals)]

    def first(tokens):
        total = np.array([(corpus.within[strong] < tokens).sum(), np.minimum(corpus.lengths, tokens).sum()])
        return 4, {"kind": "position", "first": tokens}, total

    topic, of_words = of_topic(corpus, strong)
    return [
        *[keyed("words", 0, 1, 0), keyed("pieces", 0, 1, 1), keyed("words", 0, 2, 2), *classes(0, 2)],
        *[keyed("words", 0, 4, 3), keyed("pieces", 0, 4, 3), *map(first, (1, 5, 20))],
        *[keyed("words", -1, 1, 4), keyed("words", -1, 3, 5), *classes(-1, 5)],
        *[keyed("words", 1, 1, 6), keyed("words", 1, 3, 6), *classes(1, 6)],
        (7, {"kind": "topic", "keys": topic}, of_words),
    ]


def find_pattern(evidence):
    """The simplest of the best patterns with its levels, or None."""
    corpus = evidence.corpus
    for strong in strong_places(evidence):
        if len(strong) < FEWEST_PLACES or len(np.unique(corpus.text_of[strong])) < FEWEST_TEXTS:
            continue
        good = []
        for complexity, pattern, (hits, holds) in candidates(corpus, strong):
            if len(pattern.get("keys", [0])) == 0:
                continue
            covers = hits / len(strong)
            score = (covers + 1 - (holds - hits) / max(1, corpus.size - len(strong))) / 2
            if score >= LEAST_SCORE and covers >= LEAST_LIFT * holds / corpus.size:
                good.append((complexity, -score, pattern))
        if good:
            best = min(score for _, score, _ in good)
            found = min((g for g in good if g[1] <= best + MARGIN), key=lambda g: g[:2])[2]
            return {**found, "levels": fit_levels(found, evidence)}
    return None


def places(pattern, corpus, positions):
    """Where a pattern holds in excerpts, [excerpts, tokens]; only tokens of the excerpt count."""
    kind = pattern["kind"]
    if kind == "position":
        return corpus.within[positions] < pattern["first"]
    if kind == "class":
        member = corpus.classes[pattern["class"]][positions]
    else:
        chosen = np.zeros(len(corpus.names.names) + 1, bool)
        chosen[pattern["keys"]] = True
        member = chosen[(corpus.piece if kind == "pieces" else corpus.word)[positions]]
    if kind == "topic":
        sums = np.pad(np.cumsum(np.pad(member, ((0, 0), (REACH, REACH + 1))), 1), ((0, 0), (1, 0)))
        length = positions.shape[1]
        return sums[:, 2 * REACH + 1 :][:, :length] > sums[:, :length]
    shifted = np.zeros_like(member)
    if pattern["at"] == -1:
        shifted[:, 1:] = member[:, :-1]
    elif pattern["at"] == 1:
        shifted[:, :-1] = member[:, 1:]
    else:
        shifted = member
    return shifted


def everywhere(pattern, corpus):
    """Where a pattern holds in whole texts, [tokens]."""
    kind = pattern["kind"]
    if kind == "position":
        return corpus.within < pattern["first"]
    if kind == "class":
        return corpus.class_at[pattern["at"]][pattern["class"]]
    if kind == "topic":
        return corpus.near(pattern["keys"])
    keys, _ = corpus.pieces if kind == "pieces" else corpus.keys[pattern["at"]]
    return np.isin(keys, pattern["keys"])


def since(holds, starts):
    """Tokens since the pattern held, in each row or text; large before it did."""
    at = np.arange(holds.shape[-1])
    last = np.maximum.accumulate(np.where(holds, at, -1), axis=-1)
    return np.where(last >= starts, at - last, 10**6)


def fit_levels(pattern, evidence):
    """Mean levels where the pattern holds, by word, up to three tokens after, and elsewhere, scaled to 0..10."""
    corpus, levels = evidence.corpus, evidence.levels()
    holds = everywhere(pattern, corpus)
    distance = since(holds, corpus.offsets[corpus.text_of])
    groups = np.minimum(distance, AFTER + 1)
    counts = np.bincount(groups, minlength=AFTER + 2)
    sums = np.bincount(groups, weights=levels, minlength=AFTER + 2)
    means = np.divide(sums, counts, where=counts > 0, out=np.zeros(AFTER + 2))
    after = (sums[1:-1] + SMOOTHING * means[-1]) / (counts[1:-1] + SMOOTHING)
    deciding = np.clip(np.flatnonzero(holds) + pattern.get("at", 0), 0, corpus.size - 1)
    words = corpus.word[deciding]
    size = len(corpus.names.names)
    number = np.bincount(words, minlength=size)
    total = np.bincount(words, weights=levels[holds], minlength=size)
    chosen = np.argsort(-number, kind="stable")[:MOST_WORDS]
    chosen = chosen[number[chosen] >= 2]
    of_word = (total[chosen] + SMOOTHING * means[0]) / (number[chosen] + SMOOTHING)
    every = np.r_[means[0], means[-1], after, of_word]
    low, high = every.min(), every.max()
    scaled = np.zeros_like(every) if high <= low else np.rint(HIGHEST * (every - low) / (high - low))
    return {"holds": scaled[0], "otherwise": scaled[1], "after": scaled[2 : 2 + AFTER], "words": chosen,
            "ofWord": scaled[2 + AFTER :]}


def predicted_levels(pattern, corpus, positions):
    holds, levels = places(pattern, corpus, positions), pattern["levels"]
    later = np.r_[levels["holds"], levels["after"], levels["otherwise"]][np.minimum(since(holds, 0), AFTER + 1)]
    by_word = np.full(len(corpus.names.names), levels["holds"])
    by_word[levels["words"]] = levels["ofWord"]
    deciding = np.clip(positions + pattern.get("at", 0), 0, corpus.size - 1)
    return np.where(holds, by_word[corpus.word[deciding]], later)
