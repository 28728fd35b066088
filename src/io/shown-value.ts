/** Formats values from files for error messages. */

/** Longer values are cut. */
const LONGEST_SHOWN = 100;

/**
 * A value in one short line: JSON, cut after 100 characters; `nothing` for undefined. Numbers that
 * JSON cannot write, such as Infinity from `1e999`, are written in words.
 */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  let text: string;
  try {
    text = JSON.stringify(value) ?? typeof value;
  } catch {
    // Nested too deeply for JSON.stringify's recursion.
    return Array.isArray(value) ? "a list" : "an object";
  }
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 3)}...` : text;
}

/** The first few of many texts, and the number of others; long texts are cut. */
export function shownList(texts: readonly string[], most = 3): string {
  const first = texts.slice(0, most).map(shownName).join(", ");
  return texts.length > most ? `${first} and ${texts.length - most} more` : first;
}

/**
 * A name from a file: unchanged, or quoted if it contains line breaks or other control characters;
 * long names are cut.
 */
export function shownName(name: string): string {
  return /^[^\p{C}]{1,100}$/u.test(name) ? name : shown(name);
}
