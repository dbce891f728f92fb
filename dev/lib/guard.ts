/**
 * Runs a command as the leader of a process group and ends the whole group when the command ends, when it is asked
 * to, or when whoever started it is gone, for whatever reason: the channel closes even on a SIGKILL. Without
 * this a killed `npm run dev` would leave workerd behind, holding the port.
 *
 * To be started by `start` in processes.ts: detached, with an IPC channel, over which it sends the exit code.
 */
import { spawn } from "node:child_process";

const GRACE_MS = 3_000;
/** When the command has ended on its own, what it started gets this long to follow. */
const FOLLOW_MS = 150;

const [command = "", ...args] = process.argv.slice(2);
// What the command writes (the database, files, caches) is for its user alone.
process.umask(0o077);
const child = spawn(command, args, { stdio: "inherit" });

child.once("error", (error) => {
  console.error(`${command} cannot be started: ${error.message}`);
  leave(127);
});
child.once("exit", (code) => leave(code ?? 1));

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, askToEnd);
process.once("disconnect", askToEnd);

let asked = false;

function askToEnd(): void {
  if (asked) return;
  asked = true;
  child.kill("SIGTERM");
  setTimeout(leave, GRACE_MS, 1);
}

let leaving = false;

/** Sends the exit code, then ends the whole group, this process with it. */
function leave(code: number): void {
  if (leaving) return;
  leaving = true;
  setTimeout(() => {
    if (!process.connected) endGroup();
    else process.send?.({ code }, undefined, undefined, endGroup);
  }, FOLLOW_MS);
}

function endGroup(): void {
  process.kill(-process.pid, "SIGKILL");
}
