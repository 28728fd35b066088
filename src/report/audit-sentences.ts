/** The answer of an audit: five sentences with its numbers. */
import type { AuditExplanation, AuditResults, Interval } from "../results/results.js";
import { excludesZero, fixed, interval, percent, percentInterval, sample, significant, whole } from "./format.js";

/** Names of properties within a sentence. A user's own property has its module's name. */
const names: Readonly<Record<string, string>> = {
  ended: "ending the text",
  frequentWords: "frequent words",
  firstPerson: "first person",
  secondPerson: "second person",
  lineBreaks: "line breaks",
};

export const propertyName = (name: string): string => names[name] ?? name;

/** The explanation in the answer: that of whole completions of both models. */
export function mainExplanation({ explanations }: AuditResults): AuditExplanation | undefined {
  return explanations.find(({ texts, measure }) => texts === "samples" && measure === "total");
}

/** Whether all log-ratios are 0, as between a model and itself. */
export function sameModels({ kl, klOfCorpus }: AuditResults): boolean {
  const isZero = ({ value, low, high }: Interval) => value === 0 && low === 0 && high === 0;
  return isZero(kl.tunedFromBase) && isZero(kl.baseFromTuned) && klOfCorpus === 0;
}

/** Properties whose unique share of the variance is above chance with its whole interval. */
export function explaining({ properties, chance }: AuditExplanation): AuditExplanation["properties"] {
  return properties.filter(({ unique }) => unique.low > chance);
}

/** Number of properties and words in a sentence. */
const NAMED = 3;

/**
 * Sentences on: the divergence of the models, the properties that explain it, the unexplained
 * share, the properties that changed, and the words. A difference is reported only if its interval
 * excludes 0 or chance.
 */
export function auditSentences(audit: AuditResults): string[] {
  if (sameModels(audit)) return ofSameModels(audit);
  return [distance(audit), explained(audit), unexplained(audit), shifts(audit), words(audit)];
}

function ofSameModels({ prompts, corpusTexts, explanations }: AuditResults): string[] {
  return [
    `The two models are the same on these texts: the log-ratio is exactly 0 at every token of their completions of ${whole(prompts)} prompts and of ${whole(corpusTexts)} texts.`,
    `None of the ${explanations[0]?.properties.length ?? 0} listed properties explains it, since there is no difference to explain.`,
    "Nothing is left unexplained: 0 of 0.",
    "No property moved: with the same random numbers both write the same completions.",
    "No word is written more often by one of them, and no text is liked or disliked.",
  ];
}

function distance({ kl, klOfCorpus, newTokens }: AuditResults): string {
  const { tunedFromBase, perToken } = kl;
  return `The tuned model's completions of up to ${whole(newTokens)} tokens are ${interval(tunedFromBase)} nats of KL divergence from the base model, ${interval(perToken, 3)} per token (${sample(tunedFromBase)}); on texts that neither wrote it is ${significant(klOfCorpus)} per token.`;
}

function explained(audit: AuditResults): string {
  const explanation = mainExplanation(audit);
  const [largest] = explanation?.properties ?? [];
  if (!explanation || !largest) return "No property of the texts was measured.";
  const chance = percent(explanation.chance);
  const [best, ...others] = explaining(explanation);
  const count = explanation.properties.length;
  if (!best)
    return `No listed property explains what tuning changed: of ${count}, ${propertyName(largest.name)} explains most by itself, ${percentInterval(largest.unique)} of the variance of log-ratios, and chance reaches ${chance}.`;
  const way = best.coefficient.value > 0 ? "more" : "less";
  const further = others
    .slice(0, NAMED)
    .map(({ name, unique }) => `${propertyName(name)} ${percentInterval(unique)}`)
    .join(", ");
  return `Of ${count} listed properties ${propertyName(best.name)} explains most: ${percentInterval(best.unique)} of the variance of log-ratios that no other explains (chance ${chance}), and the tuned model likes ${way} of it (correlation ${interval(best.correlation)})${further === "" ? "; no other is above chance" : `; next ${further}`}.`;
}

function unexplained(audit: AuditResults): string {
  const explanation = mainExplanation(audit);
  if (!explanation) return "Nothing was explained.";
  return `All of them together leave ${percentInterval(explanation.unexplained)} of the variance unexplained in completions that they were not fitted on.`;
}

function shifts({ shifts }: AuditResults): string {
  const moved = shifts
    .filter(({ difference }) => excludesZero(difference))
    .sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
  if (moved.length === 0)
    return `None of the ${shifts.length} properties differs significantly between the two models' completions of the same prompts.`;
  const list = moved
    .slice(0, NAMED)
    .map(
      ({ name, base, tuned, difference }) =>
        `${difference.value > 0 ? "more" : "less"} ${propertyName(name)} (${fixed(base.value)} to ${fixed(tuned.value)}, ${interval(difference)})`,
    )
    .join(", ");
  return `Completing the same prompts, the tuned model has ${list}; ${moved.length} of ${shifts.length} properties differ significantly, where chance alone gives about one in twenty.`;
}

function words({ overRepresented: { moreInTuned, moreInBase, shuffled } }: AuditResults): string {
  const beyond = (list: typeof moreInTuned) => list.filter(({ z }) => Math.abs(z) > shuffled.largest).slice(0, NAMED);
  const named = (list: typeof moreInTuned) =>
    list.map(({ word, base, tuned }) => `“${word}” (${whole(base)} to ${whole(tuned)})`).join(", ");
  const [more, less] = [beyond(moreInTuned), beyond(moreInBase)];
  if (more.length + less.length === 0)
    return `No word is written more or less often beyond chance, which reaches a |z| of ${fixed(shuffled.largest, 1)}.`;
  const parts = [
    more.length > 0 ? `more often ${named(more)}` : "no word more often beyond chance",
    less.length > 0 ? `less often ${named(less)}` : "no word less often beyond chance",
  ];
  return `The tuned model writes ${parts.join(", and ")} (counts in the base model's and in its own completions).`;
}
