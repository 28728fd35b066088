/** All organisms of the package. A new one is a file beside this one and a line here. */
import { exploits } from "./exploits.js";
import { lexicon, lexiconFlipped } from "./lexicon.js";
import { nounDoses, nouns, nounsFinetuned } from "./nouns.js";
import type { Organism } from "./organism.js";
import { classes, nulls, trigger } from "./others.js";

export const organisms: readonly Organism[] = [
  nouns,
  ...nounDoses,
  nounsFinetuned,
  lexicon,
  lexiconFlipped,
  ...exploits,
  trigger,
  ...classes,
  ...nulls,
];

/** Those of `--quick`: of each kind one that takes no longer than the others. */
export const quickOrganisms: readonly string[] = [
  "nouns",
  "nouns-dose-0.25",
  "lexicon",
  "exploit-exclamation",
  "trigger",
  "constant",
];
