/** Values that came out of a file, as error messages show them. */

/** A longer value is cut: the reader should see what it is, not read all of it. */
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
    // Nested too deeply for the stack.
    return Array.isArray(value) ? "a list" : "an object";
  }
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 3)}...` : text;
}

/** The first few of many texts, and how many more there are; a long text is cut. */
export function shownList(texts: readonly string[], most = 3): string {
  const first = texts.slice(0, most).map(shownName).join(", ");
  return texts.length > most ? `${first} and ${texts.length - most} more` : first;
}

/** A name out of a file: as it is, or quoted where it holds line breaks or other controls, and never long. */
export function shownName(name: string): string {
  return /^[^\p{C}]{1,100}$/u.test(name) ? name : shown(name);
}
