/**
 * Parses the text of a configuration as plain values: YAML or JSON, within limits far above those
 * of a real configuration.
 */
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, Parser } from "yaml";

/** Maximal number of YAML tokens; a complete configuration has about 1,000. */
const MOST_TOKENS = 10_000;
/** Maximal number of values, those of aliases counted each time. */
const MOST_VALUES = 1000;
/** Maximal depth of groups and lists; a configuration has 3. */
const DEEPEST = 30;

/** A problem of a text and its line. */
export class TextFault extends Error {
  constructor(
    message: string,
    readonly line?: number,
  ) {
    super(message);
  }
}

const tooDeep = (line: number) => new TextFault(`groups and lists are nested more than ${DEEPEST} deep`, line);
const tooMany = (line: number) => new TextFault(`there are more than ${MOST_VALUES} values`, line);

type ScalarValue = string | number | boolean | null;

function isScalarValue(value: unknown): value is ScalarValue {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/** @throws TextFault for a name that no setting can have, and for a repeated one */
function checkName(name: unknown, names: { has(name: string): boolean }, line: number): asserts name is string {
  if (typeof name !== "string" || name === "") {
    const received = name === "" ? "an empty one" : isScalarValue(name) ? String(name) : "something else";
    throw new TextFault(`expected the name of a setting, received ${received}`, line);
  }
  if (names.has(name)) throw new TextFault(`${name.slice(0, 60)} stands twice`, line);
}

/** The message and position of V8's error for a text that is not JSON. */
function jsonFault(message: string, text: string): { said: string; offset?: number } {
  const [, said, at] = /^(.*?)(?: in JSON)? at position (\d+)/s.exec(message) ?? [];
  if (said !== undefined) return { said, offset: Number(at) };
  // Some messages show the token with ten characters on either side instead of a position.
  const [, token, before] = /^(Unexpected token .+?), \.\.\."(.{10})/s.exec(message) ?? [];
  if (token !== undefined) return { said: token, offset: text.indexOf(before) + before.length };
  return { said: message.replace(/, ".*/s, "") };
}

/**
 * The value of a JSON text.
 * @throws TextFault when it is not JSON, a name is repeated, or it exceeds the limits
 */
export function jsonValue(text: string): unknown {
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const { said, offset } = jsonFault((cause as Error).message, text);
    throw new TextFault(said, offset === undefined ? undefined : lineAt(offset));
  }
  const open: (Set<string> | "list")[] = [];
  let values = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]|[^\s{}[\],:"]+/g)) {
    const names = open.at(-1);
    if (token === "}" || token === "]") open.pop();
    else if (token.endsWith(":") && names instanceof Set) {
      const name: unknown = JSON.parse(token.slice(0, -1));
      checkName(name, names, lineAt(index));
      names.add(name);
    } else {
      if (++values > MOST_VALUES) throw tooMany(lineAt(index));
      if (token === "{") open.push(new Set());
      if (token === "[") open.push("list");
      if (open.length > DEEPEST) throw tooDeep(lineAt(index));
    }
  }
  return value;
}

/**
 * The value of a YAML text; null for an empty one.
 * @throws TextFault when it is not YAML, a name is invalid or repeated, or it exceeds the limits
 */
export function yamlValue(text: string): unknown {
  const counter = new LineCounter();
  const lineAt = (offset: number) => Math.max(1, counter.linePos(offset).line);
  let count = 0;
  // Checked first, since the parser's time grows faster than the length of the text.
  for (const _ of new Lexer().lex(text)) if (++count > MOST_TOKENS) throw new TextFault("it is too long");
  const tokens = [...new Parser(counter.addNewLine).parse(text)];
  // Checked first, since the composer is recursive.
  checkDepth(tokens, lineAt);
  const composer = new Composer({
    uniqueKeys: false,
    prettyErrors: false,
    resolveKnownTags: false,
    logLevel: "silent",
  });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  const [fault] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  if (fault) throw new TextFault(fault.message.split("\n", 1)[0], lineAt(fault.pos[0]));
  if (second) throw new TextFault("a second document begins", lineAt(second.range[0]));
  return new YamlValues(lineAt).of(document.contents as Node | null);
}

/** The parser's tokens, as far as their nesting is concerned. */
interface Token {
  offset?: number;
  key?: Token | null;
  value?: Token | string | null;
  items?: Token[];
}

function checkDepth(tokens: readonly object[], lineAt: (offset: number) => number): void {
  const open: [Token, number, number][] = tokens.map((token) => [token, 0, 0]);
  for (let next = open.pop(); next; next = open.pop()) {
    const [{ offset = next[2], key, value, items }, depth] = next;
    if (depth > DEEPEST) throw tooDeep(lineAt(offset));
    for (const inner of [key, typeof value === "object" ? value : null]) if (inner) open.push([inner, depth, offset]);
    for (const item of items ?? []) open.push([item, depth + 1, offset]);
  }
}

/** The values of one document's nodes. */
class YamlValues {
  private readonly anchors = new Map<string, { value: unknown; count: number }>();
  private count = 0;

  constructor(private readonly lineAt: (offset: number) => number) {}

  of(node: Node | null): unknown {
    const line = this.lineAt(node?.range?.[0] ?? 0);
    if (isAlias(node)) {
      const found = this.anchors.get(node.source);
      if (!found) throw new TextFault(`*${node.source.slice(0, 60)} stands for nothing that is whole before it`, line);
      this.add(found.count, line);
      return found.value;
    }
    const before = this.count;
    this.add(1, line);
    const value = this.plain(node, line);
    if (node?.anchor) this.anchors.set(node.anchor, { value, count: this.count - before });
    return value;
  }

  private add(count: number, line: number): void {
    this.count += count;
    if (this.count > MOST_VALUES) throw tooMany(line);
  }

  private plain(node: Node | null, line: number): unknown {
    if (node === null) return null;
    if (isSeq<Node>(node)) return node.items.map((item) => this.of(item));
    if (isMap<Node, Node>(node)) {
      const entries = new Map<string, unknown>();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? key.value : key;
        checkName(name, entries, this.lineAt(key?.range?.[0] ?? 0));
        entries.set(name, this.of(value));
      }
      return Object.fromEntries(entries);
    }
    if (isScalar(node) && isScalarValue(node.value)) return node.value;
    throw new TextFault("expected text, a number, true, false or null", line);
  }
}
