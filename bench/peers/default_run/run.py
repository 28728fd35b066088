"""All stages of the default run after tuning, in Python: PyTorch, transformers, NumPy and SciPy, on two threads.

    python run.py INPUTS.json TUNED

INPUTS.json is what bench/work/default-inputs.ts writes of a finished run: settings, texts as token ids, word lists.
TUNED is the tuned model's folder, which tune.py wrote. Prints the seconds of each stage, and at the end one line of
JSON with them, processor seconds, peak memory, amounts of work, and results to compare with those of the run.

Left out, which favours this side: reading and tokenising the corpus, spelling out explanations in English, the
places where a feature is active besides its pattern, the report, and everything of a run folder (files of results,
hashes, checkpoints, continuing).

Done otherwise: activations are kept in memory, not in a file; all tokens of an epoch are mixed, not 20,000 at a time;
the interchange reads 24 pairs at a time, not four, and takes no gradients where none are used; patterns are tested on
excerpts by the words of whole texts.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import transformers

import ablate
import carry
import dictionaries
import explain
import implicit_reward
import language
import probe
import score
import triples
from clock import record
from words import Words

torch.set_num_threads(2)
transformers.utils.logging.disable_progress_bar()
inputs = json.loads(Path(sys.argv[1]).read_text())
rng = np.random.default_rng(inputs["seed"])
config = inputs["config"]


def main():
    models = {"base": language.load(inputs["model"]), "tuned": language.load(sys.argv[2])}
    reward = language.Reward(inputs, language.load_tokenizer(inputs["model"]))
    words = Words(inputs)
    with record.stage("evaluate"):
        completions = ablate.evaluate(models, reward, inputs, rng)
    with record.stage("divergence"):
        layers = dictionaries.divergence(models["base"], models["tuned"], config["layers"]["count"])
    with record.stage("dictionaries"):
        small, large, shared = dictionaries.train_all(models, layers, inputs)
    with record.stage("match"):
        best = dictionaries.match(small, large, layers, config["features"]["topK"], inputs["seed"])
    with record.stage("explain"):
        explained = explain.Explained(models, layers, small, best, words, inputs)
    with record.stage("classify"):
        explain.classify(explained, rng)
    with record.stage("score"):
        score.score(explained, rng)
    with record.stage("triples"):
        drawn = triples.build(models["base"], inputs, words, rng)
    with record.stage("probe"):
        probes, lexicons = probe.run(models, layers, small, drawn, words, inputs, rng)
    with record.stage("implicit-reward"):
        implicit_reward.run(models, completions, words, lexicons, inputs, rng)
    with record.stage("carry"):
        carry.run(models, layers, shared, reward, words, inputs, rng)
    with record.stage("ablate"):
        ablate.ablate(models, layers, small, explained, reward, inputs, rng)
    with record.stage("frequency"):
        ablate.frequency(models, layers, small, probes, explained, words, inputs, rng)
    print(record.line())


main()
