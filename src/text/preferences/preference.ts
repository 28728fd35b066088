/** Preferences of a person or a model, in one form for all data sets. */

/** A turn of a conversation. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** Plain text, or messages for a chat template. */
export type Turns = string | readonly ChatMessage[];

/** Two answers to one prompt, one of which was preferred. */
export interface PreferencePair {
  readonly prompt: Turns;
  readonly chosen: Turns;
  readonly rejected: Turns;
  /** Scores of both answers, if the data set has them. */
  readonly scores?: { readonly chosen: number; readonly rejected: number };
}

/** One answer, and whether it was desirable. */
export interface LabelledCompletion {
  readonly prompt: Turns;
  readonly completion: Turns;
  readonly label: boolean;
}

/** One row of preference data in one form: two completions of a prompt, or one with a label. */
export type Preference = PreferencePair | LabelledCompletion;

/** Whether a preference compares two answers; otherwise it labels one. */
export function isPair(preference: Preference): preference is PreferencePair {
  return "chosen" in preference;
}
