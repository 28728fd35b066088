/** Requests that control runs, with the key that the server's printed address brings. */
import { find, make } from "./elements.js";

const KEPT_AS = "rewardscope-key";

/** One wrong setting. */
export interface Issue {
  path: string;
  expected: string;
  received: string;
  nearest?: string;
}

/** A refusal of the server, with all problems of what was sent. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly issues: readonly Issue[] = [],
  ) {
    super(message);
  }
}

/**
 * The key of this origin's server. It comes after # in the address, which browsers send to nobody,
 * and is kept for the other pages and tabs of the origin.
 */
function takeKey(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given !== null) {
    localStorage.setItem(KEPT_AS, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return localStorage.getItem(KEPT_AS) ?? undefined;
}

const key = takeKey();

/** Whether this browser has a key, of this server or an earlier one. */
export const hasKey = key !== undefined;

/** What a page says without a key. */
export const withoutKey =
  "To start and stop runs here, open the address that rewardscope view printed, with what follows #.";

/**
 * A request with the key.
 * @param body posted as JSON; a GET without it
 * @throws Refusal when the server refuses, or does not answer
 */
export async function ask<T>(path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const headers = { "X-Rewardscope-Key": key ?? "", ...(body && { "Content-Type": "application/json" }) };
  const post = body && { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(path, { headers, ...post, ...(signal && { signal }) }).catch((error: Error) => {
    throw error.name === "AbortError" ? error : new Refusal("The server does not answer.");
  });
  const value = (await answer.json()) as T & { error?: { message: string; issues?: Issue[] } };
  if (!answer.ok) throw new Refusal(value.error?.message ?? `status ${answer.status}`, value.error?.issues);
  return value;
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => window.setTimeout(done, milliseconds));

/** Waits until a run that was just started has begun. @throws Refusal with its output if it failed */
export async function begun(id: string): Promise<void> {
  for (;;) {
    const { state, said } = await ask<{ state: string; said?: string }>(`/api/runs/${encodeURIComponent(id)}/launch`);
    if (state === "begun") return;
    if (state === "failed") throw new Refusal(said?.trim() || "The run ended before it began.");
    await pause(300);
  }
}

/** A run's buttons, `#controls` or a cell of the list: those that fit its status. */
export function showControls(place: HTMLElement, status: string): void {
  place.dataset.status = status;
  const running = status === "running";
  for (const button of place.querySelectorAll("button")) {
    button.hidden = (button.dataset.act === "stop") !== running || status === "done";
    button.disabled = !hasKey;
    if (!hasKey) button.title = withoutKey;
  }
}

/**
 * Makes the buttons of a run work.
 * @param said where messages are shown
 * @param changed called when the run was continued, or was told to stop
 */
export function useControls(place: HTMLElement, said: HTMLElement, changed: (act: string) => void): void {
  const id = decodeURIComponent(place.dataset.run!);
  place.addEventListener("click", async ({ target }) => {
    const button = (target as HTMLElement).closest("button");
    const act = button?.dataset.act;
    if (!button || !act) return;
    button.disabled = true;
    said.textContent = act === "stop" ? "Stopping: the run ends at its next checkpoint." : "Starting.";
    try {
      await ask(`/api/runs/${encodeURIComponent(id)}/${act}`, {});
      if (act === "resume") await begun(id);
      if (act === "resume") said.textContent = "";
      changed(act);
    } catch (error) {
      said.textContent = (error as Error).message;
      button.disabled = false;
    }
  });
}

/** The sentences of problems. */
export const problemItems = (issues: readonly Issue[]): HTMLElement[] =>
  issues.map(({ path, expected, received, nearest }) =>
    make(
      "li",
      {},
      make("code", {}, path),
      `: expected ${expected}, received ${received}${nearest ? ` (did you mean ${nearest}?)` : ""}`,
    ),
  );

/** Shows what a page without a key says. */
export function tellWithoutKey(selector: string): void {
  if (!hasKey) find(selector).textContent = withoutKey;
}
