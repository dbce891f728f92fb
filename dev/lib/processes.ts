import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GUARD = fileURLToPath(new URL("./guard.ts", import.meta.url));

/** Where the Worker is looked for; when it is taken, the next free one serves. */
export const FIRST_PORT = 8787;

export interface Started {
  /** Resolves when it has ended, with what it left as its exit code (null: by a signal). */
  ended: Promise<number | null>;
  /** Ends it and everything it started. */
  stop(): Promise<void>;
  /** The last lines it wrote; empty where they go to the terminal. */
  lastOutput(): string;
}

export interface StartOptions {
  env?: NodeJS.ProcessEnv;
  /** Keep its output to itself, for `lastOutput`. Otherwise it goes to the terminal. */
  quiet?: boolean;
  /** What it reads on stdin: the place for keys, since everyone on the machine can read its arguments. */
  input?: string;
}

const KEPT_OUTPUT = 8_000;
/** How long its last output may take to arrive after its end. */
const LAST_WORDS_MS = 1_000;

/** Starts a command in a process group of its own, which goes when this process goes, whatever ends it. */
export function start(
  command: string,
  args: string[],
  { env = process.env, quiet = false, input = "" }: StartOptions = {},
): Started {
  const child: ChildProcess = spawn(process.execPath, [GUARD, command, ...args], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ["pipe", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit", "ipc"],
  });
  // Where it ends before it has read this, its exit code says more.
  child.stdin?.on("error", () => {}).end(input);
  let output = "";
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT);
    });
  }
  let code: number | null = null;
  child.on("message", (message: { code: number }) => {
    code = message.code;
  });
  const ended = (async () => {
    // Not "close": that never comes once this side has closed the channel.
    await once(child, "exit");
    const unread = streams.filter((stream) => !stream.closed).map((stream) => once(stream, "close"));
    await Promise.race([Promise.all(unread), sleep(LAST_WORDS_MS)]);
    return code;
  })();
  return {
    ended,
    lastOutput: () => output,
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Runs a command to its end. @throws Error with its output when it fails */
export async function run(command: string, args: string[], options: StartOptions = {}): Promise<void> {
  const started = start(command, args, { quiet: true, ...options });
  const code = await started.ended;
  if (code !== 0) throw new Error(`${args.join(" ")} failed (exit code ${code}):\n${started.lastOutput()}`);
}

/** The first free port from `first` on, on this machine. */
export async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + 200; port++) if (await isFree(port)) return port;
  throw new Error(`no free port from ${first} to ${first + 199}`);
}

async function isFree(port: number): Promise<boolean> {
  // Both families are asked: a server on ::1 alone would answer for localhost too.
  const tries = await Promise.all(["127.0.0.1", "::1"].map((host) => canListen(port, host)));
  return tries.every(Boolean);
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT"),
    );
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

const PARENT_CHECK_MS = 1_000;

/** Has `cleanUp` done once when the terminal, the system or npm asks this process to end. */
export function onSignal(cleanUp: () => Promise<void>): void {
  let asked = false;
  const end = (code: number) => {
    if (asked) return;
    asked = true;
    void cleanUp().finally(() => process.exit(code));
  };
  process.on("SIGINT", () => end(130));
  process.on("SIGTERM", () => end(0));
  process.on("SIGHUP", () => end(0));
  // npm passes a signal on to its shell alone, and the shell dies without a word to us: then we have a new parent.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== parent && end(0), PARENT_CHECK_MS).unref();
}
