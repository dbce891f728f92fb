import { getTableColumns, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

export type Db = DrizzleD1Database;

export function createDb(binding: D1Database): Db {
  return drizzle(binding);
}

/** SQL: a list as one parameter, for `in`: D1 takes at most 100 bound parameters a statement. */
export function valuesOf(list: readonly (string | number)[]): SQL {
  return sql`(select value from json_each(${JSON.stringify(list)}))`;
}

type Columns<T extends SQLiteTable> = T["_"]["columns"];

/** A table's columns by their names in the database, which are the API's too: what is read so need not be renamed. */
export function columnsByName<T extends SQLiteTable>(table: T) {
  const named = Object.values(getTableColumns(table)).map((column) => [column.name, column]);
  // The types know each column's name as well.
  return Object.fromEntries(named) as { [K in keyof Columns<T> as Columns<T>[K]["_"]["name"]]: Columns<T>[K] };
}

export type Batch = [BatchItem<"sqlite">, ...BatchItem<"sqlite">[]];

/**
 * A SELECT of whole rows for `insert().select()`, read from one JSON parameter, because D1 takes at most
 * 100 bound parameters a statement. The JSON must stay under D1's 2 MB a value.
 *
 * @param compute turns a column's JSON value into SQL, where the column is to be looked up rather than given; gets any
 *   other column's by its name
 * @param where decides row by row what goes in; gets a column's JSON value by its name
 */
export function rowsFromJson<T extends SQLiteTable>(
  table: T,
  rows: T["$inferInsert"][],
  {
    compute = {},
    where = () => sql`true`,
  }: {
    compute?: {
      [K in keyof T["$inferInsert"]]?: (given: SQL, other: (column: keyof T["$inferInsert"]) => SQL) => SQL;
    };
    where?: (given: (column: keyof T["$inferInsert"]) => SQL) => SQL;
  } = {},
) {
  const columns = Object.entries(getTableColumns(table)).filter(([, column]) => !column.generated);
  const encoded = rows.map((row) => columns.map(([key, column]) => encode(column, row[key as keyof typeof row])));
  const given = (key: PropertyKey) =>
    // Named in full: `where` may hold a json_each of its own.
    sql.raw(`json_extract(json_each.value, '$[${columns.findIndex(([name]) => name === key)}]')`);
  const picks = columns.map(([key]) => compute[key as keyof typeof compute]?.(given(key), given) ?? given(key));
  return sql`select ${sql.join(picks, sql`, `)} from json_each(${JSON.stringify(encoded)}) where ${where(given)}`;
}

function encode(column: SQLiteColumn, value: unknown): unknown {
  return value === undefined || value === null ? null : column.mapToDriverValue(value);
}
