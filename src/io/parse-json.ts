/** Parses one JSON value, optionally with the NaN and Infinity of Python's json module. */

/** Maximal depth of lists and objects: recursion over deeper values could exceed the stack. */
const MOST_DEPTH = 500;

/**
 * @param options nanIsNull: read NaN, Infinity and -Infinity as null
 * @throws SyntaxError when the text is not one JSON value, or is more than 500 levels deep
 */
export function parseJson(text: string, { nanIsNull = false } = {}): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!nanIsNull || !/NaN|Infinity/.test(text)) throw error;
    value = JSON.parse(withoutNan(text));
  }
  // Shorter texts, such as most lines of JSONL, cannot have so many brackets.
  if (text.length > 2 * MOST_DEPTH && isDeep(value))
    throw new SyntaxError(`more than ${MOST_DEPTH} lists and objects within each other`);
  return value;
}

function isDeep(value: unknown): boolean {
  const isNode = (inner: unknown): inner is object => typeof inner === "object" && inner !== null;
  let level = [value].filter(isNode);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_DEPTH) return true;
    level = level.flatMap((node) => Object.values(node).filter(isNode));
  }
  return false;
}

/** The text with null for every NaN and Infinity outside of strings. */
function withoutNan(text: string): string {
  let result = "";
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote < 0 ? undefined : quote);
    result += outside.replace(/-?\b(?:NaN|Infinity)\b/g, "null");
    if (quote < 0) break;
    at = endOfString(text, quote + 1);
    result += text.slice(quote, at);
  }
  return result;
}

/**
 * The position after the closing quote of the JSON string whose characters begin at `at`, or the
 * end of the text.
 */
export function endOfString(text: string, at: number): number {
  for (let end = at; end < text.length; end++) {
    if (text[end] === "\\") end++;
    else if (text[end] === '"') return end + 1;
  }
  return text.length;
}
