/** The type of a reward. */

/**
 * A reward for texts: one finite number for each, in the same order. Any function of texts will do;
 * a slow or remote one may answer later. Prefix and completion of a generated text come as one text
 * (section 4.1 of the paper). Trainers and stages give it a list of its own: what it does with that
 * changes nothing else.
 */
export interface Reward {
  (texts: readonly string[]): readonly number[] | Promise<readonly number[]>;
  /** Frees resources such as a model. Absent for a reward without resources. */
  dispose?(): Promise<void>;
}
