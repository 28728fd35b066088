"""Stages explain and classify: evidence of features on held-out texts, their patterns, and labels by permutations."""

import numpy as np
import torch
from clock import record
from intervals import benjamini_hochberg
from language import MlpOutputs, by_length, padded
from patterns import Corpus, Evidence, Names, find_pattern
from torch.nn.functional import normalize
from words import PARTS, TOPICS, topic_parts

EXAMPLES_AT = (0.75, 0.5, 0.25)
WINDOW = (20, 11)
AT_ONCE = 100  # Permutations.


@torch.inference_mode()
def read_codes(model, layers, dictionaries, texts, offsets, features):
    """Codes of chosen features at all tokens, [features, tokens], and the tokens on which any feature is active."""
    columns = np.zeros((sum(map(len, features)), offsets[-1]), np.float32)
    active = torch.zeros(len(layers), dictionaries.decoder.shape[1])
    chosen = [torch.as_tensor(own.copy()) for own in features]
    with MlpOutputs(model, layers) as outputs:
        for batch in by_length([len(text) for text in texts]):
            ids, mask = padded([texts[i] for i in batch])
            found = [dictionaries.encode(i, out[mask]) for i, out in enumerate(outputs.of(ids))]
            at = np.concatenate([np.arange(offsets[i], offsets[i + 1]) for i in batch])
            columns[:, at] = torch.cat([codes[:, own] for codes, own in zip(found, chosen)], 1).T.numpy()
            for i, codes in enumerate(found):
                active[i] += (codes > 0).sum(0)
    record.count("tokens read", offsets[-1])
    return columns, active


def describe(evidence, settings):
    """Texts of highest and weaker activation, a histogram, and the tokens with most of the activation."""
    corpus = evidence.corpus
    if len(evidence.codes) == 0:
        return {"examples": [], "shown": set()}
    texts = corpus.text_of[evidence.positions]
    order = np.lexsort((-evidence.codes, texts))
    peaks = order[np.r_[True, np.diff(texts[order]) > 0]]
    peaks = peaks[np.argsort(-evidence.codes[peaks], kind="stable")]

    def example(i):
        position = evidence.positions[i]
        text = corpus.text_of[position]
        start = max(corpus.offsets[text], position - WINDOW[0])
        window = slice(start, min(corpus.offsets[text + 1], position + WINDOW[1] + 1))
        return {"text": int(text), "tokens": corpus.ids[window].tolist(), "codes": evidence.dense[window].tolist()}

    top = [example(i) for i in peaks[: settings["examplesPerFeature"]]]
    shown = min(len(top), settings["examplesShown"])
    left, at_levels = peaks[1:], []
    for level in EXAMPLES_AT:
        if len(left):
            nearest = np.argmin(np.abs(evidence.codes[left] - level * evidence.highest))
            at_levels.append(example(left[nearest]))
            left = np.delete(left, nearest)
    histogram = np.bincount(np.minimum(9, (10 * evidence.codes / evidence.highest).astype(int)), minlength=10)
    sums = np.bincount(corpus.ids[evidence.positions], weights=evidence.codes)
    return {
        "examples": top,
        "shown": {top[i * len(top) // shown]["text"] for i in range(shown)},
        "atLevels": at_levels,
        "histogram": (histogram / len(evidence.codes)).tolist(),
        "topTokens": np.argsort(-sums)[:10].tolist(),
    }


@torch.inference_mode()
def logit_lens(model, directions):
    norm = model.gpt_neox.final_layer_norm.weight
    logits = model.get_output_embeddings()((directions - directions.mean(1, keepdim=True)) * norm)
    logits -= logits.mean(1, keepdim=True)
    return logits.topk(10).indices, (-logits).topk(10).indices


class Explained:
    """What later stages need of the explained features of both models."""

    def __init__(self, models, layers, small, best, words, inputs):
        held_out = inputs["texts"]["heldOut"]
        halves = {"explaining": held_out[::2], "scoring": held_out[1::2]}
        names = Names()
        self.words, self.inputs, self.best, self.layers = words, inputs, best, layers
        self.corpora = {half: Corpus(texts, words, inputs, names) for half, texts in halves.items()}
        self.features, self.densities = [], {}
        for corpus in self.corpora.values():
            corpus.finish()
        for role, model in models.items():
            active, columns = 0, {}
            for half, corpus in self.corpora.items():
                found = read_codes(model, layers, small[role], corpus.texts, corpus.offsets, best[role])
                columns[half] = found[0]
                active = active + found[1]
            self.densities[role] = (active / sum(corpus.size for corpus in self.corpora.values())).numpy()
            other = small["tuned" if role == "base" else "base"]
            row = 0
            for i, own in enumerate(best[role]):
                rows = small[role].decoder[i][own.copy()]
                nearest = (normalize(rows, dim=1) @ normalize(other.decoder[i], dim=1).T).max(1)
                lens = logit_lens(model, rows)
                for j, feature in enumerate(own):
                    evidence = {h: Evidence(corpus, columns[h][row]) for h, corpus in self.corpora.items()}
                    described = describe(evidence["explaining"], inputs["config"]["features"])
                    pattern = find_pattern(evidence["explaining"]) if len(evidence["explaining"].codes) else None
                    place = {"model": role, "layer": i, "feature": int(feature), "pattern": pattern}
                    more = {"inOtherModel": nearest.indices[j].item(), "promoted": lens[0][j], "suppressed": lens[1][j]}
                    self.features.append({**place, **evidence, **described, **more})
                    row += 1
        record.count("features", len(self.features))
        patterns = sum(one["pattern"] is not None for one in self.features)
        record.results["explain"] = {"features": len(self.features), "withPattern": patterns}

    def of(self, role):
        return [one for one in self.features if one["model"] == role]

    def related(self, role):
        """Labelled features of each layer."""
        own = [one for one in self.of(role) if one["related"]]
        return [[one["feature"] for one in own if one["layer"] == i] for i in range(len(self.layers))]


def permutations(corpus, count, rng):
    """Each text gets the tokens of another, position by position; shorter ones are repeated. [count, tokens]"""
    donors = np.argsort(rng.random((count, len(corpus.texts))), 1)[:, corpus.text_of]
    return corpus.offsets[donors] + corpus.within % corpus.lengths[donors]


def correlations(columns, values):
    x, y = columns - columns.mean(1, keepdims=True), values - values.mean()
    scale = np.sqrt((x * x).sum(1) * (y * y).sum())
    return np.divide(x @ y, scale, where=scale > 0, out=np.zeros(len(x)))


def classify(explained, rng):
    """Labels by association with sentiment, and topics, in permutation tests over whole texts."""
    corpus, inputs = explained.corpora["explaining"], explained.inputs
    settings = inputs["config"]["explainer"]
    features = explained.features
    columns = np.stack([one["explaining"].dense for one in features])
    tested = columns.copy()
    for row, one in zip(tested, features):
        row[np.isin(corpus.text_of, list(one["shown"]))] = 0
    tested = torch.as_tensor(tested)
    valences = np.concatenate([explained.words.valences(text) for text in corpus.texts])
    centre = valences[valences != 0].mean() if (valences != 0).any() else 0.0
    centred = np.where(valences == 0, 0, valences - centre).astype(np.float32)
    sizes = np.abs(valences).astype(np.float32)

    def statistics(values):
        """Sums of codes times values in the observed arrangement and all permuted ones, [values, features, n]."""
        table, found = np.stack(values), [tested @ torch.as_tensor(np.stack(values, 1))]
        left = settings["permutations"]
        while left > 0:
            source = permutations(corpus, min(AT_ONCE, left), rng)
            permuted = torch.as_tensor(table[:, source].reshape(-1, corpus.size))
            sums = (tested @ permuted.T).reshape(len(features), len(values), -1)
            found.append(sums.permute(0, 2, 1).reshape(len(features), -1, len(values)))
            left -= len(source)
        found[0] = found[0][:, None]
        return torch.cat(found, 1).permute(2, 0, 1).double().numpy()

    signed, absolute = statistics([centred, sizes])
    record.count("feature permutations", 2 * settings["permutations"] * len(features))

    def standardised(values):
        deviation = values.std(1, keepdims=True)
        return np.divide(values - values.mean(1, keepdims=True), deviation, where=deviation > 1e-12,
                         out=np.zeros_like(values))

    largest = np.maximum(np.abs(standardised(signed)), standardised(absolute))
    p = (largest >= largest[:, :1] - 1e-6).mean(1)
    q = benjamini_hochberg(p)
    association = [correlations(columns, values) for values in (valences, sizes)]
    topic_of = {word: topic for topic, own in inputs["topicWords"].items() for word in own}
    parts = np.concatenate([topic_parts(text, explained.words, topic_of) for text in corpus.texts])
    members = [np.isin(parts, [1 + PARTS.index(p) for p in own]).astype(np.float32) for own in TOPICS.values()]
    sums = statistics(members)
    topic_q = [benjamini_hochberg((own >= own[:, :1] * (1 - 1e-6)).mean(1)) for own in sums]
    topic_association = [correlations(columns, own) for own in members]
    for i, one in enumerate(features):
        one["related"] = bool(q[i] <= settings["fdr"])
        one["association"] = float(max((a[i] for a in association), key=abs))
        one["topics"] = [
            (topic, topic_association[t][i]) for t, topic in enumerate(TOPICS) if topic_q[t][i] <= settings["fdr"]
        ]
    record.results["classify"] = {
        role: sum(one["related"] for one in explained.of(role)) for role in ("base", "tuned")
    }
