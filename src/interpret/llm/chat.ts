/**
 * Requests to a language model whose answers must have a fixed form; a malformed answer is
 * requested again.
 */
import { RunError } from "../../errors.js";

/** One message of a conversation. */
export interface Message {
  role: "user" | "assistant";
  content: string;
}

/** A reply of a language model as it came. */
export interface Reply {
  text: string;
  /** The reason why the reply cannot be used, regardless of its text, e.g. "the model refused". */
  fault?: string;
  /** The name under which prompt, model and raw reply are saved. */
  kept: string;
}

/** A language model behind a chat endpoint. */
export interface Chat {
  /** The endpoint's name of the model. */
  readonly model: string;
  /**
   * One reply to a conversation that ends with the user.
   * @throws RunError when the endpoint cannot be used
   */
  ask(messages: readonly Message[], signal?: AbortSignal): Promise<Reply>;
}

/** A reply of the wrong form; the message is sent to the model. */
export class BadReply extends Error {}

/** No reply had the right form. */
export class NoAnswerError extends RunError {
  constructor(
    /** The problem of the last reply. */
    readonly problem: string,
    /** Names under which the replies are saved. */
    readonly kept: readonly string[],
  ) {
    super(`no usable reply in ${kept.length} attempts: ${problem}`);
  }
}

/** A usable answer of a language model and where its reply is saved. */
export interface Answer<T> {
  value: T;
  /** Names under which the replies are saved, the accepted one last. */
  kept: string[];
}

/**
 * Maximal number of requests per question: the first, and two with the problem of the last reply.
 */
export const ATTEMPTS = 3;

/**
 * Repeats a request until a reply can be parsed, each time with the problem of the last reply.
 * @param parse throws BadReply when the text does not have the requested form
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
      // Some servers reject messages without text.
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
