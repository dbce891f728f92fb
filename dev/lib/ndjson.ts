import { readFileSync } from "node:fs";

/** The objects of a file with one per line. Lines that hold none are left out: they are the import's business. */
export function readObjects(file: string): object[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.map(parse).filter((value): value is object => typeof value === "object" && value !== null);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
