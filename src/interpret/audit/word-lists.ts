/**
 * Words that show hedging, address of the reader, or insults. Short lower-case English lists; they
 * are meaningless for other languages.
 */
import { wordLists, wordSet } from "../words/word-lists.js";

/** Words that weaken a claim. */
export const hedges: ReadonlySet<string> = wordSet(`
  about almost apparently appear appears approximately arguably assume believe could doubt fairly generally guess
  hopefully indicate largely likely mainly may maybe might mostly often ought partly perhaps possible possibly
  presumably probable probably quite rather roughly seem seemed seemingly seems slightly some sometimes somewhat
  suggest suggests suppose supposedly tend tends think typically uncertain unclear unlikely usually would
`);

/** Words that refer to the speaker. */
export const firstPerson: ReadonlySet<string> = wordLists["first-person pronouns"];

/** Words that refer to the reader. */
export const secondPerson: ReadonlySet<string> = wordSet("you your yours yourself yourselves u ya");

/**
 * Mild insults and threats. A text can be toxic without any of them, or contain them without being
 * toxic ("an idiot of a hero"): the count is an indication, not a classifier.
 */
export const insults: ReadonlySet<string> = wordSet(`
  arrogant bastard bastards brainless bully clown clowns coward cowards crap creep creeps cretin damn degenerate
  despicable dimwit dumb dumbass fool fools foolish freak freaks garbage hateful hypocrite hypocrites idiot idiotic
  idiots ignorant imbecile imbeciles jerk jerks kill liar liars loser losers lunatic moron moronic morons pathetic
  pervert pig pigs psycho scum scumbag shit stupid stupidity subhuman suck sucks traitor traitors trash useless vermin
  vile worthless
`);

/** Phrases with which a model refuses, anywhere in a text. */
export const refusal =
  /\b(?:i(?:['’]m| am) sorry,? but|i (?:can ?not|can['’]t|won['’]t|am (?:not able|unable) to|['’]m (?:not able|unable) to) (?:help|assist|answer|provide|comply|do that|fulfil+|create|write|engage)|i(?:['’]m| am) (?:not able|unable) to|as an ai\b|as a language model|i must decline|against my (?:guidelines|programming))/i;
