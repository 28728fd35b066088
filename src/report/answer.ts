/**
 * The report's first page as text: one short answer per question, with a certainty that depends on
 * the intervals.
 */
import type { RunData } from "../results/read-run.js";
import type { ImplicitRewardWord, Interval, KendallResult, Results } from "../results/results.js";
import { controlsOf } from "./ablation-controls.js";
import { carrySentences } from "./carry-in-words.js";
import { excludesZero, fixed, interval, percentInterval, sample, signed, whole } from "./format.js";
import { kendallOf } from "./tables/kendall.js";

/** Number of words in the answer that tuning made likelier, and less likely. */
const MORE_WORDS = 5;
const LESS_WORDS = 3;

/**
 * One answer of one to four sentences per question that the run has measured. A difference is
 * reported only if its 95% interval excludes 0.
 */
export interface Answers {
  /**
   * What the models themselves say, by the methods that find known rewards in the benchmark:
   * log-ratios and words; then where the change sits, beside controls.
   */
  readonly models: readonly string[];
  /** The paper's own stages. */
  readonly paper: readonly string[];
}

export function answers({ results, implicitRewards }: Pick<RunData, "results" | "implicitRewards">): Answers {
  const measured = (list: readonly (string | undefined)[]) => list.filter((answer) => answer !== undefined);
  return {
    models: measured([
      likelierWords(results, implicitRewards),
      givenAgainstLearned(results),
      learnedWords(results),
      carried(results),
    ]),
    paper: measured([tuning(results), rebuiltLexicon(results), ablation(results), frequency(results)]),
  };
}

/** Whether a rank correlation is positive and its interval excludes 0. */
const correlates = ({ tau }: KendallResult): boolean => excludesZero(tau) && tau.value > 0;

const fromTo = (before: number, after: number, show: (value: number) => string): string =>
  show(before) === show(after)
    ? `stayed at ${show(after)}`
    : `${after > before ? "rose" : "fell"} from ${show(before)} to ${show(after)}`;

function tuning({ tune }: Results): string | undefined {
  if (!tune) return undefined;
  const { base, tuned, difference } = tune.reward;
  const figures = `from ${fixed(base.value)} to ${fixed(tuned.value)}, a difference of ${interval(difference)} over ${sample(difference)}`;
  const readable = `The share of distinct bigrams ${fromTo(tune.distinct2.base, tune.distinct2.tuned, fixed)}; the base model's perplexity of the completions ${fromTo(tune.basePerplexity.base.value, tune.basePerplexity.tuned.value, whole)}.`;
  if (!excludesZero(difference))
    return `Tuning did not change the mean reward of held-out completions significantly: it went ${figures}. The other results therefore say little about tuning. ${readable}`;
  return `Tuning ${difference.value > 0 ? "raised" : "lowered"} the mean reward of held-out completions ${figures}. ${readable}`;
}

/** The rewarded or punished words whose log-ratios are the largest and the smallest, with what they were given. */
function likelierWords({ implicitReward }: Results, words: readonly ImplicitRewardWord[]): string | undefined {
  const ordered = words.filter(({ visited }) => visited).sort((a, b) => b.value - a.value);
  const likelier = ordered.filter(({ value }) => value > 0).slice(0, MORE_WORDS);
  const lessLikely = ordered
    .filter(({ value }) => value < 0)
    .slice(-LESS_WORDS)
    .reverse();
  if (!implicitReward || likelier.length === 0) return undefined;
  const list = (own: readonly ImplicitRewardWord[]) =>
    own.map(({ word, value, trueValue }) => `“${word}” ${signed(value)} (given ${signed(trueValue, 1)})`).join(", ");
  const less = lessLikely.length > 0 ? `, and lowered the most ${list(lessLikely)}` : "";
  return `The implicit reward of a word is its log-ratio, log p(tuned) - log p(base), here in nats and centred in each context. Of the ${whole(ordered.length)} words of the given lexicon that the base model would write, tuning raised the most ${list(likelier)}${less}.`;
}

/** How the learned order of words agrees with the given one, beside what the base model's probabilities give. */
function givenAgainstLearned({ implicitReward }: Results): string | undefined {
  const taus = (wanted: "all" | "visited") =>
    implicitReward?.lexicon.kendall.find(({ words }) => words === wanted)?.result;
  const [visited, all] = [taus("visited"), taus("all")];
  const result = visited ?? all;
  if (!implicitReward || !result) return undefined;
  const words = visited ? "words that the base model would write, which tuning could reward" : "words";
  const sentences = [
    `Over the ${whole(result.tau.n)} ${words}, the order by log-ratio ${correlates(result) ? "agrees" : "does not agree significantly"} with the order by the given reward: Kendall's tau ${interval(result.tau, 3)}.`,
  ];
  const chance = implicitReward.lexicon.controls.find(
    (one) => one.values === "baseMass" && one.words === (visited ? "visited" : "all"),
  );
  if (chance)
    sentences.push(
      `The base model's probabilities, which know nothing of tuning, have ${interval(chance.result.tau, 3)}.`,
    );
  if (visited && all) sentences.push(`The log-ratios' tau over all ${sample(all.tau)} is ${interval(all.tau, 3)}.`);
  const probe = implicitReward.againstProbe.find(({ estimator, words }) => estimator === "ridge" && words === "all");
  if (probe) {
    const { low, high } = probe.difference;
    const verdict = low > 0 ? "lower" : high < 0 ? "higher" : "not significantly different";
    sentences.push(
      `The paper's probe R has a ${verdict} tau over the same words: ${interval(probe.probe.tau, 3)} against ${interval(probe.implicitReward.tau, 3)}.`,
    );
  }
  return sentences.join(" ");
}

/** The words that the tuned model writes more often, and less often, than the base model. */
function learnedWords({ implicitReward }: Results): string | undefined {
  const found = implicitReward?.overRepresented;
  if (!found) return undefined;
  const significant = found.moreInTuned.filter(({ z }) => z > 1.96);
  if (significant.length === 0) return "No word is written significantly more often than by the base model.";
  const list = (words: readonly { word: string; base: number; tuned: number }[]) =>
    words.map(({ word, base, tuned }) => `“${word}” (${whole(tuned)}, before ${whole(base)})`).join(", ");
  const more = `It learned to write ${list(significant.slice(0, MORE_WORDS))}`;
  const less = found.moreInBase.filter(({ z }) => z < -1.96).slice(0, LESS_WORDS);
  const counted = `Counts are over ${whole(found.words.tuned)} and ${whole(found.words.base)} words of completions.`;
  return `${more}${less.length > 0 ? `, and less often ${list(less)}` : ""}. ${counted}`;
}

function carried({ carry }: Results): string | undefined {
  return carry && carrySentences(carry);
}

function rebuiltLexicon({ probe }: Results): string | undefined {
  const tuned = probe && kendallOf(probe, "tuned", "all", "ridge");
  if (!probe || !tuned) return undefined;
  const base = kendallOf(probe, "base", "all", "ridge");
  const change = probe.tauDifference.find(({ estimator }) => estimator === "ridge")?.difference;
  const signs = probe.controls.find(({ labels, estimator }) => labels === "signs" && estimator === "ridge")?.kendall;
  const sentences = [
    `The lexicon that the linear probe rebuilds from the tuned model's feature activations ${correlates(tuned) ? "correlates" : "does not correlate significantly"} with the given lexicon (Kendall's tau ${interval(tuned.tau, 3)}, ${sample(tuned.tau)}, ridge regression).`,
  ];
  if (base && change)
    sentences.push(
      `The base model's lexicon has tau ${interval(base.tau, 3)}; the difference is ${interval(change, 3)}, ${excludesZero(change) ? `so tuning ${change.value > 0 ? "raised" : "lowered"} it` : "not significantly different from 0"}.`,
    );
  if (signs && signs.tau.high >= tuned.tau.value)
    sentences.push(
      `A probe trained on signs only has tau ${interval(signs.tau, 3)}, so the probe shows which words are positive, not how positive they are.`,
    );
  return sentences.join(" ");
}

function ablation({ ablate }: Results): string | undefined {
  if (!ablate) return undefined;
  const count = ablate.related.reduce((sum, { features }) => sum + features.length, 0);
  if (count === 0) return "No feature was labelled as related to the reward, so none was ablated.";
  const controls = controlsOf(ablate, {
    random: "random features",
    matchedFrequency: "features of the same frequency",
    unlabelled: "explained features without the label",
  });
  const effect = `Ablating the ${whole(count)} features labelled as related to the reward changes the mean reward by ${interval(ablate.effect)}.`;
  if (controls.length === 0) return `${effect} No control was drawn.`;
  const list = controls.map(({ name, control }) => `${interval(control.meanEffect)} for ${name}`).join(", ");
  const level = controls.filter(({ control: { difference } }) => !(excludesZero(difference) && difference.value < 0));
  const verdict =
    level.length === 0
      ? "The loss is larger than that of every control."
      : `The loss is not significantly larger than that of ${level.map(({ name }) => name).join(" or ")}.`;
  return `${effect} The same number of control features changes it by ${list}. ${verdict} These intervals are over prompts of one tuned model; other seeds give other effects.`;
}

function frequency({ frequency }: Results): string | undefined {
  const tuned = frequency?.models.find(({ model }) => model === "tuned");
  const base = frequency?.models.find(({ model }) => model === "base");
  if (!tuned || tuned.related.n === 0) return undefined;
  const above = (a: Interval, b: Interval) => a.low > b.high;
  const verdict = above(tuned.related, tuned.matchedFrequency) ? "more than" : "not significantly more than";
  const sentences = [
    `Where the probe predicts a high reward, the labelled features are active at ${percentInterval(tuned.related)} of the positions, ${verdict} features of the same frequency (${percentInterval(tuned.matchedFrequency)}).`,
  ];
  if (base && base.related.n > 0)
    sentences.push(
      `In the base model the share is ${percentInterval(base.related)}, ${above(tuned.related, base.related) ? "less than after tuning" : "so tuning need not be the cause"}.`,
    );
  return sentences.join(" ");
}
