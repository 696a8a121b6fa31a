import begin from "./migrations/0001_begin.sql" with { type: "text" };

/** One numbered step of the schema. `user_version` of a database is the highest number it has seen. */
export interface Migration {
  readonly number: number;
  readonly sql: string;
}

/** Every step, in order. One that was released is never changed; a new one is added. */
export const MIGRATIONS: readonly Migration[] = [{ number: 1, sql: begin }];
