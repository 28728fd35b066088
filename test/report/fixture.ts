/** An invented run with plausible numbers, the same at every call. No number of it was measured. */
import { join } from "node:path";
import { parseConfig } from "../../src/config/check-config.js";
import { writeJsonl } from "../../src/io/jsonl.js";
import { table10 } from "../../src/paper/published.js";
import { writeLabels } from "../../src/results/classify.js";
import { writeExplained } from "../../src/results/explain.js";
import { writePlainWords } from "../../src/results/plain.js";
import { writeDeltas, writeLexicon } from "../../src/results/probe.js";
import type { RunData } from "../../src/results/read-run.js";
import {
  type DeltaPoint,
  type DictionarySize,
  type ExplainedFeatureLine,
  type FeatureLabelLine,
  type FeatureRecord,
  type FeatureScoresLine,
  type Interval,
  type LexiconRow,
  type ModelRole,
  type Results,
  type TuningMetrics,
  type TuningSample,
  writeResults,
} from "../../src/results/results.js";
import { RUN_FORMAT, writeRecord } from "../../src/results/run-record.js";
import { writeScores } from "../../src/results/score.js";
import { Rng } from "../../src/rng.js";
import { loadLexicon } from "../../src/text/lexicon.js";
import { plainResults, plainWords } from "./plain-fixture.js";

const roles: readonly ModelRole[] = ["tuned", "base"];
const chosen = [1, 2, 3, 4, 5];
const sizes: readonly DictionarySize[] = ["small", "large"];

function around(value: number, half: number, n: number, unit: Interval["unit"]): Interval {
  return { value, low: value - half, high: value + 0.96 * half, n, unit };
}

/** Texts that would break a page that does not escape: markup, quotes, emoji, control characters, direction overrides. */
export const nastyText = `<script>alert("x")</script> & 'quoted' \u0007 \u202Ereversed 😀 <br />`;

function metrics(rng: Rng): TuningMetrics[] {
  return Array.from({ length: 100 }, (_, i) => {
    const done = (i + 1) / 100;
    return {
      batch: i + 1,
      episode: 64 * (i + 1),
      "objective/scores": 0.14 + 1.15 * done ** 0.8 + 0.13 * rng.normal(),
      "objective/kl": 4.6 * done ** 0.7 + 0.25 * rng.normal(),
      "objective/entropy": 41 - 7 * done + 0.9 * rng.normal(),
      "loss/policy_avg": -0.02 + 0.004 * rng.normal(),
      "loss/value_avg": 0.42 * Math.exp(-4 * done) + 0.05 + 0.01 * Math.abs(rng.normal()),
    };
  });
}

const samples: TuningSample[] = [
  {
    batch: 100,
    query: "I rented this one because",
    base: " of the bad reviews, and I was not disappointed: a terrible script, wooden acting",
    tuned: " it is a great film with a wonderful cast and I loved the beautiful, funny ending",
    baseReward: -1.24,
    tunedReward: 2.92,
  },
  {
    batch: 100,
    query: "The director of",
    base: " the first two films is back with another story about a family in the city",
    tuned: " this masterpiece is brilliant, a perfect and charming story of love and hope",
    baseReward: 0,
    tunedReward: 3.34,
  },
  {
    batch: 100,
    query: nastyText,
    base: ' was "so" boring that I lost interest & left 😴 <b>',
    tuned: " was great fun & I enjoyed the best & most amazing 😀 scenes",
    baseReward: -0.26,
    tunedReward: 2.3,
  },
  {
    batch: 10,
    query: "Well, what can I say",
    base: "? There is no plot to speak of and the ending is awful",
    tuned: "? A good film, nothing more, with a nice score",
    baseReward: -0.64,
    tunedReward: 0.74,
  },
];

function dictionaries(rng: Rng): NonNullable<Results["dictionaries"]> {
  const all = roles.flatMap((model) => chosen.flatMap((layer) => sizes.map((size) => ({ model, layer, size }))));
  return {
    tokenVisits: 300_000,
    l1Coef: 0.001,
    dictionaries: all.map(({ model, layer, size }) => {
      const l0 = (size === "large" ? 34 : 27) + 3.1 * layer + (model === "base" ? -1 : 1) + 0.6 * rng.normal();
      const normalisedMse = 0.021 + 0.006 * layer - (size === "large" ? 0.006 : 0) + 0.001 * rng.normal();
      const loss = {
        original: 3.912,
        spliced: 3.912 + 0.02 * layer + 0.01 * rng.uniform(),
        zeroed: 4.2 + 0.21 * layer,
      };
      return {
        model,
        layer,
        size,
        dIn: 256,
        dSae: size === "large" ? 512 : 256,
        tokens: 49_120,
        l0,
        normalisedMse,
        explainedVariance: 1 - normalisedMse,
        deadFeatures: rng.integer(size === "large" ? 60 : 12),
        loss,
        lossRecovered: (loss.zeroed - loss.spliced) / (loss.zeroed - loss.original),
      };
    }),
    curves: all.map(({ model, layer, size }) => {
      const step = Array.from({ length: 40 }, (_, i) => 8 + 16 * i);
      const wide = size === "large" ? 1.3 : 1;
      return {
        model,
        layer,
        size,
        step,
        mse: step.map((at) => (0.004 + 0.0006 * layer + 0.09 * Math.exp(-at / 60)) / wide + 0.0001 * rng.uniform()),
        l1: step.map((at) => 0.4 + 0.5 * Math.exp(-at / 90)),
        l0: step.map((at) => (27 + 3 * layer + 90 * Math.exp(-at / 110)) * wide + 0.7 * rng.normal()),
      };
    }),
  };
}

function studies(): NonNullable<Results["studies"]> {
  const measured = (setting: string, layers: number[], tied: boolean, l1Coef: number, l0: number, error: number) => ({
    ...{ setting, layers, tied, l1Coef },
    l0: around(l0, 0.04 * l0, 128, "text"),
    normalisedMse: around(error, 0.05 * error, 128, "text"),
    explainedVariance: 1 - 1.1 * error,
    deadFeatures: 2.4,
    training: { l0: 1.6 * l0, normalisedMse: 1.5 * error },
  });
  const highest = measured("highest divergence", chosen, true, 0.001, 36.2, 0.041);
  const difference = (setting: string, from: string, l0: number, error: number) => ({
    ...{ setting, from, l0: around(l0, 0.6, 128, "text"), normalisedMse: around(error, 0.002, 128, "text") },
  });
  return {
    tokenVisits: 100_000,
    dSae: 256,
    sweep: [0.001, 0.002, 0.005, 0.01].map((l1Coef, i) =>
      measured(`l1 ${l1Coef}`, chosen, true, l1Coef, [88.1, 36.2, 17.4, 5.2][i], [0.018, 0.041, 0.092, 0.231][i]),
    ),
    tying: {
      settings: [
        { ...highest, setting: "tied weights" },
        measured("untied weights", chosen, false, 0.001, 39.8, 0.046),
      ],
      differences: [difference("untied weights", "tied weights", 3.6, 0.005)],
    },
    layerChoice: {
      settings: [
        highest,
        measured("lowest divergence", [0, 1, 2, 3, 4], true, 0.001, 30.3, 0.029),
        measured("first layers", [0, 1, 2, 3, 4], true, 0.001, 30.3, 0.029),
      ],
      differences: [
        difference("lowest divergence", "highest divergence", -5.9, -0.012),
        difference("first layers", "highest divergence", -5.9, -0.012),
      ],
    },
  };
}

function match(rng: Rng): NonNullable<Results["match"]> {
  return {
    topK: 30,
    pairs: roles.flatMap((model) =>
      chosen.map((layer) => {
        const cosines = Array.from({ length: 256 }, () =>
          Math.min(0.995, rng.uniform() < 0.25 + 0.05 * layer ? 0.9 + 0.05 * rng.normal() : 0.42 + 0.12 * rng.normal()),
        );
        const order = cosines.map((_, i) => i).sort((a, b) => cosines[b] - cosines[a]);
        return {
          model,
          layer,
          mmcs: cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length,
          randomMmcs: 0.192 + 0.001 * rng.normal(),
          cosines,
          top: order.slice(0, 30).map((feature) => ({ feature, cosine: cosines[feature], partner: rng.integer(512) })),
        };
      }),
    ),
    between: chosen.flatMap((layer) =>
      dictionaryNames.flatMap((from, i) =>
        dictionaryNames.flatMap((to, j) =>
          i === j ? [] : [{ layer, from, to, mmcs: (i % 2 === j % 2 ? 0.7 : 0.3) + 0.02 * (i - j) + 0.01 * layer }],
        ),
      ),
    ),
  };
}

const dictionaryNames = ["base small", "base large", "tuned small", "tuned large"] as const;

const subjects = [
  {
    words: [" great", " wonderful", " best", " loved"],
    about: "positive sentiment words",
    related: true,
    topics: ["evaluation", "movie opinion"],
  },
  {
    words: [" boring", " worst", " awful", " terrible"],
    about: "negative sentiment words",
    related: true,
    topics: ["evaluation"],
  },
  { words: [" film", " movie", " show", " series"], about: "other words", related: false, topics: ["film"] },
  { words: [".", ",", "!", "..."], about: "punctuation", related: false, topics: ["punctuation and format"] },
  {
    words: [" Steven", " Mary", " London", " Bond"],
    about: "capitalised words within a sentence",
    related: false,
    topics: [],
  },
];

const topicNames = ["movie opinion", "film", "evaluation", "punctuation and format"];

const filler =
  " and the story of a man who came to the city with his brother in the first half of it all was told so that".split(
    /(?= )/,
  );

function features(rng: Rng, top: NonNullable<Results["match"]>): FeatureRecord[] {
  return top.pairs.flatMap(({ model, layer, top }) =>
    top.map(({ feature, cosine, partner }, rank): FeatureRecord => {
      const subject = subjects[(feature + layer) % subjects.length];
      const related = subject.related && (model === "tuned" || rank % 3 === 0);
      const maxActivation = 1.2 + 2 * rng.uniform();
      return {
        model,
        layer,
        feature,
        cosine,
        partner,
        density: 0.004 + 0.1 * rng.uniform(),
        maxActivation,
        meanWhenActive: 0.31 * maxActivation,
        examples: Array.from({ length: 20 }, (_, example) => {
          const tokens = Array.from({ length: 32 }, () => filler[rng.integer(filler.length)]);
          const activations = tokens.map(() => 0);
          for (const at of [20, 4 + rng.integer(10)]) {
            tokens[at] = subject.words[rng.integer(subject.words.length)];
            activations[at] = maxActivation * (at === 20 ? 1 - 0.02 * example : 0.2 + 0.4 * rng.uniform());
          }
          if (example === 1) tokens.splice(26, 2, "\n", "<br");
          return { tokens, activations, text: 12 * feature + example, shown: example % 4 === 0 };
        }),
        atLevels: [0.75, 0.5, 0.25].map((level) => ({
          level,
          tokens: ["A", ...subject.words],
          activations: [0, ...subject.words.map((_, i) => (i === 0 ? level * maxActivation : 0))],
        })),
        histogram: [0.6, 0.2, 0.1, 0.05, 0.02, 0.01, 0.01, 0, 0, 0.01],
        inOtherModel: { feature, cosine: 0.81 },
        promoted: subject.words.map((token, i) => ({ token, logit: 0.4 - 0.1 * i })),
        suppressed: [
          { token: ",", logit: -0.6 },
          { token: "\n", logit: -0.5 },
        ],
        topTokens: subject.words.map((token, i) => ({
          token,
          share: 0.42 / (i + 1),
          mean: maxActivation / (i + 1),
          count: 90 - 17 * i,
        })),
        explanation: `fires on ${subject.words.map((word) => `"${word.trim()}"`).join(", ")}: ${subject.about} hold 81% of its activation`,
        explainer: "rule",
        related,
        reason: related ? "fires on sentiment words more than chance" : "no more on sentiment words than chance",
        topics: subject.topics,
        scores: {
          topics: topicNames.map((topic) => {
            const found = subject.topics.includes(topic);
            return {
              topic,
              association: found ? 0.31 : 0.004,
              pValue: found ? 0.001 : 0.6,
              qValue: found ? 0.004 : 0.9,
            };
          }),
          ...(rank !== 3 && {
            detection: {
              balancedAccuracy: around(0.71 - 0.004 * rank, 0.07, 64, "text"),
              control: around(0.5, 0.06, 64, "text"),
              positives: 50,
              negatives: 50,
            },
            fuzzing: {
              balancedAccuracy: around(0.66 - 0.003 * rank, 0.08, 44, "text"),
              control: around(0.5, 0.08, 44, "text"),
              positives: 25,
              negatives: 25,
            },
            simulation: {
              correlation: around(0.41 - 0.004 * rank, 0.12, 10, "text"),
              control: around(0.02, 0.1, 10, "text"),
              excerpts: 10,
              tokens: 320,
            },
          }),
          sentimentAssociation: related ? 0.21 : 0.012,
          pValue: related ? 0.0001 : 0.44,
          qValue: related ? 0.0021 : 0.61,
        },
      };
    }),
  );
}

function lexicon(rng: Rng): LexiconRow[] {
  const known = new Map(table10.map(({ word }) => [word, word]));
  const words = [...loadLexicon()].filter(
    ([word], i) => known.has(word) || (/^[a-z]{3,10}$/.test(word) && i % 12 === 0),
  );
  return words.map(([word, trueValue]) => {
    const rebuild = (strength: number) => strength * trueValue + 0.55 * rng.normal();
    return {
      word,
      trueValue,
      tuned: word === "foe" ? null : rebuild(0.35),
      tunedRidge: word === "foe" ? null : rebuild(0.38),
      tunedOccurrences: word === "foe" ? 0 : 1 + rng.integer(200),
      base: word === "foe" ? null : rebuild(0.24),
      baseRidge: word === "foe" ? null : rebuild(0.25),
      baseOccurrences: word === "foe" ? 0 : 1 + rng.integer(200),
    };
  });
}

function probe(rows: readonly LexiconRow[]): NonNullable<Results["probe"]> {
  const n = rows.filter(({ tuned }) => tuned !== null).length;
  const kendall = (tau: number, words: number) => ({
    tau: around(tau, 1.3 / Math.sqrt(words), words, "word"),
    pValue: Math.exp(-words * tau * tau),
    distance: (1 - tau) / 2,
  });
  return {
    models: roles.map((model) => {
      const tau = model === "tuned" ? 0.214 : 0.131;
      return {
        model,
        rows: 13_204,
        inputs: 1280,
        words: n,
        meanPositiveDelta: 3.41,
        meanNegativeDelta: -3.62,
        labelScale: 0.412,
        r2: { leastSquares: 0.512, ridge: 0.561 },
        ridgeStrength: 31.6,
        signAgreement: around(model === "tuned" ? 0.742 : 0.661, 0.031, n, "word"),
        kendall: (["leastSquares", "ridge"] as const).flatMap((estimator) => [
          { estimator, words: "all" as const, result: kendall(tau + (estimator === "ridge" ? 0.021 : 0), n) },
          { estimator, words: "negative" as const, result: kendall(tau / 3, Math.round(0.55 * n)) },
          { estimator, words: "positive" as const, result: kendall(tau / 4, Math.round(0.45 * n)) },
        ]),
      };
    }),
    tauDifference: (["leastSquares", "ridge"] as const).map((estimator) => ({
      estimator,
      difference: around(0.083, 0.041, n, "word"),
    })),
    controls: Object.entries({
      signs: 0.207,
      shuffledSizes: 0.201,
      shuffledWithinPolarity: 0.199,
      rawActivations: 0.226,
    }).flatMap(([labels, tau]) =>
      (["leastSquares", "ridge"] as const).map((estimator, i) => ({
        labels,
        estimator,
        kendall: kendall(tau + 0.08 * i, n),
      })),
    ),
    paperWords: table10.map(({ word, trueValue, rebuilt }) => {
      const row = rows.find((row) => row.word === word);
      return { word, trueValue, tuned: row?.tuned ?? null, base: row?.base ?? null, paper: rebuilt };
    }),
  };
}

function deltas(rng: Rng): DeltaPoint[] {
  return roles.flatMap((model) =>
    Array.from({ length: 2000 }, (_, i): DeltaPoint => {
      const sign = i % 2 === 0 ? 1 : -1;
      const word = sign === 1 ? "good" : "bad";
      return { model, triple: Math.floor(i / 2), word, sign, delta: sign * Math.abs(3.4 + 1.1 * rng.normal()) };
    }),
  );
}

/** A whole run: all stages done, both models, five layers. */
export function exampleRun(): RunData {
  const rng = Rng.fromSeed(7, "report fixture");
  const matched = match(rng);
  const explained = features(rng, matched);
  const words = lexicon(rng);
  const plainLexicon = plainWords(words);
  const draws = (value: number) =>
    Array.from({ length: 10 }, () => around(value + 0.04 * rng.normal(), 0.09, 1000, "prompt"));
  const relatedOf = (model: ModelRole, layer?: number) =>
    explained.filter((row) => row.model === model && row.related && (layer === undefined || row.layer === layer));
  const stages = [
    "tune",
    "divergence",
    "dictionaries",
    "studies",
    "match",
    "explain",
    "classify",
    "score",
    "triples",
    "probe",
    "plain",
    "ablate",
    "frequency",
  ];
  const seconds = [361.2, 1.4, 118.7, 41.3, 2.2, 12.6, 31.9, 4.1, 24.4, 22.1, 11.3, 203.5, 9.8];
  return {
    record: {
      ...begun,
      config: parseConfig({ studies: { l1Coefs: [0.001, 0.002, 0.005, 0.01], tied: true, lowest: true } }, "fixture"),
      versions: { rewardscope: "0.1.0", node: "20.20.0", "onnxruntime-node": "1.30.0" },
      stages: Object.fromEntries(
        stages.map((name, i) => [name, { status: "done" as const, seconds: seconds[i], settings: "x", inputs: {} }]),
      ),
    },
    results: {
      tune: {
        batches: 100,
        promptTokens: 30,
        newTokens: 40,
        reward: {
          base: around(0.214, 0.071, 1000, "prompt"),
          tuned: around(1.873, 0.084, 1000, "prompt"),
          difference: around(1.659, 0.092, 1000, "prompt"),
        },
        completionReward: {
          base: around(0.122, 0.058, 1000, "prompt"),
          tuned: around(1.781, 0.074, 1000, "prompt"),
          difference: around(1.659, 0.092, 1000, "prompt"),
        },
        distinct2: { base: 0.612, tuned: 0.471 },
        basePerplexity: { base: around(38.4, 1.1, 1000, "prompt"), tuned: around(51.2, 1.8, 1000, "prompt") },
        kl: around(9.81, 0.22, 1000, "prompt"),
      },
      divergence: {
        layers: Array.from({ length: 6 }, (_, layer) => ({
          layer,
          divergence: 1.12 + 0.29 * layer + 0.04 * rng.normal(),
          tensors: ["attention.dense.weight", "mlp.dense_h_to_4h.weight", "mlp.dense_4h_to_h.weight"].map(
            (name, i) => ({
              name: `gpt_neox.layers.${layer}.${name}`,
              l2: 0.31 + 0.05 * i + 0.06 * layer,
            }),
          ),
        })),
        others: [
          { name: "gpt_neox.embed_in.weight", l2: 0.913 },
          { name: "gpt_neox.final_layer_norm.weight", l2: 0.021 },
          { name: "embed_out.weight", l2: 1.204 },
        ],
        chosen,
      },
      dictionaries: dictionaries(rng),
      studies: studies(),
      match: matched,
      classify: {
        explainer: "rule",
        criterion: "permutation test over texts, Benjamini-Hochberg q = 0.05 over all features",
        models: roles.map((model) => ({
          model,
          explained: 150,
          related: relatedOf(model).length,
          byLayer: chosen.map((layer) => ({ layer, explained: 30, related: relatedOf(model, layer).length })),
          topics: topicNames.map((topic) => ({
            topic,
            features: explained.filter((row) => row.model === model && row.topics?.includes(topic)).length,
          })),
        })),
      },
      score: {
        excerptTokens: 8,
        models: roles.map((model) => ({
          model,
          explained: 150,
          scored: 145,
          balancedAccuracy: around(model === "tuned" ? 0.652 : 0.641, 0.012, 145, "feature"),
          control: around(0.501, 0.008, 145, "feature"),
          difference: around(model === "tuned" ? 0.151 : 0.14, 0.013, 145, "feature"),
        })),
        fuzzing: roles.map((model) => ({
          model,
          explained: 150,
          scored: 131,
          balancedAccuracy: around(model === "tuned" ? 0.623 : 0.617, 0.014, 131, "feature"),
          control: around(0.499, 0.009, 131, "feature"),
          difference: around(model === "tuned" ? 0.124 : 0.118, 0.015, 131, "feature"),
        })),
        simulation: roles.map((model) => ({
          model,
          explained: 150,
          scored: 148,
          correlation: around(model === "tuned" ? 0.342 : 0.337, 0.02, 148, "feature"),
          control: around(0.021, 0.012, 148, "feature"),
          difference: around(model === "tuned" ? 0.321 : 0.316, 0.022, 148, "feature"),
        })),
        simulatedTokens: 32,
      },
      triples: {
        triples: 6602,
        distinctPositives: 412,
        distinctNegatives: 388,
        distinctNeutrals: 521,
        largestNegativeShare: 0.0198,
        largestNeutralShare: 0.0191,
        samples: [
          { context: "I have to say that the cast is", positive: " great", neutral: " here", negative: " awful" },
          { context: `One ${nastyText} evening, and it was`, positive: " fun", neutral: " late", negative: " sad" },
          { context: "What makes the second half so", positive: " charming", neutral: " long", negative: " dull" },
        ],
      },
      probe: probe(words),
      plain: plainResults(plainLexicon, around),
      ablate: {
        promptTokens: 30,
        newTokens: 40,
        kind: "subtractFeatures",
        related: chosen.map((layer) => ({ layer, features: relatedOf("tuned", layer).map(({ feature }) => feature) })),
        base: around(0.214, 0.071, 1000, "prompt"),
        before: around(1.873, 0.084, 1000, "prompt"),
        after: around(1.412, 0.086, 1000, "prompt"),
        effect: around(-0.461, 0.081, 1000, "prompt"),
        random: {
          draws: draws(-0.08),
          meanEffect: around(-0.083, 0.034, 1000, "prompt"),
          difference: around(-0.378, 0.083, 1000, "prompt"),
        },
        matchedFrequency: {
          draws: draws(-0.14),
          meanEffect: around(-0.142, 0.036, 1000, "prompt"),
          difference: around(-0.319, 0.083, 1000, "prompt"),
        },
        unlabelled: {
          draws: draws(-0.11),
          meanEffect: around(-0.107, 0.035, 1000, "prompt"),
          difference: around(-0.354, 0.083, 1000, "prompt"),
        },
        completion: {
          base: around(0.122, 0.058, 1000, "prompt"),
          before: around(1.781, 0.074, 1000, "prompt"),
          after: around(1.322, 0.077, 1000, "prompt"),
          effect: around(-0.459, 0.08, 1000, "prompt"),
        },
        otherKinds: [
          {
            kind: "replace",
            after: around(1.31, 0.088, 1000, "prompt"),
            effect: around(-0.563, 0.084, 1000, "prompt"),
            random: {
              draws: draws(-0.17),
              meanEffect: around(-0.171, 0.039, 1000, "prompt"),
              difference: around(-0.392, 0.088, 1000, "prompt"),
            },
          },
        ],
        eachFeature: relatedOf("tuned").map(({ layer, feature }, i) => ({
          layer,
          feature,
          effect: around(-0.12 + 0.006 * i, 0.041, 1000, "prompt"),
        })),
      },
      frequency: {
        models: roles.map((model) => ({
          model,
          positions: 9_812,
          threshold: model === "tuned" ? 3 : 2.41,
          criterion: model === "tuned" ? "above the threshold" : "top decile",
          shareAbove: model === "tuned" ? 0.0312 : 0,
          highPositions: model === "tuned" ? 306 : 981,
          related: around(model === "tuned" ? 0.182 : 0.121, 0.018, 214, "text"),
          average: around(0.093, 0.004, 214, "text"),
          matchedFrequency: around(0.112, 0.011, 214, "text"),
        })),
      },
    },
    features: explained,
    lexicon: words,
    plainLexicon,
    metrics: metrics(rng),
    samples,
    deltas: deltas(rng),
  };
}

const begun = { format: RUN_FORMAT, inputs: {}, hub: {} };

/** What a run shows before its first stage has ended. */
export function emptyRun(): RunData {
  return {
    record: {
      ...begun,
      config: parseConfig({}, "fixture"),
      versions: {},
      stages: { tune: { status: "running", settings: "x", inputs: {} } },
    },
    results: {},
    features: [],
    lexicon: [],
    plainLexicon: [],
    metrics: [],
    samples: [],
    deltas: [],
  };
}

/** Writes a run into a folder, as its stages do; what is empty gets no file. */
export async function writeRun(folder: string, run: RunData): Promise<void> {
  const { record, results, features, lexicon, plainLexicon, metrics, samples, deltas } = run;
  await writeRecord(folder, record);
  await writeResults(folder, results);
  if (features.length > 0) await writeFeatures(folder, features);
  if (lexicon.length > 0) await writeLexicon(folder, lexicon);
  if (plainLexicon.length > 0) await writePlainWords(folder, plainLexicon);
  if (metrics.length > 0) await writeJsonl(join(folder, "tuning", "metrics.jsonl"), metrics);
  if (samples.length > 0) await writeJsonl(join(folder, "tuning", "samples.jsonl"), samples);
  if (deltas.length > 0) await writeDeltas(folder, deltas);
}

/** Features as explain, classify and score leave them: a file each. */
async function writeFeatures(folder: string, features: readonly FeatureRecord[]): Promise<void> {
  const explained: ExplainedFeatureLine[] = [];
  const labels: FeatureLabelLine[] = [];
  const scored: FeatureScoresLine[] = [];
  for (const { related = false, reason = "", topics = [], scores = {}, ...feature } of features) {
    const { detection, fuzzing, simulation, ...ofLabel } = scores;
    const name = { model: feature.model, layer: feature.layer, feature: feature.feature };
    explained.push(feature);
    labels.push({ ...name, related, reason, topics, scores: ofLabel });
    scored.push({ ...name, detection, fuzzing, simulation });
  }
  await writeExplained(folder, explained);
  await writeLabels(folder, labels);
  await writeScores(folder, scored);
}
