import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { nastyText } from "../../../test/support/example-run/tuning.js";
import { emptyRun, exampleRun, writeRun } from "../../../test/support/example-run.js";
import { OPENAI_URL } from "../../config/config.js";
import { table8, table9 } from "../../paper/published-descriptions.js";
import type { RunData } from "../../results/read-run.js";
import { escapeText } from "../html.js";
import { writeReport } from "../write-report.js";
import { renderReport } from "./run.js";

const run = exampleRun();
const page = renderReport(run);
const { document } = parseHTML(page);

/** Cells of the row whose head begins so, in the table with this caption. */
function row(caption: string, head: string): string[] {
  const table = [...document.querySelectorAll("table")].find((table) =>
    table.querySelector("caption").textContent.startsWith(caption),
  );
  const found = [...table.querySelectorAll("tbody tr")].find((row) =>
    row.querySelector("th").textContent.startsWith(head),
  );
  return [...found.querySelectorAll("td")].map((cell) => cell.textContent.trim());
}

test("every section is there, and the navigation leads to it", () => {
  const ids = [...document.querySelectorAll("main section")].map(({ id }) => id);
  expect(ids).toEqual([
    "overview",
    "implicit-reward",
    "carry",
    "tuning",
    "divergence",
    "dictionaries",
    "features",
    "learned-reward",
    "validation",
    "settings",
  ]);
  expect([...document.querySelectorAll("nav a")].map((link) => link.getAttribute("href"))).toEqual(
    ids.map((id) => `#${id}`),
  );
  const all = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  expect(new Set(all).size).toBe(all.length);
});

test("the paper stands beside the run, with intervals, n and control", () => {
  expect(row("Reward of completions", "Pythia-160m")).toEqual(["-0.27", "1.95", "2.22", "1,000 prompts"]);
  expect(row("Reward of completions", "Prompt and completion")).toEqual([
    "0.21 [0.14, 0.28]",
    "1.87 [1.79, 1.95]",
    "1.66 [1.57, 1.75]",
    "1,000 prompts",
  ]);
  expect(row("Rank agreement of the rebuilt", "Pythia-160m").slice(0, 2)).toEqual(["0.093", "0.014"]);
  expect(row("Rank agreement of the rebuilt", "Tuned model, least squares")).toEqual([
    "0.214 [0.155, 0.271]",
    "< 0.0001",
    "0.393",
    "481 words",
  ]);
  expect(row("Rank agreement of the rebuilt", "Base model, least squares")[0]).toBe("0.131 [0.072, 0.188]");
  expect(row("Rank agreement of the rebuilt", "Probe trained on signs only")[0]).toMatch(/^0\.207 /);
  expect(row("Reward before and after ablation", "GPT-Neo-125m")).toEqual([
    "1.43",
    "1.43",
    "0.00",
    "–",
    "1,000 prompts",
  ]);
  expect(row("Reward before and after ablation", "56 labelled")[2]).toBe("-0.46 [-0.54, -0.38]");
  expect(row("Reward before and after ablation", "Same number of random features")[2]).toBe("-0.08 [-0.12, -0.05]");
  expect(row("Frequency of activation", "Tuned model").slice(0, 3)).toEqual([
    "18.2% [16.4%, 19.9%]",
    "11.2% [10.1%, 12.3%]",
    "9.3% [8.9%, 9.7%]",
  ]);
  expect(row("Rank agreement of the implicit reward", "Visited words")[0]).toBe("0.394 [0.344, 0.442]");
  expect(row("Rank agreement of the implicit reward", "Base model's probability, visited words")[0]).toMatch(
    /^0\.104 /,
  );
  expect(row("Implicit reward and probe", "least squares, all words")[2]).toBe("0.087 [0.046, 0.126]");
  expect(row("Implicit reward of whole completions", "Tuned model's completions, completion").slice(0, 3)).toEqual([
    "0.35 [0.32, 0.38]",
    "0.27 [0.24, 0.30]",
    "0.57 [0.54, 0.60]",
  ]);
  expect(row("What tuning changed in completions", "Given reward").slice(0, 2)).toEqual([
    "14.7% [13.7%, 15.7%]",
    "+0.47",
  ]);
  expect(row("Over-represented words", "great")).toEqual(["11.2", "12", "263", "of", "-6.1", "905", "512"]);
  expect(row("Features by topic", "Descriptions that mention")).toEqual(["21 of 50", "13 of 50"]);
  expect(row("Scores of explanations", "Tuned model")).toEqual([
    "0.652 [0.640, 0.664]",
    "0.501 [0.493, 0.509]",
    "0.151 [0.138, 0.163]",
    "145 features",
    "5",
  ]);
  expect(row("Features per dictionary", "Both models")).toEqual(["512", "256"]);
  expect(row("Autoencoders with tied and untied", "Pythia-160m").slice(0, 4)).toEqual([
    "tied weights",
    "0.291",
    "0.053",
    "",
  ]);
  expect(row("Autoencoders with tied and untied", "Tuned model")).toEqual([
    "tied weights layers 1, 2, 3, 4, 5",
    "0.362 [0.348, 0.376]",
    "0.041 [0.039, 0.043]",
    "0.579",
    "0.061",
    "95.5%",
    "2.4 of 256",
    "128 texts",
  ]);
  expect(row("Autoencoders with tied and untied", "Difference").slice(0, 3)).toEqual([
    "untied weights − tied weights",
    "0.036 [0.030, 0.042]",
    "0.005 [0.003, 0.007]",
  ]);
  expect(row("Layers of highest and of lowest", "Difference")[1]).toBe("-0.059 [-0.065, -0.053]");
  expect(row("Weights of the L1 norm", "Tuned model")[0]).toMatch(/^l1 0\.001/);
  expect(row("Thirty words", "masterpiece").slice(0, 2)).toEqual(["3.1", "1.3"]);
  expect(row("Thirty words", "foe").slice(2, 4)).toEqual(["–", "–"]);
  expect(row("Thirty words", "Same sign")[1]).toBe("28 of 30");
  expect(row("Comparison with the paper", "Change by ablation")).toEqual([
    "-0.11",
    "-0.26",
    "0.00",
    "-0.46 [-0.54, -0.38]",
    "-0.08 [-0.12, -0.05] random features",
  ]);
});

test("the page says in words whether the probe's tau is lower than the implicit reward's", () => {
  const lead = document.querySelector("#implicit-reward .lead").textContent;
  expect(lead).toContain(
    "The tau of the least squares probe over the same 481 words is lower: 0.214 against 0.301, implicit reward − probe 0.087",
  );
  expect(lead).toContain("The tau of the ridge probe over the same 481 words is not significantly different: ");
  const { implicitReward } = run.results;
  const turned = implicitReward!.againstProbe.map((one) => ({
    ...one,
    difference: { ...one.difference, low: -0.2, high: -0.1 },
  }));
  const ahead = renderReport({
    ...run,
    results: { ...run.results, implicitReward: { ...implicitReward!, againstProbe: turned } },
  });
  expect(ahead).toContain("The tau of the ridge probe over the same 481 words is <b>higher</b>");
});

test("all features are listed with what the filter needs", () => {
  const features = [...document.querySelectorAll(".feature")];
  expect(features.length).toBe(300);
  const related = features.filter(({ dataset }) => dataset.model === "tuned" && dataset.related === "yes");
  expect(related.length).toBe(56);
  const topic = features.filter(({ dataset }) => dataset.topics.split("|").includes("movie opinion"));
  expect(topic.length).toBe(features.filter((item) => item.textContent.includes("movie opinion")).length);
  expect(
    row("Features by topic", "movie opinion")
      .map((cell) => Number(cell.split(" of ")[0]))
      .reduce((a, b) => a + b),
  ).toBe(topic.length);
  const detected = features
    .filter(({ dataset }) => dataset.model === "tuned" && dataset.related === "yes")
    .map((item) => Number(item.querySelector(".detection")?.textContent.match(/detection ([0-9.]+)/)[1] ?? 0));
  expect(detected).toEqual(detected.toSorted((a, b) => b - a));
  expect(features[0].querySelector(".heat .peak").getAttribute("title")).toMatch(/^[0-9.]+$/);
});

test("words of the lexicon are marked in the samples", () => {
  const marks = [...document.querySelectorAll(".sample mark")].map((mark) => [
    mark.textContent,
    mark.className,
    mark.getAttribute("title"),
  ]);
  expect(marks).toContainEqual(["terrible", "bad", "-2.1"]);
  expect(marks).toContainEqual(["masterpiece", "good", "+3.1"]);
});

test("rows of the corpus that are left out are counted beside its name", () => {
  const shown = (results: Partial<RunData["results"]>) =>
    renderReport({ ...run, results: { ...run.results, ...results } });
  const corpus = /<dt>Corpus<\/dt><dd>([^<]*)</;
  const name = corpus.exec(page)![1];
  const said = `${name}, without 1,418 rows whose text is used already`;
  expect(corpus.exec(shown({ corpus: { repeatedRows: 1418 } }))![1]).toBe(said);
  const dictionaries = { ...run.results.dictionaries!, repeatedRows: 1418 };
  expect(corpus.exec(shown({ dictionaries }))![1]).toBe(said);
  expect(corpus.exec(shown({ corpus: { repeatedRows: 0 } }))![1]).toBe(name);
});

test("texts of the run cannot become markup", () => {
  expect(page).toContain(escapeText(nastyText));
  expect(page).not.toContain("<script>alert");
  expect(document.querySelectorAll("script").length).toBe(1);
  const odd = [...page].filter((character) => /[\p{Cc}\p{Cs}\p{Bidi_Control}]/u.test(character) && character !== "\n");
  expect(odd).toEqual([]);
});

test("the page asks for nothing from outside and allows no other script", () => {
  expect(page.match(/\b(?:src|href|action|srcset)="(?!#|data:,")[^"]*"/g)).toBeNull();
  expect(page).not.toMatch(/@import|url\(/);
  expect(
    [...page.matchAll(/https?:\/\/[^"\s<]*/g)]
      .map(([url]) => url)
      // A namespace, and the text of a setting.
      .filter((url) => !["http://www.w3.org/2000/svg", OPENAI_URL].includes(url)),
  ).toEqual([]);
  expect(document.querySelector("meta[http-equiv]").getAttribute("content")).toMatch(
    /default-src 'none'.*script-src 'sha256-/,
  );
});

test("every figure is an image with a description", () => {
  const figures = [...document.querySelectorAll("figure")];
  expect(figures.length).toBe(24);
  for (const figure of figures) {
    const svg = figure.querySelector("svg");
    expect(svg.getAttribute("role")).toBe("img");
    expect(svg.getAttribute("aria-label").length).toBeGreaterThan(40);
    expect(figure.querySelector("figcaption").textContent).not.toBe("");
  }
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test("a run that has not begun says so everywhere", () => {
  const empty = renderReport(emptyRun());
  expect(empty.match(/Not run\./g)).toHaveLength(13);
  expect(empty).toContain("<code>tune</code> <span>running</span>");
  expect(empty).not.toMatch(/NaN|undefined|Infinity/);
});

test("studies that were not asked for are named with the settings that ask for them", () => {
  expect(page).not.toContain("Not requested");
  const record = {
    ...run.record,
    config: { ...run.record.config, studies: { l1Coefs: [], tied: true, lowest: false } },
  };
  const { tying } = run.results.studies!;
  const results = { ...run.results, studies: { tokenVisits: 1000, dSae: 256, sweep: [], tying } };
  const tied = renderReport({ ...run, record, results });
  expect(tied).toContain("Autoencoders with tied and untied");
  expect(tied).toMatch(
    /Not requested: Figure 5[^;]*--set studies\.l1Coefs=[^;]*; Table 13[^;]*--set studies\.lowest=true/,
  );
  expect(tied).not.toContain("Weights of the L1 norm");
  expect(renderReport(emptyRun())).toContain("--set studies.tied=true");
});

test("each stage may be missing alone", () => {
  for (const stage of Object.keys(run.results)) {
    const partial: RunData = { ...run, results: { ...run.results, [stage]: undefined } };
    expect(renderReport(partial), stage).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test("a run whose test labelled nothing says that nothing was ablated", () => {
  const { ablate, frequency } = run.results;
  const none = { value: 0, low: 0, high: 0, n: 0, unit: "prompt" as const };
  const nothing = renderReport({
    ...run,
    results: {
      ...run.results,
      ablate: {
        ...ablate!,
        related: [],
        effect: none,
        random: undefined,
        matchedFrequency: undefined,
        unlabelled: undefined,
      },
      frequency: { models: frequency!.models.map((one) => ({ ...one, related: none, matchedFrequency: none })) },
    },
  });
  expect(nothing).toContain("No feature was labelled as related to the reward, so nothing was ablated.");
  expect(nothing).not.toMatch(/NaN|undefined|Infinity/);
});

test("the same run gives the same page", () => {
  expect(renderReport(exampleRun())).toBe(page);
});

test("a run of twelve layers and a long lexicon stays below 5 MB", () => {
  const copies = Array.from({ length: 6 }, (_, i) => i);
  const large = renderReport({
    ...run,
    features: copies.flatMap((copy) => run.features.map((one) => ({ ...one, layer: one.layer + 5 * copy }))),
    lexicon: copies.flatMap((copy) => run.lexicon.map((one) => ({ ...one, word: one.word + copy }))),
  });
  expect(Buffer.byteLength(large)).toBeLessThan(5_000_000);
});

test("writeReport writes report/index.html of the run folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "report-"));
  await writeRun(folder, run);
  const path = await writeReport(folder);
  expect(path).toBe(join(folder, "report", "index.html"));
  expect(await readFile(path, "utf8")).toBe(page);
  await rm(folder, { recursive: true });
});

test("a run on a classifier's reward has Tables 8 and 9 beside its own descriptions", () => {
  const config = { ...run.record.config, reward: { name: "classifier", classifier: "someone/reviews" } };
  const { document } = parseHTML(renderReport({ ...run, record: { ...run.record, config } }));
  const table = [...document.querySelectorAll("#features table")].find((one) =>
    one.querySelector("caption").textContent.startsWith("Descriptions of the best matched features"),
  );
  const text = table.textContent;
  for (const { explanation } of [...table8, ...table9]) expect(text).toContain(explanation);
  expect(text).toContain(run.features[0].explanation);
  expect(page).not.toContain(table8[0].explanation);
});

test("the page begins with what the run has measured, and with no more", () => {
  const leadOf = (results: RunData["results"]) =>
    parseHTML(renderReport({ ...run, results })).document.querySelector("#overview .lead").textContent;
  const { tune, probe, carry, implicitReward } = run.results;
  expect(leadOf(run.results)).toMatch(
    /^First what the two models say .*; then where .*; then the paper's own .* there\./,
  );
  expect(leadOf({ tune, probe, carry })).toMatch(
    /^First where the change sits; then the paper's own stages, .* at chance in the benchmark of this project\. Brackets/,
  );
  expect(leadOf({ tune, implicitReward })).toMatch(/^Brackets are 95% intervals;/);
  const contrast = { ...carry!.contrast, value: 0, low: 0, high: 0 };
  const same = renderReport({ ...run, results: { carry: { ...carry!, contrast } } });
  expect(same).toContain("Base and tuned model do not differ significantly");
  expect(same).not.toContain("Do features carry what tuning changed?");
});
