/** What a module may give for texts: one finite number for each. */
import type { ModuleProblem } from "./module-protocol.js";

/** Characters of a wrong value, or of a text, that a message shows. */
const SHOWN = 60;

/**
 * The values that a module gave, as a list of numbers, or what is wrong with them.
 * @param name  of the reward, for the message
 * @param given a list or a typed array of `texts.length` finite numbers, if it is right
 */
export function checkValues(name: string, texts: readonly string[], given: unknown): readonly number[] | ModuleProblem {
  if (!isList(given) || given.length !== texts.length) {
    const received = isList(given) ? String(given.length) : describe(given);
    return { message: `${name}: expected a list of ${texts.length} numbers, received ${received}` };
  }
  const values = Array.from(given);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return values as number[];
  return {
    message: `${name}, text ${wrong} of ${texts.length}: expected a finite number, received ${describe(values[wrong])}`,
    help: `The text begins: ${JSON.stringify(texts[wrong].slice(0, SHOWN))}`,
  };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** A value in a few words, whatever it is. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof Promise) return "a promise (Promise.all gives the values of several)";
  if (typeof value === "object" && value !== null) return "an object";
  const text = String(value);
  return `${typeof value} ${text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text}`;
}
