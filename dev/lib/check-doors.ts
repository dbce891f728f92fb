import { existsSync, readdirSync, readFileSync } from "node:fs";

/** What workerd is started with to let in whoever speaks the protocol of debuggers, or its own. */
const SIDE_DOORS = ["--inspector-addr", "--debug-port"];

/**
 * Whether what runs here is as closed as it should be: no process that this one started shows a key in its arguments
 * or lets debuggers in (seen where there is a /proc), and wrangler's explorer, by which any page on this machine could
 * read and change the database, is off.
 * @throws Error when it is not
 */
export async function checkDoors(url: string, keys: string[]): Promise<void> {
  for (const line of commandLines(process.pid)) {
    const [command, ...args] = line.split("\0");
    // Alone, or behind `NAME:` or `--option=`: a short key may be part of some word.
    if (args.some((arg) => keys.some((key) => arg === key || arg.endsWith(`:${key}`) || arg.endsWith(`=${key}`))))
      throw new Error(`everyone on this machine sees a key: ${command} has it`);
    const open = SIDE_DOORS.find((door) => line.includes(door));
    if (open !== undefined) throw new Error(`${command} has ${open}`);
  }
  for (const path of ["", "/api", "/api/d1/database"]) {
    const response = await fetch(`${url}/cdn-cgi/local/explorer${path}`);
    await response.body?.cancel();
    if (response.status !== 401) throw new Error(`wrangler's explorer is open (${response.status} ${path})`);
  }
}

/** The command lines of a process and of all that it started. */
function commandLines(root: number): string[] {
  if (!existsSync("/proc")) return [];
  const parents = new Map<number, number>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    // After the name in brackets, which may hold spaces: state, parent.
    parents.set(Number(pid), Number(readOf(pid, "stat").split(") ").at(-1)?.split(" ")[1]));
  }
  const isOurs = (pid: number | undefined): boolean => pid === root || (pid !== undefined && isOurs(parents.get(pid)));
  return [...parents.keys()].filter(isOurs).map((pid) => readOf(String(pid), "cmdline"));
}

/** Empty for a process that has just ended. */
function readOf(pid: string, what: "stat" | "cmdline"): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "utf8");
  } catch {
    return "";
  }
}
