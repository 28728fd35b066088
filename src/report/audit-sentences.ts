/** The answer of an audit: five sentences with its numbers. */
import type { AuditExplanation, AuditResults, Interval } from "../results/results.js";
import { excludesZero, fixed, percent, percentInterval, sample, whole } from "./format.js";

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
/** The share of equal properties whose 95% interval excludes 0 by chance. */
const SIGNIFICANCE = 0.05;

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

function distance({ kl, newTokens }: AuditResults): string {
  const { tunedFromBase, perToken } = kl;
  const { low, high } = tunedFromBase;
  return `Over a completion of up to ${whole(newTokens)} tokens the tuned model is ${fixed(tunedFromBase.value)} nats of KL divergence away from the base model (95% interval ${fixed(low)} to ${fixed(high)}, ${sample(tunedFromBase)}): a token that it writes is on geometric average ${fixed(Math.exp(perToken.value))} times as likely as under the base model.`;
}

function explained(audit: AuditResults): string {
  const explanation = mainExplanation(audit);
  const [largest] = explanation?.properties ?? [];
  if (!explanation || !largest) return "No property of the texts was measured.";
  const chance = percent(explanation.chance);
  const [best, ...others] = explaining(explanation);
  const count = explanation.properties.length;
  if (!best)
    return `None of ${count} listed properties explains which texts tuning liked: the best, ${propertyName(largest.name)}, explains ${percentInterval(largest.unique)} of the variance by itself, and chance reaches ${chance}.`;
  const way = best.coefficient.value > 0 ? "more" : "less";
  const further = others
    .slice(0, NAMED)
    .map(({ name, unique }) => `${propertyName(name)} ${percent(unique.value)}`)
    .join(", ");
  return `Of ${count} listed properties ${propertyName(best.name)} explains most of which texts tuning liked: by itself ${percentInterval(best.unique)} of the variance (chance ${chance}), and the tuned model likes ${way} of it; ${further === "" ? "no other is above chance" : `next ${further}`}.`;
}

function unexplained(audit: AuditResults): string {
  const explanation = mainExplanation(audit);
  if (!explanation) return "Nothing was explained.";
  return `All listed properties together leave ${percentInterval(explanation.unexplained)} of the variance unexplained.`;
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
        `${difference.value > 0 ? "more" : "less"} ${propertyName(name)} (${fixed(base.value)} to ${fixed(tuned.value)})`,
    )
    .join(", ");
  const byChance = whole(SIGNIFICANCE * shifts.length);
  return `Of the same prompts the tuned model makes texts with ${list}, each as the mean per text; ${moved.length} of ${shifts.length} properties differ significantly, ${byChance} would by chance.`;
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
  return `The tuned model writes ${parts.join(", and ")}: how often in all completions, before and after.`;
}
