/** docs/validation.md, written from what was measured. */
import type { ControlEffect, Interval } from "../../src/pipeline/index.js";
import type { Verdict } from "./criteria.js";
import { NULL_RUNS, type NullRuns } from "./null-runs.js";
import { type PlantedDictionary, toy } from "./planted-dictionary.js";
import type { ImplicitRewardRanking, PlantedReward, WordsOfLexicon } from "./planted-reward.js";

export interface Measured {
  dictionary: PlantedDictionary;
  nulls: NullRuns;
  planted: PlantedReward;
  verdicts: readonly Verdict[];
}

const fixed = (value: number, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : "-");
const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
const within = ({ value, low, high }: Interval, digits = 2) =>
  `${fixed(value, digits)} [${fixed(low, digits)}, ${fixed(high, digits)}]`;
const pValue = (p: number) => (p < 0.001 ? "< 0.001" : p.toFixed(3));
const estimatorName = (estimator: string) => (estimator === "ridge" ? "ridge" : "least squares");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function verdictTable(verdicts: readonly Verdict[], kind: Verdict["kind"]): string {
  const answer = ({ holds }: Verdict) =>
    kind === "requirement" ? (holds ? "holds" : "**fails**") : holds ? "yes" : "**no**";
  return table(
    ["", kind === "requirement" ? "required" : "asked of the method", ""],
    verdicts.filter((one) => one.kind === kind).map((one) => [one.part, one.claim, answer(one)]),
  );
}

function dictionarySection({ learned, random, mmcs, randomMmcs, trueAmongTop, trueAmongAll, top }: PlantedDictionary) {
  return `## Planted dictionary: do the autoencoders find features that are there?

${toy.features} random directions in ${toy.dIn} dimensions; each of ${toy.steps * toy.batch} tokens is the sum of ${toy.active} of them with weights between 0 and 1 (after
Sharkey et al. 2022). A true feature is recovered when a learned one has a cosine above 0.9 with it.

${table(
  ["dictionary", "features", "mean max cosine", "recovered", "random: mean max cosine", "recovered"],
  (["small", "large"] as const).map((size) => [
    size,
    String(toy[size]),
    fixed(learned[size].meanMaxCosine, 3),
    percent(learned[size].recovered),
    fixed(random[size].meanMaxCosine, 3),
    percent(random[size].recovered),
  ]),
)}

MMCS of small in large is ${fixed(mmcs, 3)} (random dictionaries ${fixed(randomMmcs, 3)}). Of the small dictionary's ${top} best matched features ${percent(trueAmongTop)} are
true ones, of all its features ${percent(trueAmongAll)}: agreement between the two sizes picks features that are there.
`;
}

function nullSection({ rows, exceeded }: NullRuns) {
  return `## Null runs: does anything come out where there is nothing?

${NULL_RUNS} small runs with ${NULL_RUNS} seeds through all stages. The reward is a hash of the text, so that no property of a text predicts it, and the lexicon
gives random values to 200 random words, so that nothing about one word follows from others. Ten features of a layer are labelled by lot for
the ablation. (On a constant reward every interval of a reward is
[0, 0] and cannot be wrong; one such run is part of the command.) Each 95% interval may exclude 0 in 5% of the runs: in at most 3 of 20 with
a probability of 0.984. With ${rows.length} figures, one of them is called into question at a probability below ${(0.05 / rows.length).toFixed(4)}.

${table(
  ["95% interval of", "runs", "exclude 0", "below / above", "P(so many or more)", "mean value"],
  rows.map((row) => [
    row.figure,
    String(row.runs),
    exceeded.includes(row) ? `**${row.excluding}**` : String(row.excluding),
    `${row.below} / ${row.above}`,
    fixed(row.probability, 3),
    fixed(row.meanValue, 3),
  ]),
)}

In all ${rows.reduce((sum, { excluding }) => sum + excluding, 0)} of ${rows.reduce((sum, { runs }) => sum + runs, 0)} intervals exclude 0 (figures of one run depend on each other).
${
  exceeded.length === 0
    ? "No figure exceeds its rate."
    : `More often than stated: ${exceeded.map(({ figure }) => figure).join("; ")}. These intervals are too narrow for what they are taken for.`
}
`;
}

function rankingTable({ planted, decoys }: PlantedReward): string {
  const row = (name: string, words: WordsOfLexicon) => {
    const figures = ({ words: count, area, pValue: p, tau, tauP }: ImplicitRewardRanking) => [
      String(count),
      fixed(area),
      pValue(p),
      fixed(tau),
      pValue(tauP),
    ];
    return [
      ...words.rankings.map((one) => [name, `R, ${estimatorName(one.estimator)}`, one.model, ...figures(one)]),
      [name, "implicit reward", "tuned against base", ...figures(words.implicitReward)],
    ];
  };
  return table(
    ["values of", "by", "model", "words", "AUC, + above -", "p", "tau with true values", "p"],
    [...row("planted words", planted), ...row("decoys", decoys)],
  );
}

function plantedSection(found: PlantedReward) {
  const { results, planted, features, decoyLabels, words, writtenMore } = found;
  const { tune, ablate } = results;
  const list = (sign: number) =>
    [...words.planted]
      .filter(([, value]) => Math.sign(value) === sign)
      .map(([word, value]) => `${word} ${value}`)
      .join(", ");
  const control = (name: string, effect: ControlEffect | undefined) =>
    effect ? [[name, within(effect.meanEffect), within(effect.difference)]] : [];
  return `## Planted reward: does the method find what was rewarded?

The embedded model is tuned (${tune!.batches} batches of 64) on a lexicon of 20 nouns and nothing else: ${list(1)}; ${list(-1)}. None says anything about
quality, so the base model has no reason to tell the two kinds apart. Another 20 nouns of the same frequencies with the same values are decoys,
which never paid: the method is run on the same two models with them as its lexicon. All other words of VADER's lexicon stand in both at the value 0.

Reward of ${tune!.reward.difference.n} completions: base ${within(tune!.reward.base)}, tuned ${within(tune!.reward.tuned)}, difference ${within(tune!.reward.difference)}; distinct-2 ${fixed(tune!.distinct2.base)} and ${fixed(tune!.distinct2.tuned)},
KL ${fixed(tune!.kl.value, 1)} nats per completion.

### The rebuilt lexicon

R is fitted without the word that it values. Deltas get their sign from the lexicon that is asked for, so decoys show what R makes of
words whose signs mean nothing to the model.

${rankingTable(found)}

AUC of R, tuned less base: ${planted.differences.map(({ estimator, difference }) => `${within(difference)} (${estimatorName(estimator)})`).join(", ")}; for decoys ${found.decoys.differences.map(({ estimator, difference }) => `${within(difference)} (${estimatorName(estimator)})`).join(", ")}.

Of the ${writtenMore.first} words that the tuned model writes more often than the base model (log-odds, strongest first), ${writtenMore.positive} are planted
positive ones and ${writtenMore.negative} planted negative ones.

Do words that do not pay get values near 0? Median size of R's values:

${table(
  ["estimator", "model", "planted words", "unpaid words", "how many", "AUC, planted further from 0"],
  planted.sizes.map((one) => [
    estimatorName(one.estimator),
    one.model,
    fixed(one.medianPlanted),
    fixed(one.medianUnpaid),
    String(one.unpaidWords),
    fixed(one.area),
  ]),
)}

### The labelled features

A feature fires on planted words when its mean code there is at least twice its mean over all tokens, on texts that neither
autoencoder nor label has seen.

${table(
  ["model", "explained", "labelled", "fire on planted words", "both", "precision", "recall", "labelled for decoys"],
  features.map((one) => [
    one.model,
    String(one.explained),
    String(one.labelled),
    String(one.selective),
    String(one.both),
    one.labelled > 0 ? percent(one.both / one.labelled) : "-",
    one.selective > 0 ? percent(one.both / one.selective) : "-",
    String(decoyLabels.find(({ model }) => model === one.model)!.labelled),
  ]),
)}

### The ablation

${table(
  ["ablated", "change of the reward", "labelled less these"],
  [
    ["labelled features", within(ablate!.effect), ""],
    ...control("as many random ones", ablate!.random),
    ...control("as many equally frequent ones", ablate!.matchedFrequency),
  ],
)}
`;
}

export function validationPage({ dictionary, nulls, planted, verdicts }: Measured): string {
  return `# Does the method work at all?

Runs with known truth. \`npm run validate\` makes them, measures every number below and writes this page; the runs behind this page took
${((planted.seconds + nulls.seconds) / 60).toFixed(0)} minutes. The command goes on where it was stopped, and fails when something does not hold that must. Thresholds stand in
[criteria.ts](../test/validate/criteria.ts) and were set before the first full run, but for the two questions about the implicit reward. That run
divided the planted reward by 1 instead of 5: the policy ended in one repeated phrase at the reward's upper limit (9.96 of 10, distinct-2
0.14, 35 nats), where an ablation has nothing to take away. The scale is the default's since; nothing else was changed.

${verdictTable(verdicts, "requirement")}

The method's answers to what it was asked about the planted reward; a no is a finding about the method at this size, not a fault of the program:

${verdictTable(verdicts, "question")}

${dictionarySection(dictionary)}
${nullSection(nulls)}
${plantedSection(planted)}
One model, one seed and one set of planted words: other words and larger models may answer differently.
`;
}
