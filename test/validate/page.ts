/** docs/validation.md, written from what was measured. */
import type { ControlEffect, Interval } from "../../src/pipeline/index.js";
import type { Verdict } from "./criteria.js";
import { NULL_RUNS, type NullRuns } from "./null-runs.js";
import { type PlantedDictionary, type Recovery, toy } from "./planted-dictionary.js";
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
    ["", kind, ""],
    verdicts.filter((one) => one.kind === kind).map((one) => [one.part, one.claim, answer(one)]),
  );
}

function dictionarySection({ learned, random, top }: PlantedDictionary) {
  const recovery = ({ meanMaxCosine, recovered }: Recovery) => [fixed(meanMaxCosine, 3), percent(recovered)];
  return `## Planted dictionary: do the autoencoders find the true features?

${toy.features} random directions in ${toy.dIn} dimensions; each token is the sum of ${toy.active} of them with weights between 0 and 1 (as in
Sharkey et al. 2022). A true feature is recovered if a learned one has a cosine above 0.9 with it. The small dictionary has ${toy.small} features,
the large one ${toy.large}. The L1 penalty was set before the first run; the other way is that of \`default\`.

${table(
  ["trained", "token visits", "small: mean max cosine", "recovered", "large: mean max cosine", "recovered"],
  [
    ...learned.map(({ name, tokenVisits, small, large }) => [
      ...[name, tokenVisits.toLocaleString("en")],
      ...[...recovery(small), ...recovery(large)],
    ]),
    ["random directions", "-", ...recovery(random.small), ...recovery(random.large)],
  ],
)}

Does agreement between the two sizes select true features?

${table(
  [
    "trained",
    "MMCS of small in large",
    "of random ones",
    `true among the ${top} best matched`,
    "true among all of the small",
  ],
  learned.map(({ name, mmcs, randomMmcs, trueAmongTop, trueAmongAll }) => [
    ...[name, fixed(mmcs, 3), fixed(randomMmcs, 3)],
    ...[percent(trueAmongTop), percent(trueAmongAll)],
  ]),
)}
`;
}

function nullSection({ rows, exceeded }: NullRuns) {
  return `## Null runs: are there false positives?

${NULL_RUNS} small runs with ${NULL_RUNS} seeds, all stages. The reward is a hash of the text, so that no property of a text predicts it, and the lexicon
gives random values to 200 random words, so that the value of a word does not depend on others. Ten random features of a layer are labelled for
the ablation. (With a constant reward every interval of a reward is
[0, 0]; one such run is part of the command.) Each 95% interval may exclude 0 in 5% of the runs: in at most 3 of 20 with
a probability of 0.984. With ${rows.length} numbers, one counts as exceeded at a probability below ${(0.05 / rows.length).toFixed(4)}.

${table(
  ["95% interval of", "runs", "exclude 0", "below / above", "P(this number or more)", "mean value"],
  rows.map((row) => [
    row.figure,
    String(row.runs),
    exceeded.includes(row) ? `**${row.excluding}**` : String(row.excluding),
    `${row.below} / ${row.above}`,
    fixed(row.probability, 3),
    fixed(row.meanValue, 3),
  ]),
)}

In total, ${rows.reduce((sum, { excluding }) => sum + excluding, 0)} of ${rows.reduce((sum, { runs }) => sum + runs, 0)} intervals exclude 0 (intervals of one run are not independent).
${
  exceeded.length === 0
    ? "None excludes 0 more often than allowed."
    : `More often than allowed: ${exceeded.map(({ figure }) => figure).join("; ")}. These intervals are too narrow.`
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

The embedded model is tuned (${tune!.batches} batches of 64) on a lexicon of 20 nouns and nothing else: ${list(1)}; ${list(-1)}. None expresses
quality, so the base model has no reason to distinguish the two kinds. Another 20 nouns of the same frequencies with the same values are decoys,
which are not rewarded: the method is run on the same two models with them as its lexicon. All other words of VADER's lexicon have the value 0 in both.

Reward of ${tune!.reward.difference.n} completions: base ${within(tune!.reward.base)}, tuned ${within(tune!.reward.tuned)}, difference ${within(tune!.reward.difference)}; distinct-2 ${fixed(tune!.distinct2.base)} and ${fixed(tune!.distinct2.tuned)},
KL ${fixed(tune!.kl.value, 1)} nats per completion.

### The rebuilt lexicon

R is fitted without the word that it values. Deltas get their sign from the given lexicon, so decoys show R's values of
words whose signs have no meaning for the model.

${rankingTable(found)}

AUC of R, tuned − base: ${planted.differences.map(({ estimator, difference }) => `${within(difference)} (${estimatorName(estimator)})`).join(", ")}; for decoys ${found.decoys.differences.map(({ estimator, difference }) => `${within(difference)} (${estimatorName(estimator)})`).join(", ")}.

Of the ${writtenMore.first} words that the tuned model writes more often than the base model (log-odds, strongest first), ${writtenMore.positive} are planted
positive ones and ${writtenMore.negative} planted negative ones.

Do words without reward get values near 0? Median absolute value of R:

${table(
  ["estimator", "model", "planted words", "unrewarded words", "number", "AUC, planted further from 0"],
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

A feature counts as active on planted words if its mean activation there is at least twice its mean over all tokens, on texts that neither
autoencoders nor labels have used.

${table(
  ["model", "explained", "labelled", "active on planted words", "both", "precision", "recall", "labelled for decoys"],
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
  ["ablated", "change of the reward", "labelled − these"],
  [
    ["labelled features", within(ablate!.effect), ""],
    ...control("same number of random features", ablate!.random),
    ...control("same number of features of the same frequency", ablate!.matchedFrequency),
  ],
)}
`;
}

export function validationPage({ dictionary, nulls, planted, verdicts }: Measured): string {
  return `# Validation on known truth

Runs with known truth. \`npm run validate\` makes them, measures every number below and writes this page; the runs behind this page took
${((planted.seconds + nulls.seconds) / 60).toFixed(0)} minutes. The command can be stopped and continued, and fails when a requirement does not hold. The thresholds are in
[criteria.ts](../test/validate/criteria.ts) and were set before the first full run, except for the two questions about the implicit reward. That run
divided the planted reward by 1 instead of 5, so the policy ended in one repeated phrase at the reward's upper limit (9.96 of 10, distinct-2
0.14, 35 nats), where an ablation cannot change the reward. Since then the scale is the default's. Later the default's coefficient of the KL penalty
became 0.2, too much for rewards with a standard deviation of 0.18, and its rate a falling one: the planted reward rose by 0.01 [-0.02, 0.04], and by 0.02
[-0.00, 0.05] with the coefficient that the spread of the rewards asks for. Since then it is tuned with that coefficient (\`ppo.klCoef=auto\`) and a constant rate. In the twenty null runs of that
time, with dictionaries of tied weights, the interval of the ablation of randomly labelled features excluded 0 five times, twice below and three times above; the tables have those of now.

${verdictTable(verdicts, "requirement")}

Questions about the planted reward. A "no" is a finding about the method at this size, not a fault of the program:

${verdictTable(verdicts, "question")}

${dictionarySection(dictionary)}
${nullSection(nulls)}
${plantedSection(planted)}
One model, one seed and one set of planted words: other words and larger models may answer differently.
`;
}
