const WIDTH = 30;

/** A progress bar on one line; without a terminal, a line whenever another tenth is done. */
export function createBar(total: number): (done: number, note: string) => void {
  const drawn = process.stdout.isTTY;
  let tenth = -1;
  return (done, note) => {
    const share = total === 0 ? 1 : done / total;
    const filled = Math.round(share * WIDTH);
    const line = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${done}/${total}  ${note}`;
    if (drawn) process.stdout.write(`\r\x1b[K${line}${done >= total ? "\n" : ""}`);
    else if (Math.floor(share * 10) > tenth) console.log(line);
    tenth = Math.floor(share * 10);
  };
}

export interface Column<T> {
  title: string;
  value(row: T): string | number;
  right?: boolean;
  /** Longer values are cut. */
  most?: number;
}

/** Rows as an aligned table with a line under its titles. */
export function table<T>(columns: Column<T>[], rows: T[]): string {
  const cells = rows.map((row) => columns.map(({ value, most = 40 }) => cut(String(value(row)), most)));
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...cells.map((line) => line[i]?.length ?? 0)));
  const render = (line: string[]) =>
    line
      .map((cell, i) => (columns[i]?.right ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [
    render(columns.map(({ title }) => title)),
    render(widths.map((width) => "─".repeat(width))),
    ...cells.map(render),
  ].join("\n");
}

/** Lines of cells under their titles. */
export function plainTable(titles: string[], lines: string[][]): string {
  const columns = titles.map((title, i) => ({ title, value: (line: string[]) => line[i] ?? "", most: 100 }));
  return table(columns, lines);
}

function cut(text: string, most: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}

/** A heading in what a script prints. */
export function heading(text: string): void {
  console.log(`\n${process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : `== ${text}`}`);
}
