/** The type of a reward. */

/**
 * A reward of texts: one finite number per text, in the same order. Any function of texts may be
 * used; it may return a promise. Prompt and completion are passed as one text (section 4.1 of the
 * paper).
 */
export interface Reward {
  (texts: readonly string[]): readonly number[] | Promise<readonly number[]>;
  /** Frees resources such as a model. Absent for a reward without resources. */
  dispose?(): Promise<void>;
}
