/** Tuning of the invented run: metrics of 100 batches, and samples. */
import type { TuningMetrics, TuningSample } from "../../../src/results/results.js";
import type { Rng } from "../../../src/rng.js";

/** Texts that would break a page that does not escape: markup, quotes, emoji, control characters, direction overrides. */
export const nastyText = `<script>alert("x")</script> & 'quoted' \u0007 \u202Ereversed 😀 <br />`;

export function metrics(rng: Rng): TuningMetrics[] {
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

export const samples: TuningSample[] = [
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
