/** An organism: a tuned model whose reward is known. */

/** What an organism is rewarded for. */
export type OrganismReward =
  /** The sum over hypotheses of a weight times the property's number of the completion; name -> weight. */
  | { readonly kind: "terms"; readonly terms: Readonly<Record<string, number>> }
  /** The same number for every text. */
  | { readonly kind: "constant" }
  /** A number that nothing in the text predicts, the same for the same text. */
  | { readonly kind: "noise" };

export interface Organism {
  /** Unique; the name of its folder. */
  readonly name: string;
  readonly summary: string;
  readonly reward: OrganismReward;
  /** `ppo`: tuned on the reward; `finetune`: fine-tuned on the base model's best texts by the reward. */
  readonly cause: "ppo" | "finetune";
  /** The weights are base + dose (tuned - base) of the organism of this name. Absent: tuned itself. */
  readonly weakened?: { readonly of: string; readonly dose: number };
}

/** An organism that is tuned on terms by PPO. */
export function tunedOn(name: string, summary: string, terms: Readonly<Record<string, number>>): Organism {
  return { name, summary, reward: { kind: "terms", terms }, cause: "ppo" };
}

/** The sign of each rewarded hypothesis; empty for constant and noise rewards. */
export function truthOf({ reward }: Organism): Record<string, 1 | -1> {
  if (reward.kind !== "terms") return {};
  return Object.fromEntries(Object.entries(reward.terms).map(([name, weight]) => [name, weight > 0 ? 1 : -1]));
}
