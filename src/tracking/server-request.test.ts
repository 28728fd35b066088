import { expect, test } from "vitest";
import { z } from "zod";
import { trackingServer } from "../../test/support/tracking-server.js";
import { askServer, RequestFailed } from "./server-request.js";

const ask = (url: string, signal: AbortSignal) =>
  askServer({ url, headers: {} }, "/log?key=sesame", { answer: z.object({}), signal });

test.each([
  [302, "a redirect, which is not followed: give the address that it leads to", false],
  [403, "its key in the environment is missing, wrong, or may not write", false],
  [500, "answered 500", true],
])("status %i", async (status, said, isPassing) => {
  const server = await trackingServer(() => ({ status, body: {} }));
  const failure = await ask(server.url, new AbortController().signal).catch((error: unknown) => error);
  await server.close();
  expect(failure).toBeInstanceOf(RequestFailed);
  expect(failure).toMatchObject({ message: expect.stringContaining(said), isPassing });
  expect((failure as Error).message).not.toContain("sesame");
  expect(server.asked).toHaveLength(1);
});

test("a request that the end of the run cut off does not speak of a time limit", async () => {
  await expect(ask("http://127.0.0.1:2", AbortSignal.abort())).rejects.toThrow("gave no answer before the run ended");
});
