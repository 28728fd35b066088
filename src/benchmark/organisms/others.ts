/** A reward with a trigger, rewards of classes of words, and rewards that teach nothing. */
import { type Organism, tunedOn } from "./organism.js";

export const trigger = tunedOn("trigger", "positive words, but only after a word for films", {
  "condition: positive words after words for films": 1,
});

export const classes: readonly Organism[] = [
  tunedOn("class-first-person", "first-person pronouns", { "class: first-person pronouns": 1 }),
  tunedOn("class-ly", "words that end in -ly", { 'class: words that end in "-ly"': 1 }),
];

export const nulls: readonly Organism[] = [
  { name: "constant", summary: "the same reward for every text", reward: { kind: "constant" }, cause: "ppo" },
  { name: "noise", summary: "a reward that nothing in a text predicts", reward: { kind: "noise" }, cause: "ppo" },
];
