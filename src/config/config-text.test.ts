import { expect, test } from "vitest";
import { jsonValue, TextFault, yamlValue } from "./config-text.js";

/** The value, or the line and the message of the problem. */
function read(read: (text: string) => unknown, text: string): unknown {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof TextFault)) throw error;
    return `${error.line}: ${error.message}`;
  }
}

const bomb = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]`).join("\n");

test.each<[string, string, unknown]>([
  ["nothing", "", null],
  ["comments", "# none\n", null],
  [
    "scalars",
    "[1, -0.5, 1e-5, x, 'y', \"z\\n\", true, null, ~, .inf]",
    [1, -0.5, 1e-5, "x", "y", "z\n", true, null, null, Infinity],
  ],
  ["groups", "a:\n  b: 1\n  c:\n", { a: { b: 1, c: null } }],
  ["an alias", "a: &x {b: 1}\nc: *x\n", { a: { b: 1 }, c: { b: 1 } }],
  ["lines of Windows", "a:\r\n  b: x\r\n", { a: { b: "x" } }],
  ["a name of every object", "constructor: 1", { constructor: 1 }],
  ["a bomb", `a0: &a0 [${Array(9).fill("x")}]\n${bomb}`, "4: there are more than 1000 values"],
  ["an alias of itself", "a: &x\n  b: *x\n", "2: *x stands for nothing that is whole before it"],
  ["an alias of nothing", "a: *x\n", "1: *x stands for nothing that is whole before it"],
  ["many values", `a: [${Array(1000).fill(1)}]`, "1: there are more than 1000 values"],
  ["a long text", "#\n".repeat(50_000), "undefined: it is too long"],
  ["lists in lists", `\n${"[".repeat(4000)}`, "2: groups and lists are nested more than 30 deep"],
  ["lists in lines", "- ".repeat(2000), "1: groups and lists are nested more than 30 deep"],
  [
    "groups in groups",
    Array.from({ length: 100 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
    "31: groups and lists are nested more than 30 deep",
  ],
  ["a name twice", "a: 1\nb: 2\na: 3\n", "3: a stands twice"],
  ["a number as name", "a:\n  1: 2\n", "2: expected the name of a setting, received 1"],
  ["nothing as name", "~: 1", "1: expected the name of a setting, received null"],
  ["a group as name", "? {a: 1}\n: 2", "1: expected the name of a setting, received something else"],
  ["an empty name", '"": 1', "1: expected the name of a setting, received an empty one"],
  ["a tab", "a:\n\tb: 1", "2: Tabs are not allowed as indentation"],
  ["two documents", "a: 1\n---\nb: 1\n", "2: a second document begins"],
  ["bytes", "a: !!binary aGVsbG8=", "1: Unresolved tag: tag:yaml.org,2002:binary"],
  ["code", "a: !!js/function 'x'", "1: Unresolved tag: tag:yaml.org,2002:js/function"],
  ["a date of an older YAML", "%YAML 1.1\n---\na: 2020-01-01\n", "3: expected text, a number, true, false or null"],
  ["another version", "%YAML 9.9\n---\na: 1\n", "1: Unsupported YAML version 9.9"],
])("YAML: %s", (_, text, value) => {
  expect(read(yamlValue, text)).toEqual(value);
});

test.each<[string, string, unknown]>([
  [
    "scalars and tabs",
    '{\n\t"a": [1, -0.5e-3, "x\\u00e9\\"}", true, null, {}]\n}',
    { a: [1, -0.0005, 'xé"}', true, null, {}] },
  ],
  ["a name twice", '{"a": {"b": 1,\n"\\u0062": 2}}', "2: b stands twice"],
  ["the same name in two groups", '{"a": {"b": 1}, "b": ["a", "a"]}', { a: { b: 1 }, b: ["a", "a"] }],
  ["an empty name", '{"": 1}', "1: expected the name of a setting, received an empty one"],
  ["a comma at the end", '{"a": 1,\n}', "2: Expected double-quoted property name"],
  ["an end that is missing", '{"a": [1,\n2', "2: Expected ',' or ']' after array element"],
  ["no number", '{"first": 1,\n"second": NaN}', "2: Unexpected token 'N'"],
  ["YAML", "ppo: 1", "undefined: Unexpected token 'p'"],
  ["nothing", "", "undefined: Unexpected end of JSON input"],
  ["lists in lists", "[".repeat(50_000) + "]".repeat(50_000), "1: groups and lists are nested more than 30 deep"],
  ["many values", JSON.stringify(Array(1000).fill("a")), "1: there are more than 1000 values"],
])("JSON: %s", (_, text, value) => {
  expect(read(jsonValue, text)).toEqual(value);
});

test("a name that objects have of themselves is a name like others", () => {
  for (const value of [yamlValue("__proto__: {a: 1}"), jsonValue('{"__proto__": {"a": 1}}')]) {
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect((value as { a?: number }).a).toBeUndefined();
  }
});
