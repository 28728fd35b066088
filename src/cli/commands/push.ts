/** `rewardscope push`: uploads an export of a run to the Hub, as one commit. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { ConfigError } from "../../errors.js";
import { type ExportName, exportRun } from "../../export/exports.js";
import { parseHubId } from "../../io/hub/id.js";
import { hubSettings } from "../../io/hub/settings.js";
import { checkCanUpload, uploadFolder } from "../../io/hub/upload.js";
import { transferProgress } from "../../pipeline/run/observer.js";
import { nearest } from "../../settings/nearest.js";
import { type Command, stoppable } from "../command.js";

/** What can be uploaded, and the kind of repository for it. */
const kinds = { hub: "model", saelens: "model", dataset: "dataset" } as const satisfies Partial<
  Record<ExportName, "model" | "dataset">
>;

type What = keyof typeof kinds;

const names = Object.keys(kinds) as What[];

interface PushOptions {
  toRepo?: string;
  what?: string;
  create?: boolean;
  private?: boolean;
}

/** @throws ConfigError with all problems of the command line */
function checked(run: string | undefined, { toRepo, what = "hub", ...options }: PushOptions) {
  const kind = names.find((name) => name === what);
  const repository = toRepo === undefined ? undefined : parseHubId(kind ? kinds[kind] : "model", toRepo);
  const issues = [
    ...(run === undefined ? [{ path: "[run]", expected: "a run folder", received: "nothing" }] : []),
    ...(repository === undefined || repository.revision !== "main"
      ? [{ path: "--to-repo", expected: "owner/name of a repository on the Hub", received: toRepo ?? "nothing" }]
      : []),
    ...(kind === undefined
      ? [{ path: "--what", expected: `one of ${names.join(", ")}`, received: what, nearest: nearest(what, names) }]
      : []),
    ...(options.private && !options.create
      ? [
          {
            path: "--private",
            expected: "--create beside it, since only a new repository is made private",
            received: "--private alone",
          },
        ]
      : []),
  ];
  if (run === undefined || kind === undefined || repository === undefined || issues.length > 0)
    throw new ConfigError("rewardscope push", issues);
  return { run, kind, repository };
}

export const command: Command<PushOptions> = {
  arguments: [{ syntax: "[run]", description: "a run folder" }],
  options: [
    { flags: "--to-repo <id>", description: "owner/name of the repository on the Hub" },
    {
      flags: "--what <format>",
      description:
        "hub: the tuned model with a card (default); saelens: the dictionaries; dataset: the tables, to a data set repository",
    },
    { flags: "--create", description: "create the repository if it does not exist" },
    { flags: "--private", description: "with --create: make it private" },
  ],
  example: "rewardscope push runs/default --to-repo me/my-model --create --private",
  async run([folder], options, { json, print, signal, observer }) {
    const { run, kind, repository } = checked(folder, options);
    const settings = hubSettings();
    checkCanUpload(settings, "rewardscope push");
    const scratch = await mkdtemp(join(tmpdir(), "rewardscope-push-"));
    let isSent = false;
    const hint = () =>
      isSent
        ? `Whether the commit was made can be seen at ${settings.endpoint}.`
        : "Nothing was committed. To begin again: the same command.";
    const observed = await observer();
    const progress = transferProgress(observed, `uploading to ${repository.id} at ${new URL(settings.endpoint).host}`);
    try {
      const at = join(scratch, "files");
      const files = await stoppable(signal, exportRun(run, kind, at, signal), hint);
      const upload = {
        ...{ repository, folder: at, title: `Upload ${kind} of ${basename(resolve(run))} with rewardscope` },
        ...(options.create && { create: { isPrivate: options.private === true } }),
      };
      const onProgress = (bytes: { doneBytes: number; totalBytes: number }) =>
        progress.onProgress({ name: repository.id, ...bytes });
      const onCommit = () => {
        isSent = true;
      };
      const onRetry = (reason: string) => observed.log(reason);
      const sending = uploadFolder(upload, { settings, signal, onProgress, onCommit, onRetry });
      const commit = await stoppable(signal, sending, hint);
      if (json)
        return print(JSON.stringify({ repository: repository.id, type: repository.type, commit, files }, null, 2));
      print(`${repository.id}: ${files.join(", ")}\n${commit}`);
    } finally {
      progress.end();
      await rm(scratch, { recursive: true, force: true });
    }
  },
};
