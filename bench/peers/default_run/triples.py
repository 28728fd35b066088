"""Stage triples: contexts with a positive, a neutral and a negative last word, drawn by the base model."""

from collections import Counter

import numpy as np
import torch
from clock import record
from language import by_length, padded
from words import WordClasses

MIN_CONTEXT, CLASS_SIZE, MIN_CLASSES, SPARE = 4, 60, 5, 1.1


class Cap:
    """The largest number of triples with one word."""

    def __init__(self, words, share):
        self.share = max(share, 1.5 / max(1, words))

    def of(self, triples):
        return max(1, int(self.share * triples))


def keep_within(items, caps, count):
    """At most `count` items in which no word exceeds its cap, by roles; totals are tried from above."""
    target = min(count, len(items))
    while True:
        used, kept = {role: Counter() for role in caps}, []
        for item in items:
            if len(kept) == target:
                break
            if any(used[role][item[role]] >= cap.of(target) for role, cap in caps.items()):
                continue
            for role in caps:
                used[role][item[role]] += 1
            kept.append(item)
        if len(kept) == target:
            return kept
        target = max(len(kept), target - max(1, -(-(target - len(kept)) // 8)))


def truncated(texts, words):
    """Each text up to its first positive word, if that is one token behind enough others."""
    found = []
    for number, ids in enumerate(texts):
        for span in words.spans(ids):
            if words.lexicon.get(span[0], 0) <= 0:
                continue
            token = words.plain_token(ids, span)
            if token is not None and span[1] >= MIN_CONTEXT:
                found.append({"text": number, "context": ids[: span[1]], "positive": token})
            break
    return found


@torch.inference_mode()
def next_logits(model, contexts):
    """Logits after each context, [contexts, vocabulary]."""
    logits = np.empty((len(contexts), model.config.vocab_size), np.float32)
    for batch in by_length([len(context) for context in contexts]):
        ids, mask = padded([contexts[i] for i in batch])
        record.count("passes", len(ids))
        states = model.gpt_neox(input_ids=ids, use_cache=False).last_hidden_state
        last = states[torch.arange(len(ids)), mask.sum(1) - 1]
        logits[batch] = model.get_output_embeddings()(last).numpy()
    return logits


def draw(pool, probabilities, used, cap, rng):
    weights = np.where([used[token] < cap for token in pool], probabilities, 0)
    total = weights.sum()
    return None if total <= 0 else int(pool[np.searchsorted(np.cumsum(weights), rng.random() * total, side="right")])


def spread(drawn, distinct):
    """Brings the number of different negative words up to `distinct`, where classes allow it."""
    used = Counter(item["negative"] for item in drawn)
    while len(used) < distinct:
        best = (0.0, -1, -1)
        for number, item in enumerate(drawn):
            if used[item["negative"]] >= 2:
                fresh = [probability if token not in used else 0 for token, probability in zip(*item["pool"])]
                at = int(np.argmax(fresh))
                best = max(best, (fresh[at], number, at))
        if best[1] < 0:
            return
        item = drawn[best[1]]
        used[item["negative"]] -= 1
        item["negative"] = int(item["pool"][0][best[2]])
        used[item["negative"]] = 1


def build(model, inputs, words, rng):
    settings, texts = inputs["config"]["triples"], inputs["texts"]["triples"]
    classes = WordClasses(texts, words)
    names = {token: words.texts[token].lstrip() for token in classes.ids}
    valence = {token: words.lexicon.get(name, 0) for token, name in names.items()}
    negatives = np.array([token for token in classes.ids if valence[token] < 0])
    neutrals = np.array([t for t in classes.ids if names[t] not in words.lexicon and not classes.function[t]])
    found = [item for item in truncated(texts, words) if classes.row[item["positive"]] >= 0]
    found = [found[i] for i in rng.permutation(len(found))]
    sizes = {"positive": len({i["positive"] for i in found}), "neutral": len(neutrals), "negative": len(negatives)}
    caps = {role: Cap(number, settings["maxWordShare"]) for role, number in sizes.items()}
    wanted = keep_within(found, {"positive": caps["positive"]}, -(-int(SPARE * 10 * settings["count"]) // 10))
    positives = np.array(sorted({item["positive"] for item in wanted}))
    of_negatives = dict(zip(positives, map(list, classes.most_similar(positives, negatives, CLASS_SIZE))))
    of_neutrals = dict(zip(positives, classes.most_similar(positives, neutrals, CLASS_SIZE)))
    for negative, near in zip(negatives, classes.most_similar(negatives, positives, MIN_CLASSES)):
        for positive in near:
            if negative not in of_negatives[positive]:
                of_negatives[positive].append(negative)
    logits = next_logits(model, [item["context"] for item in wanted])
    used = {"negative": Counter(), "neutral": Counter()}
    drawn = []
    for item, own in zip(wanted, logits):
        choice = {}
        for role, pools in (("negative", of_negatives), ("neutral", of_neutrals)):
            pool = np.asarray(pools[item["positive"]])
            weights = np.exp(own[pool] - own[pool].max())
            weights = weights / weights.sum()
            choice[role] = draw(pool, weights, used[role], caps[role].of(len(wanted)), rng)
            if role == "negative":
                choice["pool"] = (pool, weights)
        if choice["negative"] is None or choice["neutral"] is None:
            continue
        for role in used:
            used[role][choice[role]] += 1
        drawn.append({**item, **choice})
    drawn = keep_within(drawn, caps, settings["count"])
    spread(drawn, min(settings["minDistinctNegatives"], len(negatives)))
    record.count("triples", len(drawn))
    record.results["triples"] = {"triples": len(drawn), "distinctNegatives": len({i["negative"] for i in drawn})}
    return drawn
