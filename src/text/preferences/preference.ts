/** What a person or a model preferred, in one form whatever the data set's. */

/** A turn of a conversation. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** Plain text, or turns that a chat template makes text of. */
export type Turns = string | readonly ChatMessage[];

/** Two answers to one prompt, of which one was preferred. */
export interface PreferencePair {
  readonly prompt: Turns;
  readonly chosen: Turns;
  readonly rejected: Turns;
  /** Grades of both, where the data set has them. */
  readonly scores?: { readonly chosen: number; readonly rejected: number };
}

/** One answer and whether it was wanted. */
export interface LabelledCompletion {
  readonly prompt: Turns;
  readonly completion: Turns;
  readonly label: boolean;
}

export type Preference = PreferencePair | LabelledCompletion;

export function isPair(preference: Preference): preference is PreferencePair {
  return "chosen" in preference;
}
