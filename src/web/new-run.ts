/** The page on which a run is configured: checks the text as it is typed, plans it, starts it. */
import { ask, begun, hasKey, type Issue, problemItems, Refusal, tellWithoutKey } from "./control.js";
import { find, make } from "./elements.js";

/** Milliseconds after the last key press before the text is checked. */
const PAUSE_MS = 300;

const form = find<HTMLFormElement>("#new");
const preset = find<HTMLSelectElement>("#preset");
const name = find<HTMLInputElement>("#name");
const text = find<HTMLTextAreaElement>("#text");
const state = find("#state");
const refusal = find("#refusal");
const planned = find("#planned");
const cancel = find<HTMLButtonElement>("#cancel");
const buttons = ["#plan", "#estimate", "#start"].map((id) => find<HTMLButtonElement>(id));

/** The text of the preset as it came; a text that differs from it is not replaced without asking. */
let untouched = "";
let waiting: number | undefined;
let running: AbortController | undefined;

/** @param said what the state of the text is called; none says nothing */
function showProblems(issues: readonly Issue[], said: string): void {
  find("#problems").replaceChildren(...problemItems(issues));
  text.setAttribute("aria-invalid", String(issues.length > 0));
  state.textContent = said;
  state.className = issues.length > 0 ? "bad" : "good";
}

async function check(): Promise<void> {
  const checked = text.value;
  try {
    const { issues } = await ask<{ issues: Issue[] }>("/api/control/check", { text: checked });
    // A later check answers for a later text.
    if (text.value !== checked) return;
    const count = issues.length === 1 ? "1 problem" : `${issues.length} problems`;
    showProblems(issues, issues.length === 0 ? "✓ No problem found" : count);
  } catch (error) {
    state.textContent = (error as Error).message;
  }
}

async function take(): Promise<void> {
  for (const note of form.querySelectorAll<HTMLElement>("[data-preset]"))
    note.hidden = note.dataset.preset !== preset.value;
  try {
    untouched = (await ask<{ text: string }>(`/api/presets/${encodeURIComponent(preset.value)}`)).text;
  } catch (error) {
    state.textContent = (error as Error).message;
    return;
  }
  text.value = untouched;
  await check();
}

/** Runs one request at a time; its refusal is shown with all problems. */
async function busy(what: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  running = new AbortController();
  refusal.textContent = "";
  planned.replaceChildren(make("p", { className: "note" }, what));
  for (const button of buttons) button.disabled = true;
  cancel.hidden = false;
  try {
    await work(running.signal);
  } catch (error) {
    planned.replaceChildren();
    if ((error as Error).name === "AbortError") return;
    refusal.textContent = (error as Error).message;
    if (error instanceof Refusal && error.issues.length > 0) {
      refusal.textContent = "";
      showProblems(error.issues, "Not accepted:");
    }
  } finally {
    cancel.hidden = true;
    for (const button of buttons) button.disabled = !hasKey;
  }
}

interface Plan {
  stages: { name: string; runs: boolean; reason?: string }[];
  estimate?: { seconds: number; memoryBytes: number; parameters: number; stages: { name: string; seconds: number }[] };
}

function duration(exact: number): string {
  const seconds = Math.round(exact);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function showPlan({ stages, estimate }: Plan): void {
  const rows = stages.map((stage) => {
    const seconds = estimate?.stages.find((one) => one.name === stage.name)?.seconds;
    return make(
      "tr",
      {},
      Object.assign(make("th", {}, stage.name), { scope: "row" }),
      make("td", { className: "text" }, stage.runs ? `runs: ${stage.reason}` : "up to date"),
      make("td", { className: "number" }, seconds === undefined ? "" : duration(seconds)),
    );
  });
  const total = estimate
    ? `About ${duration(estimate.seconds)} and ${(estimate.memoryBytes / 2 ** 30).toFixed(1)} GiB of memory; ${(estimate.parameters / 1e6).toFixed(1)} million parameters.`
    : "Nothing was written or downloaded.";
  planned.replaceChildren(
    make("h2", {}, estimate ? "Estimate" : "Dry run"),
    make("p", {}, total),
    make(
      "div",
      { className: "table" },
      make(
        "div",
        { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Stages" },
        make("table", {}, make("tbody", {}, ...rows)),
      ),
    ),
  );
  planned.scrollIntoView({ block: "nearest" });
}

function plan(estimate: boolean): void {
  const what = estimate ? "Measuring for about a minute." : "Looking at settings, models and texts.";
  void busy(what, async (signal) => {
    const body = { text: text.value, name: name.value, estimate };
    const answer = await ask<{ value?: Plan; message?: string; issues?: Issue[] }>("/api/control/plan", body, signal);
    if (!answer.value) throw new Refusal(answer.message ?? "", answer.issues);
    showProblems([], "✓ No problem found");
    showPlan(answer.value);
  });
}

text.addEventListener("input", () => {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(check, PAUSE_MS);
});
let chosen = preset.value;
preset.addEventListener("change", () => {
  if (text.value !== untouched && !window.confirm("Replace the changed configuration?")) {
    preset.value = chosen;
    return;
  }
  chosen = preset.value;
  void take();
});
find("#plan").addEventListener("click", () => form.reportValidity() && plan(false));
find("#estimate").addEventListener("click", () => form.reportValidity() && plan(true));
cancel.addEventListener("click", () => running?.abort());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void busy("Starting: the run looks at its settings, models and texts.", async (signal) => {
    const { id } = await ask<{ id: string }>("/api/control/start", { text: text.value, name: name.value });
    const stop = () =>
      ask(`/api/runs/${encodeURIComponent(id)}/stop`, {}).catch((error: Error) => {
        refusal.textContent = error.message;
      });
    if (signal.aborted) void stop();
    signal.addEventListener("abort", stop);
    await begun(id);
    location.assign(`/runs/${encodeURIComponent(id)}`);
  });
});

for (const button of buttons) button.disabled = !hasKey;
tellWithoutKey("#refusal");
if (hasKey) void take();
