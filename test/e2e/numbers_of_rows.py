"""Numbers of a run computed from its rows, each beside that of results.json: numbers_of_rows.py RUN, with python/ in PYTHONPATH."""

import json
import sys
from statistics import correlation, fmean

from rewardscope_run import Run

run = Run(sys.argv[1])
results = run.results
completions = {source: [row for row in run.rows("tuning/completions") if row["source"] == source] for source in ("base", "tuned")}
words = run.rows("implicit-reward")
pairs = {}


def put(name, of_rows, of_run):
    pairs[name] = [of_rows, of_run]


def tau(xs, ys):
    """Kendall's tau-b over all pairs."""
    sign = lambda a, b: (a > b) - (a < b)
    sum_, ties_x, ties_y, n = 0, 0, 0, len(xs)
    for i in range(n):
        for j in range(i):
            x, y = sign(xs[i], xs[j]), sign(ys[i], ys[j])
            sum_ += x * y
            ties_x += x == 0
            ties_y += y == 0
    all_ = n * (n - 1) / 2
    return sum_ / ((all_ - ties_x) * (all_ - ties_y)) ** 0.5


log_ratio = lambda row: row["tunedLogProb"] - row["baseLogProb"]
for source, rows in completions.items():
    put(f"reward {source}", fmean(row["reward"] for row in rows), results["tune"]["reward"][source]["value"])
    completion = results["tune"]["completionReward"][source]["value"]
    put(f"completion reward {source}", fmean(row["completionReward"] for row in rows), completion)
put("kl", fmean(map(log_ratio, completions["tuned"])), results["tune"]["kl"]["value"])

put("words", len(words), results["implicitReward"]["lexicon"]["words"])
put("visited", sum(word["visited"] for word in words), results["implicitReward"]["lexicon"]["visited"])
for entry in results["implicitReward"]["lexicon"]["kendall"]:
    if entry["words"] in ("all", "visited"):
        chosen = [word for word in words if entry["words"] == "all" or word["visited"]]
        given, learned = ([word[column] for word in chosen] for column in ("trueValue", "value"))
        put(f"tau {entry['words']}", tau(given, learned), entry["result"]["tau"]["value"])
for entry in results["implicitReward"]["texts"]:
    rows = completions.get(entry["source"])
    if rows is None:
        continue
    column = "completionReward" if entry["rewarded"] == "completion" else "reward"
    pearson = correlation(list(map(log_ratio, rows)), [row[column] for row in rows])
    put(f"pearson {entry['source']} {column}", pearson, entry["pearson"]["value"])

put("path", sum(row["value"] for row in run.rows("carry/tensors")), results["carry"]["path"]["sum"])
put("triples", len(run.rows("triples")), results["triples"]["triples"])
labels, scores = run.rows("labels"), run.rows("scores")
for entry in results["classify"]["models"]:
    related = sum(row["related"] for row in labels if row["model"] == entry["model"])
    put(f"related {entry['model']}", related, entry["related"])
for entry in results["score"]["models"]:
    rows = [row["detection"] for row in scores if row["model"] == entry["model"] and "detection" in row]
    put(f"scored {entry['model']}", len(rows), entry["scored"])
    if rows:
        detection = fmean(row["balancedAccuracy"]["value"] for row in rows)
        put(f"detection {entry['model']}", detection, entry["balancedAccuracy"]["value"])
lexicon = run.rows("lexicon")
for entry in results["probe"]["models"]:
    rows = [row for row in lexicon if row[entry["model"]] is not None]
    put(f"probe words {entry['model']}", len(rows), entry["words"])
    for kendall in entry["kendall"]:
        if kendall["words"] == "all":
            column = entry["model"] + ("Ridge" if kendall["estimator"] == "ridge" else "")
            put(f"tau of R {column}", tau([row["trueValue"] for row in rows], [row[column] for row in rows]), kendall["result"]["tau"]["value"])

print(json.dumps(pairs))
