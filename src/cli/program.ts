/**
 * The command line: finds the command, loads it, runs it, and turns errors into messages and exit
 * codes.
 */
import { readFileSync } from "node:fs";
import { Command as Commander, CommanderError } from "commander";
import { ConfigError, type ConfigIssue, FormatError, RewardscopeError } from "../errors.js";
import type { Stage } from "../pipeline/run/stage.js";
import { type Command, type CommandContext, type CommandEntry, Interrupted } from "./command.js";
import { commandTable } from "./command-table.js";

/** 0: done, 1: failed, 2: invalid input, 130: stopped by Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 130;

const collect = (value: string, earlier: string[] = []) => [...earlier, value];

async function loadStages(): Promise<readonly Stage[]> {
  const [{ methodStages }, { writeReport }] = await Promise.all([
    import("../pipeline/stages/stages.js"),
    import("../report/write-report.js"),
  ]);
  return methodStages(writeReport);
}

/** Progress goes to standard error, so that standard output has only the command's output. */
async function observer() {
  const { progressObserver } = await import("./progress.js");
  const isTerminal = process.stderr.isTTY === true && process.env.TERM !== "dumb";
  return progressObserver({ stream: process.stderr, isTerminal, now: () => performance.now() });
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function describe(
  shell: Commander,
  { arguments: args, options, example, run }: Command,
  context: Omit<CommandContext, "json">,
) {
  for (const { syntax, description } of args) shell.argument(syntax, description);
  for (const { flags, description, repeats } of options) {
    if (repeats) shell.option(flags, description, collect);
    else shell.option(flags, description);
  }
  shell.addHelpText("after", `\nExample:\n  $ ${example}`);
  shell.action(async () => {
    const given = shell.opts<{ json?: boolean }>();
    const issues = emptyValues(shell);
    if (issues.length > 0) throw new ConfigError(`rewardscope ${shell.name()}`, issues);
    await run(shell.processedArgs as (string | undefined)[], given, { ...context, json: given.json === true });
  });
}

/** Empty options and arguments, as from an unset shell variable. Only a text may be empty. */
function emptyValues(shell: Commander): ConfigIssue[] {
  const given: [string, unknown][] = [
    ...shell.options.map((option): [string, unknown] => [option.flags, shell.getOptionValue(option.attributeName())]),
    ...shell.registeredArguments.map((argument, i): [string, unknown] => [
      `<${argument.name()}>`,
      shell.processedArgs[i],
    ]),
  ];
  return given.flatMap(([name, value]) =>
    value === "" && !name.endsWith("<text>") ? [{ path: name, expected: "a value", received: "an empty one" }] : [],
  );
}

/** The name of the command in the arguments, also of one whose help is requested. */
function commandName(argv: readonly string[], table: readonly CommandEntry[]): string | undefined {
  return argv.find((argument) => table.some(({ name }) => name === argument));
}

async function buildProgram(argv: readonly string[], context: Omit<CommandContext, "json">): Promise<Commander> {
  const program = new Commander("rewardscope")
    .description(
      "Tune a language model on a reward and measure how far the reward it learned is from the one it was given.",
    )
    .version(version())
    .showHelpAfterError("(--help shows what is possible)")
    .exitOverride();
  // What is wrong is then said once, as JSON.
  if (argv.includes("--json")) program.configureOutput({ writeErr: () => {} });
  const used = commandName(argv, commandTable);
  for (const { name, summary, load } of commandTable) {
    const shell = program
      .command(name)
      .description(summary)
      .option("--json", "answer with JSON")
      .option("--verbose", "show where in the program an error arose");
    if (name === used) describe(shell, (await load()).command, context);
  }
  return program;
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interrupted) return 130;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isInput = error instanceof RewardscopeError && error.code === "INVALID_INPUT";
  return isInput || error instanceof ConfigError || error instanceof FormatError ? 2 : 1;
}

/** What programs are told of an error. */
function described(error: unknown): { code: string; message: string; help?: string; issues?: readonly ConfigIssue[] } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Interrupted) return { code: "INTERRUPTED", message, help: error.hint };
  if (error instanceof CommanderError) return { code: "INVALID_INPUT", message: message.replace(/^error: /, "") };
  if (error instanceof ConfigError) return { code: error.code, message, issues: error.issues };
  return { code: error instanceof RewardscopeError ? error.code : "FAILED", message };
}

/** Writes an error to standard error: as text, or as JSON; with the stack if requested. */
function report(error: unknown, argv: readonly string[]): void {
  const json = argv.includes("--json");
  // Commander has printed help and versions, and its errors where they are texts.
  if (error instanceof CommanderError && (!json || error.exitCode === 0)) return;
  const write = (text: string) => process.stderr.write(`${text}\n`);
  if (json) write(JSON.stringify({ error: described(error) }));
  else if (error instanceof Interrupted) write(`\nStopped. ${error.hint}`);
  else write(`${paint("error:")} ${described(error).message}`);
  if (argv.includes("--verbose") && !(error instanceof Interrupted))
    write(String(error instanceof Error && error.stack));
}

/** Red on a terminal, unless the user wants no colours (no-color.org). */
function paint(text: string): string {
  return process.stderr.isTTY && !process.env.NO_COLOR ? `\u001b[31m${text}\u001b[0m` : text;
}

/** npm forwards the Ctrl-C that the terminal has already sent, so one key press arrives twice. */
const ONE_KEY_PRESS_MS = 1000;

/**
 * Runs one command line in this process.
 * @param argv arguments after the program's name
 * @param stages the function that loads the stages; default: those of the method
 */
export async function runCli(
  argv: readonly string[],
  stages: CommandContext["loadStages"] = loadStages,
): Promise<ExitCode> {
  const controller = new AbortController();
  let stoppedAt = 0;
  const stop = () => {
    if (!controller.signal.aborted) {
      stoppedAt = performance.now();
      controller.abort();
    } else if (performance.now() - stoppedAt > ONE_KEY_PRESS_MS) {
      // A second Ctrl-C ends the program at once. A normal exit would shut down the engine during a
      // run.
      process.kill(process.pid, "SIGKILL");
    }
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    const context = { signal: controller.signal, print, observer, loadStages: stages, commands: commandTable };
    const program = await buildProgram(argv, context);
    await program.parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    report(error, argv);
    return exitCodeOf(error);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}
