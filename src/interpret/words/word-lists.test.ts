import { expect, it } from "vitest";
import { commonWord } from "./word-lists.js";

it("knows the word that others are forms of", () => {
  expect(commonWord(["was", "is", "were"])).toBe("be");
  expect(commonWord(["movies", "movie"])).toBe("movie");
  expect(commonWord(["acting", "acted", "act"])).toBe("act");
  expect(commonWord(["stories", "story"])).toBe("story");
  expect(commonWord(["stopped", "stop", "stops"])).toBe("stop");
  expect(commonWord(["best", "good"])).toBe("good");
});

it("finds none for words that only look alike or are unrelated", () => {
  expect(commonWord(["great", "good"])).toBeUndefined();
  expect(commonWord(["is", "it"])).toBeUndefined();
  expect(commonWord(["mess", "men"])).toBeUndefined();
  expect(commonWord([".", ","])).toBeUndefined();
});
