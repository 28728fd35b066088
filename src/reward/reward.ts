/** The type of a reward. */

/**
 * A reward for texts: one finite number per text, in the same order. It may be any function of
 * texts, also an asynchronous one. A generated text is prefix and completion together (section 4.1
 * of the paper). Callers pass a copy of their list, which the reward may change.
 */
export interface Reward {
  (texts: readonly string[]): readonly number[] | Promise<readonly number[]>;
  /** Frees resources such as a model. Absent for a reward without resources. */
  dispose?(): Promise<void>;
}
