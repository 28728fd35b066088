import { describe, expect, it } from "vitest";
import { BadReply } from "./chat.js";
import { parseExplanation, parseLevels, parseMarks, parseSubstitutes, parseVerdict } from "./parse-replies.js";

describe("an object", () => {
  const bare = '{"explanation": "names of {people}"}';
  it.each([
    ["alone", bare],
    ["in a fence", `\`\`\`json\n${bare}\n\`\`\``],
    ["in a fence of one line", `\`\`\`${bare}\`\`\``],
    ["in a fence with CRLF", `\`\`\`json\r\n${bare}\r\n\`\`\`\r\n`],
    ["between prose", `Sure! Here {as asked} it is:\n${bare}\nDoes that help?`],
    ["after reasoning", `<think>Perhaps {"explanation": "verbs"}?</think>\n${bare}`],
    ["after reasoning whose beginning was left out", `It might be {"explanation": "verbs"}</think>${bare}`],
    [
      "after a channel of analysis",
      `<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>${bare}`,
    ],
    ["with further keys", '{"Confidence": 0.9, "Explanation": " names of {people} "}'],
    ["the last of several", `{"explanation": "verbs"} or rather ${bare} {"done": true}`],
  ])("is found %s", (_, reply) => {
    expect(parseExplanation(reply)).toBe("names of {people}");
  });

  it.each([
    "",
    "{",
    "{".repeat(10_000),
    "no object",
    '{"explanation": ""}',
    `<think>${bare}`,
    '["explanation"]',
    bare.slice(0, 20),
  ])("is not found in %j", (reply) => {
    expect(() => parseExplanation(reply)).toThrow(BadReply);
  });

  it("may hold lists", () => {
    expect(parseSubstitutes('{"negative": ["bad"], "neutral": ["red"], "note": ""}')).toEqual({
      negative: ["bad"],
      neutral: ["red"],
    });
    expect(() => parseSubstitutes('{"negative": [], "neutral": ["red"]}')).toThrow('"negative"');
  });
});

describe("a verdict", () => {
  it.each([
    ['{"answer": "yes", "reason": "it is"}', true, "it is"],
    ['{"answer": "Yes.", "reason": "it is"}', true, "it is"],
    ['{"ANSWER": "NO"}', false, "no reason given"],
    ['{"answer": false, "reason": "it is not"}', false, "it is not"],
    ["Yes", true, "no reason given"],
    ["**No**, it is about dates", false, "it is about dates"],
    ["no.", false, "no reason given"],
    ["Answer: yes", true, "no reason given"],
    ["**Answer:** No. It is about dates.", false, "It is about dates."],
  ])("is read from %j", (reply, yes, reason) => {
    expect(parseVerdict(reply)).toEqual({ yes, reason });
  });

  it.each(['{"answer": "maybe", "reason": "?"}', "Not sure", "nothing", "yes and no"])(
    "is not read from %j",
    (reply) => {
      expect(() => parseVerdict(reply)).toThrow(BadReply);
    },
  );
});

describe("marks", () => {
  it.each([
    "2\t1\n1\t0\n",
    "1: 0\n2: 1",
    "1. 0\r\n\r\n2. 1",
    "Answers:\n\n| 1 | 0 |\n| 2 | 1 |",
    "- 1) 0\n- 2) 1",
    "```\n1\t0\n2\t1\n```",
    "[1] 0\n[2] 1",
    "1 - 0\n2 - 1",
    "1 = 0,\n2 = 1",
    "1, 0\n2, 1",
    "#1: 0\n#2: 1",
    "Excerpt 1: 0\nExcerpt 2: 1",
    "1 \u2192 0\n2 \u2192 1",
  ])("are read from %j", (reply) => {
    expect(parseMarks(reply, 2)).toEqual([false, true]);
  });

  it("are one for each number", () => {
    expect(() => parseMarks("1\t1", 2)).toThrow("no line for number 2");
    expect(() => parseMarks("1\t2\n2\t0", 2)).toThrow("0 or 1");
    expect(() => parseMarks("1\t1\n1\t0", 2)).toThrow("twice");
    expect(() => parseMarks("1\t1\n2\t0\n3\t0", 2)).toThrow("numbers 1 to 2");
    expect(() => parseMarks("1\t0.5\n2\t1", 2)).toThrow("no line for number 1");
    expect(() => parseMarks("1 -1\n2 -0", 2)).toThrow("lines of a number");
    expect(() => parseMarks("I cannot say.", 2)).toThrow("lines of a number");
  });
});

describe("levels", () => {
  const tokens = ["a", " good", ":", " 7"];
  it.each([
    "a\t0\n good\t10\n:\t0\n 7\t1",
    "a: 0\ngood: 10\n:: 0\n7: 1",
    "The levels:\r\na\t0\r\n\r\ngood\t10\r\n:\t0\r\n7\t1\r\n",
  ])("are read from %j", (reply) => {
    expect(parseLevels(reply, tokens)).toEqual([0, 10, 0, 1]);
  });

  it("are one for each token, in order", () => {
    expect(() => parseLevels("a\t0", tokens)).toThrow("expected 4 lines");
    expect(() => parseLevels("a\t0\ngood\t11\n:\t0\n7\t1", tokens)).toThrow("from 0 to 10");
    expect(() => parseLevels("a\t0\n:\t1\ngood\t0\n7\t1", tokens)).toThrow('about ":"');
  });
});
