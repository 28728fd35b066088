"""Stage probe: the linear reward model R on codes of contrastive triples, out of fold, with controls and intervals."""

import numpy as np
import torch
from clock import record
from intervals import RankAgreement, interval, mean_interval, shuffled_within_signs
from language import MlpOutputs, by_length, padded
from scipy.linalg import eigh
from triples import next_logits

STRENGTHS = np.array([0, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10])
NEGLIGIBLE = 1e-11
ESTIMATORS = ("leastSquares", "ridge")


def centred_log_ratios(base, tuned, triples):
    """log p_tuned - log p_base of both words, minus its mean over the vocabulary under the base model, [2 triples]."""
    contexts = [item["context"] for item in triples]
    before, after = (torch.as_tensor(next_logits(model, contexts)).log_softmax(1) for model in (base, tuned))
    ratio = after - before
    ratio -= (before.exp() * ratio).sum(1, keepdim=True)
    tokens = torch.tensor([[item["positive"], item["negative"]] for item in triples])
    return ratio.gather(1, tokens).flatten().double().numpy()


def with_alternatives(items):
    """Contexts with three last words that share one position and do not see each other."""
    rows = [[*item["context"], item["positive"], item["negative"], item["neutral"]] for item in items]
    ids, _ = padded(rows)
    length = ids.shape[1]
    ends = torch.tensor([len(item["context"]) for item in items])
    at = torch.arange(length)
    causal = at[:, None] >= at[None]
    alternative = at[None] >= ends[:, None]
    seen = causal[None] & (~(alternative[:, None] & alternative[:, :, None]) | torch.eye(length, dtype=torch.bool))
    positions = torch.minimum(at[None], ends[:, None])
    return ids, seen[:, None], positions, ends[:, None] + torch.arange(3)


@torch.inference_mode()
def deltas(model, layers, dictionary, triples, raw):
    """Codes at both words, [2 triples, inputs], the signed distances to the neutral word, and MLP outputs if `raw`."""
    features, width = dictionary.decoder.shape[1:]
    codes = np.empty((2 * len(triples), len(layers) * features), np.float32)
    outputs_of = np.empty((2 * len(triples) if raw else 0, len(layers) * width), np.float32)
    sizes = np.zeros(2 * len(triples))
    with MlpOutputs(model, layers) as outputs:
        for batch in by_length([len(item["context"]) for item in triples]):
            ids, seen, positions, at = with_alternatives([triples[i] for i in batch])
            # In the additive form that every version of transformers takes.
            mask = torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)
            found = outputs.of(ids, attention_mask=mask, position_ids=positions)
            rows = torch.arange(len(ids))[:, None]
            words = [out[rows, at] for out in found]
            encoded = torch.stack([dictionary.encode(i, own) for i, own in enumerate(words)], 2)
            distance = (encoded[:, :2] - encoded[:, 2:]).norm(dim=3).sum(2)
            places = 2 * np.asarray(batch)[:, None] + np.arange(2)
            codes[places] = encoded[:, :2].flatten(2).numpy()
            sizes[places] = (distance * torch.tensor([1, -1])).numpy()
            if raw:
                outputs_of[places] = torch.stack([own[:, :2] for own in words], 2).flatten(2).numpy()
    return codes, sizes, outputs_of


class Folds:
    """A fold leaves out all rows of all triples with a word in it."""

    def __init__(self, triples, words, count, rng):
        self.words = [words.texts[item[role]].strip() for item in triples for role in ("positive", "negative")]
        order = rng.permutation(sorted(set(self.words)))
        self.of_word = {str(word): i % count for i, word in enumerate(order)}
        self.own = np.array([self.of_word[word] for word in self.words])
        triple = np.arange(len(self.words)) // 2
        self.left_out = [np.flatnonzero(np.isin(triple, triple[self.own == fold])) for fold in range(count)]


def cross_fit(x, labels, folds):
    """Least squares and ridge of all label vectors: one spectrum per fold serves all strengths."""
    varying = np.flatnonzero((x != x[0]).any(0))
    x = x[:, varying].astype(np.float64)

    def moments(rows):
        own, y = x[rows], labels[:, rows]
        return len(rows), own.sum(0), own.T @ own, y.sum(1), y @ own

    total = moments(np.arange(len(x)))
    scale = np.mean(total[2].diagonal() - total[1] ** 2 / total[0])

    def solve(parts):
        n, sums, gram, label_sums, products = parts
        values, vectors = eigh(gram - np.outer(sums, sums) / n, driver="evd", overwrite_a=True, check_finite=False)
        right = (products - np.outer(label_sums, sums) / n) @ vectors
        inverse = np.where(values > NEGLIGIBLE * values.max(), 1 / (values + scale * STRENGTHS[:, None] + 1e-300), 0)
        record.count("spectra", 1)
        # [strengths, labels, inputs] and [strengths, labels]
        coefficients = (right[None] * inverse[:, None]) @ vectors.T
        return coefficients, (label_sums - coefficients @ sums) / n

    fits = [solve([a - b for a, b in zip(total, moments(out))]) for out in folds.left_out]
    return varying, x, fits, solve(total)


class Fit:
    """R for one vector of labels: predictions out of fold, and the strength chosen on the other folds."""

    def __init__(self, cross, place, labels, folds):
        self.varying, x, fits, whole = cross
        predicted = np.empty((len(STRENGTHS), len(x)))
        for fold, (coefficients, intercepts) in enumerate(fits):
            own = folds.own == fold
            predicted[:, own] = coefficients[:, place] @ x[own].T + intercepts[:, place, None]
        errors = np.stack([((labels - predicted) ** 2)[:, folds.own == f].sum(1) for f in range(len(fits))])
        best = [1 + int(np.argmin(errors[np.arange(len(fits)) != f, 1:].sum(0))) for f in range(len(fits))]
        self.out_of_fold = np.stack([predicted[0], predicted[np.take(best, folds.own), np.arange(len(x))]])
        strengths = [(0, best[f]) for f in range(len(fits))]
        # [estimators, inputs] and [estimators] of each fold
        self.fits = [(c[s, place], i[s, place]) for s, (c, i) in zip(map(list, strengths), fits)]
        variation = ((labels - labels.mean()) ** 2).sum()
        self.r2 = 1 - ((labels - self.out_of_fold) ** 2).sum(1) / variation
        self.coefficients, self.intercept = whole[0][0, place], whole[1][0, place]

    def predict(self, codes):
        """R, fitted on all rows, at codes [tokens, inputs]."""
        return codes[:, self.varying] @ self.coefficients.astype(np.float32) + self.intercept


def rebuild(fit, folds, occurrences, lexicon):
    """Mean of R over each word's rows and further occurrences: words, and values [estimators, words]."""
    sums = {}
    for row, word in enumerate(folds.words):
        known = sums.setdefault(word, [np.zeros(2), 0])
        known[0] = known[0] + fit.out_of_fold[:, row]
        known[1] += 1
    for i, (word, (count, mean)) in enumerate(sorted(occurrences.items())):
        coefficients, intercept = fit.fits[folds.of_word.get(word, i % len(fit.fits))]
        known = sums.setdefault(word, [np.zeros(2), 0])
        known[0] = known[0] + count * (coefficients @ mean[fit.varying] + intercept)
        known[1] += count
    words = sorted(word for word in sums if word in lexicon)
    return words, np.stack([sums[word][0] / sums[word][1] for word in words], 1)


@torch.inference_mode()
def lexicon_occurrences(model, layers, dictionary, texts, words, raw):
    """Of each lexicon word in texts: its number and mean codes, and mean MLP outputs if `raw`."""
    positions = [words.lexicon_positions(text) for text in texts]
    used = [i for i, own in enumerate(positions) if own]
    rows = [texts[i][: positions[i][-1] + 1] for i in used]
    token_sums = {}
    with MlpOutputs(model, layers) as outputs:
        for batch in by_length([len(row) for row in rows]):
            ids, _ = padded([rows[i] for i in batch])
            at = [(b, p) for b, i in enumerate(batch) for p in positions[used[i]]]
            b, p = torch.tensor(at).T
            found = [out[b, p] for out in outputs.of(ids)]
            parts = [dictionary.encode(i, own) for i, own in enumerate(found)] + (found if raw else [])
            values = torch.cat(parts, 1).double()
            tokens, place = ids[b, p].unique(return_inverse=True)
            sums = torch.zeros(len(tokens), values.shape[1], dtype=torch.float64).index_add(0, place, values)
            for token, count, own in zip(tokens.tolist(), place.bincount().tolist(), sums):
                known = token_sums.setdefault(token, [0, 0])
                known[0] += count
                known[1] = known[1] + own
    return {words.texts[t].lstrip(): (n, (total / n).numpy()) for t, (n, total) in token_sums.items()}


def scaled(values):
    largest = np.abs(values).max()
    return values * (4 / largest if largest > 0 else 0)


def run(models, layers, small, triples, words, inputs, rng):
    """R of both models, its lexicon and taus; controls are of the tuned model. Returns the probes and lexicons."""
    settings, count = inputs["config"]["probe"], inputs["config"]["statistics"]["resamples"]
    lexicon, texts = words.lexicon, inputs["texts"]["dictionaries"]
    log_ratios = centred_log_ratios(models["base"], models["tuned"], triples)
    folds = Folds(triples, words, settings["folds"], rng)
    probes, lexicons, results = {}, {}, {}

    def taus(name, fit, occurrences, sets=("all",)):
        own, values = rebuild(fit, folds, occurrences, lexicon)
        truth = np.array([lexicon[word] for word in own])
        for which in sets:
            kept = {"all": truth == truth, "negative": truth < 0, "positive": truth > 0}[which]
            for estimator, of in zip(ESTIMATORS, values):
                found = RankAgreement(truth[kept], rng, count).of(of[kept])
                results[f"{name} {estimator} {which}"] = found["tau"]["value"]
        return own, values, truth

    for role, model in models.items():
        raw = role == "tuned"
        codes, sizes, outputs = deltas(model, layers, small[role], triples, raw)
        signs = np.sign(sizes)
        kinds = {"deltas": scaled(sizes)}
        if raw:
            kinds["signs"] = scaled(signs)
            kinds["shuffledSizes"] = scaled(signs * np.abs(rng.permutation(sizes)))
            kinds["shuffledWithinPolarity"] = scaled(shuffled_within_signs(sizes, signs, rng))
        kinds["logRatios"] = scaled(log_ratios)
        cross = cross_fit(codes, np.stack(list(kinds.values())), folds)
        fits = {kind: Fit(cross, i, labels, folds) for i, (kind, labels) in enumerate(kinds.items())}
        occurrences = lexicon_occurrences(model, layers, small[role], texts, words, raw)
        inputs_of = codes.shape[1]
        of_codes = {word: (n, mean[:inputs_of]) for word, (n, mean) in occurrences.items()}
        own, values, truth = taus(role, fits["deltas"], of_codes, ("all", "negative", "positive"))
        lexicons[role] = dict(zip(own, values.T))
        results[f"{role} signAgreement"] = mean_interval(np.sign(values[0]) == np.sign(truth), rng, count)["value"]
        for kind, fit in fits.items():
            results[f"{role} r2 {kind}"] = fit.r2.tolist()
            if kind != "deltas":
                taus(f"{role} {kind}", fit, of_codes)
        if raw:
            of_outputs = {word: (n, mean[inputs_of:]) for word, (n, mean) in occurrences.items()}
            cross = cross_fit(outputs, kinds["deltas"][None], folds)
            taus("rawActivations", Fit(cross, 0, kinds["deltas"], folds), of_outputs)
        probes[role] = fits["deltas"]
        record.count("rows", len(sizes))
        results[f"{role} words"] = len(own)
    shared = sorted(lexicons["base"].keys() & lexicons["tuned"].keys())
    agreement = RankAgreement([lexicon[word] for word in shared], rng, count)
    for i, estimator in enumerate(ESTIMATORS):
        own, other = (agreement.of([lexicons[role][word][i] for word in shared]) for role in ("tuned", "base"))
        difference = interval(own["tau"]["value"] - other["tau"]["value"], own["replicates"] - other["replicates"])
        results[f"tauDifference {estimator}"] = difference["value"]
    record.results["probe"] = results
    return probes, lexicons
