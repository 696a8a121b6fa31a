import { packTar } from "../../system/tar.ts";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";
import { FOREIGN_CONTENT_HEADERS } from "./logs.ts";
import { taskFiles } from "./task_files.ts";

/** `jobs/{job}/files`. */
export function serveFiles(app: Api, gate: Gate, parts: ApiParts): void {
  serve(app, gate, {
    method: "get",
    path: "/api/v1/jobs/{job}/files",
    tag: "jobs",
    summary:
      "What the job's tasks left: INDEX/stdout.txt, INDEX/result.json, INDEX/FILE …, and tasks.csv at the end",
    role: "read",
    answers: [{ status: 200, description: "A tar", contentType: "application/x-tar" }],
  }, (c) => {
    const job = parts.jobs.find(c.req.param("job")!);
    return new Response(packTar(taskFiles(parts, job)), {
      headers: {
        ...FOREIGN_CONTENT_HEADERS,
        "content-type": "application/x-tar",
        "content-disposition": `attachment; filename="${job.spec.name}.tar"`,
      },
    });
  });
}
