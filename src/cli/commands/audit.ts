/** `rewardscope audit`: measures what tuning changed in a pair of models, in a new run folder. */
import { ConfigError } from "../../errors.js";
import { readResumableRecord } from "../../pipeline/run/run-record.js";
import { runOne } from "../../pipeline/sweep/run-plans.js";
import { answerRun } from "../answers.js";
import { type Command, type CommandContext, offlineOption, stoppable } from "../command.js";
import { pairRevisionOption } from "../model-revision.js";
import { printPlans } from "../print-plans.js";
import { continuation, plansOnly, type RunOptions, requestedRuns } from "../requested-runs.js";

/** The options of `run`, and short names of the settings that nearly every audit needs. */
interface AuditOptions
  extends Pick<
    RunOptions,
    "base" | "tuned" | "revision" | "out" | "set" | "resume" | "dryRun" | "estimate" | "offline"
  > {
  corpus?: string;
  split?: string;
  preferences?: string;
  property?: string;
}

const COMMAND = "rewardscope audit";

/** Problems with the name of this command, and where a model is missing with that of its option. */
function inItsName(error: unknown, { base, tuned, resume }: Pick<AuditOptions, "base" | "tuned" | "resume">): unknown {
  if (!(error instanceof ConfigError)) return error;
  const missing = Object.entries({ "--base": base, "--tuned": tuned }).flatMap(([option, value]) =>
    value === undefined && !resume ? [option] : [],
  );
  return new ConfigError(
    COMMAND,
    error.issues.map((issue) =>
      missing.length > 0 && /^model\.(base|tuned)$/.test(issue.path)
        ? { ...issue, expected: `${issue.expected} (${missing.join(" and ")})` }
        : issue,
    ),
  );
}

/** @throws ConfigError when the folder holds a run of another kind, which an audit would replace */
async function requireAudit(out: string): Promise<void> {
  const { config } = await readResumableRecord(out);
  if (config.stages === "audit") return;
  throw new ConfigError(COMMAND, [
    { path: "--out", expected: "with --resume, the folder of an audit", received: `${out}, which holds another run` },
  ]);
}

export const command: Command<AuditOptions> = {
  arguments: [],
  options: [
    { flags: "--base <model>", description: "the model before tuning: a folder, an id on the Hub, or embedded" },
    { flags: "--tuned <model>", description: "the model after tuning: a folder or an id on the Hub" },
    pairRevisionOption,
    {
      flags: "--corpus <texts>",
      description: "texts or prompts: a file, a folder, or an id on the Hub; default: the texts of the package",
    },
    { flags: "--split <name>", description: "split of the texts, where they have splits; default: test" },
    {
      flags: "--property <module>",
      description: "a property of your own: a .js or .mjs file that exports texts => numbers",
    },
    {
      flags: "--preferences <data>",
      description:
        "preference data: a file, a folder, or an id on the Hub, with which the tuned model's agreement is measured",
    },
    { flags: "--out <folder>", description: "the run folder; default: runs/audit" },
    { flags: "--set <key=value>", description: "change a setting, e.g. audit.prompts=1000", repeats: true },
    { flags: "--resume", description: "continue the audit in the folder" },
    { flags: "--dry-run", description: "list what would run, or all problems; write nothing, make no request" },
    { flags: "--estimate", description: "like --dry-run, and estimate time and memory by measuring" },
    offlineOption,
  ],
  example: "rewardscope audit --base EleutherAI/pythia-70m --tuned models/mine --corpus prompts.txt --out runs/mine",
  run: (_, options, context) =>
    audit(options, context).catch((error) => {
      throw inItsName(error, options);
    }),
};

async function audit(
  { corpus, split, property, preferences, ...options }: AuditOptions,
  context: CommandContext,
): Promise<void> {
  const { signal } = context;
  const settings = Object.entries({
    "corpus.source": corpus,
    "corpus.splits.tune": split,
    "corpus.splits.rest": split,
    "audit.property": property,
    "audit.preferences": preferences,
  }).flatMap(([path, value]) => (value === undefined ? [] : [`${path}=${JSON.stringify(value)}`]));
  // Without a target, a continued run has its configuration in the folder.
  const target = options.resume ? undefined : "audit";
  const out = options.out ?? "runs/audit";
  if (options.resume) await requireAudit(out);
  const asked = { ...options, out, set: [...settings, ...(options.set ?? [])] };
  const requested = await stoppable(signal, requestedRuns(target, asked, signal));
  if (plansOnly(options)) return printPlans(requested, options, context);
  const { inputs, resume } = requested;
  const [stages, observer] = await Promise.all([context.loadStages(), context.observer()]);
  await stoppable(signal, inputs[0].download(observer));
  const running = { stages, observer, signal, clock: () => new Date(), resume, offline: options.offline };
  await stoppable(signal, runOne(out, inputs[0], running), () => continuation(requested));
  await answerRun(out, context);
}
