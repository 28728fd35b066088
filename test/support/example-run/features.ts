/** Features of the invented run, with examples, explanations, labels and scores. */
import type { FeatureRecord, Results } from "../../../src/results/results.js";
import type { Rng } from "../../../src/rng.js";
import { around } from "./shape.js";

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

export const topicNames = ["movie opinion", "film", "evaluation", "punctuation and format"];

const filler =
  " and the story of a man who came to the city with his brother in the first half of it all was told so that".split(
    /(?= )/,
  );

export function features(rng: Rng, top: NonNullable<Results["match"]>): FeatureRecord[] {
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
