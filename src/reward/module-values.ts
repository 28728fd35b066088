/** Checks the values of a module: one finite number per text. */
import type { ModuleProblem } from "./module-protocol.js";

/** Maximal number of characters of a wrong value, or of a text, in a message. */
const SHOWN = 60;

/**
 * The values of a module as a list of numbers, or the problem with them.
 * @param name of the reward, for the message
 * @param given should be a list or a typed array of `texts.length` finite numbers
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

/** A short description of any value. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof Promise) return "a promise (Promise.all gives the values of several)";
  if (typeof value === "object" && value !== null) return "an object";
  const text = String(value);
  return `${typeof value} ${text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text}`;
}
