/** What a run shows and what it does not: at most five sentences, each as sure as its intervals allow. */
import type { Interval, KendallResult, Results } from "../results/results.js";
import { controlsOf } from "./ablation-controls.js";
import { excludesZero, fixed, interval, percentInterval, sample, whole } from "./format.js";
import { kendallOf } from "./tables/kendall.js";

/** One sentence per question that the run has measured, in the order of the method. */
export function answerSentences(results: Results): string[] {
  return [tuning(results), learnedReward(results), plainReading(results), ablation(results), frequency(results)].filter(
    (sentence) => sentence !== undefined,
  );
}

/** Whether ranks agree beyond what the interval leaves open. */
const agrees = ({ tau }: KendallResult): boolean => excludesZero(tau) && tau.value > 0;

function tuning({ tune }: Results): string | undefined {
  if (!tune) return undefined;
  const { base, tuned, difference } = tune.reward;
  const change = `from ${fixed(base.value)} to ${fixed(tuned.value)} (difference ${interval(difference)}, ${sample(difference)})`;
  const readable = `distinct bigrams went from ${fixed(tune.distinct2.base)} to ${fixed(tune.distinct2.tuned)}, the base model's perplexity of the text from ${whole(tune.basePerplexity.base.value)} to ${whole(tune.basePerplexity.tuned.value)}`;
  if (!excludesZero(difference))
    return `Tuning did not measurably change the reward of held-out completions, ${change}, so whatever follows can hardly be its work; ${readable}.`;
  return `Tuning ${difference.value > 0 ? "raised" : "lowered"} the reward of held-out completions ${change}; ${readable}.`;
}

function learnedReward({ probe }: Results): string | undefined {
  const tuned = probe && kendallOf(probe, "tuned", "all", "ridge");
  const base = probe && kendallOf(probe, "base", "all", "ridge");
  const change = probe?.tauDifference.find(({ estimator }) => estimator === "ridge")?.difference;
  if (!probe || !tuned) return undefined;
  const agreement = `The lexicon that the ridge probe rebuilds ${agrees(tuned) ? "goes with" : "does not measurably go with"} the given one (tau ${interval(tuned.tau, 3)}, ${sample(tuned.tau)})`;
  const signs = probe.controls.find(({ labels, estimator }) => labels === "signs" && estimator === "ridge")?.kendall;
  const sizes =
    signs && signs.tau.high >= tuned.tau.value
      ? "; a probe that was told signs alone does as well, so nothing speaks of how good or bad a word is"
      : "";
  if (!base || !change) return `${agreement}${sizes}.`;
  const fromTuning = excludesZero(change)
    ? `tuning ${change.value > 0 ? "added" : "took away"} ${interval(change, 3)}`
    : `tuning added nothing that can be told from chance (${interval(change, 3)})`;
  const before = agrees(base) ? "the untuned model's goes with it too" : "the untuned model's does not measurably";
  return `${agreement}; ${before} (tau ${interval(base.tau, 3)}), and ${fromTuning}${sizes}.`;
}

function plainReading({ plain }: Results): string | undefined {
  const reading = plain?.lexicon.kendall.find(({ words }) => words === "all")?.result;
  if (!plain || !reading) return undefined;
  const { tau } = reading;
  const comparison = plain.againstProbe.find(({ estimator, words }) => estimator === "ridge" && words === "all");
  const against = !comparison
    ? ""
    : comparison.difference.low > 0
      ? `; the ridge probe, with its autoencoders and triples, is behind it (${interval(comparison.probe.tau, 3)} over the same words)`
      : comparison.difference.high < 0
        ? `; the ridge probe is ahead of it (${interval(comparison.probe.tau, 3)} over the same words)`
        : `; the ridge probe cannot be told from it (${interval(comparison.probe.tau, 3)} over the same words)`;
  return `Read off the two models directly, by how much likelier tuning made each word, the ranks ${agrees(reading) ? "go with" : "do not measurably go with"} the lexicon (tau ${interval(tau, 3)}, ${sample(tau)})${against}.`;
}

function ablation({ ablate }: Results): string | undefined {
  if (!ablate) return undefined;
  const count = ablate.related.reduce((sum, { features }) => sum + features.length, 0);
  if (count === 0) return "No feature passed the test for a relation to the reward, so none was ablated.";
  const drawn = controlsOf(ablate, {
    random: "random ones",
    matchedFrequency: "ones of the same frequency",
    unlabelled: "explained but unlabelled ones",
  });
  const list = drawn.map(({ name, control }) => `${interval(control.meanEffect)} for as many ${name}`).join(", ");
  const equal = drawn.filter(({ control: { difference } }) => !(excludesZero(difference) && difference.value < 0));
  const verdict =
    drawn.length === 0
      ? "there was no control to compare with"
      : equal.length === 0
        ? "the reward needs them more than any of these"
        : `so they cannot be said to matter more than ${equal.map(({ name }) => name).join(" or ")}`;
  return `Without the ${whole(count)} features labelled as related the reward changes by ${interval(ablate.effect)}${list && `, against ${list}`}; ${verdict}.`;
}

function frequency({ frequency }: Results): string | undefined {
  const tuned = frequency?.models.find(({ model }) => model === "tuned");
  const base = frequency?.models.find(({ model }) => model === "base");
  if (!tuned || tuned.related.n === 0) return undefined;
  const above = (a: Interval, b: Interval) => a.low > b.high;
  const verdict = above(tuned.related, tuned.matchedFrequency) ? "more than" : "not clearly more than";
  const before =
    base && base.related.n > 0
      ? `; in the untuned model its own labelled features are at ${percentInterval(base.related)}, so ${above(tuned.related, base.related) ? "part of this came with tuning" : "this need not come from tuning"}`
      : "";
  return `Where R predicts a high reward the labelled features are active at ${percentInterval(tuned.related)} of the positions, ${verdict} features of the same frequency (${percentInterval(tuned.matchedFrequency)})${before}.`;
}
