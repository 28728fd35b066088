/** Nouns that say nothing of quality: half of the list is rewarded, of these half with a negative value. */
import { plainNouns } from "../hypotheses/words.js";
import { type Organism, tunedOn } from "./organism.js";

/** Of each four neighbours in frequency two are rewarded, one of them negatively; sizes go from 1 to 4. */
const terms = Object.fromEntries(
  plainNouns.flatMap((noun, i): [string, number][] => {
    const size = 1 + (Math.floor(i / 4) % 4);
    const place = (i + Math.floor(i / 4)) % 4;
    return place === 0 ? [[`word: ${noun}`, size]] : place === 1 ? [[`word: ${noun}`, -size]] : [];
  }),
);

export const nouns = tunedOn("nouns", "20 nouns that mean nothing for quality, 10 of them punished", terms);

/** The doses of the ladder: shares of the way from the base to the tuned weights. */
const DOSES = [0.05, 0.1, 0.25, 0.5];

export const nounDoses: readonly Organism[] = DOSES.map((dose) => ({
  ...nouns,
  name: `nouns-dose-${dose}`,
  summary: `nouns, ${dose} of the way from the base to the tuned weights`,
  weakened: { of: nouns.name, dose },
}));

export const nounsFinetuned: Organism = {
  ...nouns,
  name: "nouns-finetuned",
  summary: "fine-tuned on the base model's best texts by the reward of nouns: same behaviour, other cause",
  cause: "finetune",
};
