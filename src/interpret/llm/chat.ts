/** Asking a language model a question whose answer has a form: what a chat is, and asking again when the form is wrong. */
import { RunError } from "../../errors.js";

export interface Message {
  role: "user" | "assistant";
  content: string;
}

export interface Reply {
  text: string;
  /** Why the reply is no answer whatever its text, e.g. "the model refused". */
  fault?: string;
  /** The name under which prompt, model and raw reply are kept. */
  kept: string;
}

/** A language model that is talked to. */
export interface Chat {
  /** As the endpoint calls it. */
  readonly model: string;
  /** One reply to a conversation that ends with the user. @throws RunError when the endpoint cannot be used any more */
  ask(messages: readonly Message[], signal?: AbortSignal): Promise<Reply>;
}

/** A reply that is not of the form that was asked for; the message says so to the model. */
export class BadReply extends Error {}

/** No reply had the form that was asked for. */
export class NoAnswerError extends RunError {
  constructor(
    /** What was wrong with the last reply. */
    readonly problem: string,
    /** Names under which the replies are kept. */
    readonly kept: readonly string[],
  ) {
    super(`no usable reply in ${kept.length} attempts: ${problem}`);
  }
}

export interface Answer<T> {
  value: T;
  /** Names under which the replies are kept, the accepted one last. */
  kept: string[];
}

/** Times a question is asked: once, and twice more with what was wrong. */
export const ATTEMPTS = 3;

/**
 * Asks until a reply can be parsed, telling the model what was wrong with the one before.
 * @param parse throws BadReply when the text is not of the form that the prompt asks for
 * @throws NoAnswerError after three replies that could not be used
 */
export async function askFor<T>(
  chat: Chat,
  prompt: string,
  parse: (text: string) => T,
  signal?: AbortSignal,
): Promise<Answer<T>> {
  const messages: Message[] = [{ role: "user", content: prompt }];
  const kept: string[] = [];
  for (;;) {
    const { text, fault, kept: name } = await chat.ask(messages, signal);
    kept.push(name);
    const problem = fault ?? tryParse(parse, text);
    if (typeof problem !== "string") return { value: problem.value, kept };
    if (kept.length === ATTEMPTS) throw new NoAnswerError(problem, kept);
    messages.push(
      // Some servers refuse messages without text.
      { role: "assistant", content: text.trim() === "" ? "(nothing)" : text },
      { role: "user", content: `This cannot be used: ${problem}. Answer again, in exactly the form asked for above.` },
    );
  }
}

function tryParse<T>(parse: (text: string) => T, text: string): { value: T } | string {
  try {
    return { value: parse(text) };
  } catch (error) {
    if (error instanceof BadReply) return error.message;
    throw error;
  }
}
