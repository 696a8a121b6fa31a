import { z } from "../schema.ts";

/** RFC 3339 UTC. */
export const timeSchema = z.string().describe("RFC 3339, UTC").meta({ format: "date-time" });

/** Every error's body. */
export const errorSchema = z.object({
  error: z.object({
    code: z.string().describe("One of the codes of docs/errors.md"),
    message: z.string(),
    hint: z.string().optional().describe("The next step, as a command where there is one"),
    trace_id: z.string().optional(),
  }),
}).meta({ id: "Error" });

/** A page of `items`. `next_cursor` is null on the last page; give it back as `?cursor=`. */
export function pageSchema<T extends z.ZodType>(item: T, id: string) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() }).meta({ id });
}

/** `?limit=&cursor=` of every list. */
export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().optional(),
});
