import { checkBlobName } from "../../core/blob_name.ts";
import { MusterError } from "../../core/errors.ts";
import { missingBlobsSchema } from "../../core/api/fleet.ts";
import { missingResultSchema, storedBlobsSchema } from "../../core/api/queries.ts";
import { type UnpackedFile, unpackTar } from "../../system/tar.ts";
import type { ApiContext } from "./context.ts";
import { FOREIGN_CONTENT_HEADERS } from "./logs.ts";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";

/** `blobs`. Bodies are streamed, so they have no limit but the disk. */
export function serveBlobs(app: Api, gate: Gate, { blobs }: ApiParts): void {
  serve(app, gate, {
    method: "post",
    path: "/api/v1/blobs/missing",
    tag: "blobs",
    summary: "Which of these blobs are not stored",
    role: "submit",
    body: missingBlobsSchema,
    keepsAnswer: false,
    answers: [{ status: 200, description: "Those to send", schema: missingResultSchema }],
  }, (c, { body }) => c.json({ missing: blobs.missing(body.sha256) }));

  serve(app, gate, {
    method: "post",
    path: "/api/v1/blobs/batch",
    tag: "blobs",
    summary: "Store many blobs: a tar whose files are named by their SHA-256",
    role: "submit",
    streams: "application/x-tar",
    stores: true,
    answers: [{ status: 200, description: "They are stored", schema: storedBlobsSchema }],
  }, async (c) => {
    let [stored, existed] = [0, 0];
    for await (const file of filesOf(c)) {
      (await blobs.put(checkBlobName(file.name), file.body)).existed ? existed++ : stored++;
    }
    return c.json({ stored, existed });
  });

  serve(app, gate, {
    method: "put",
    path: "/api/v1/blobs/{sha256}",
    tag: "blobs",
    summary: "Store bytes under the name they hash to; twice is no error",
    role: "submit",
    streams: "application/octet-stream",
    stores: true,
    answers: [
      { status: 201, description: "It is stored", schema: storedBlobsSchema },
      { status: 200, description: "It was there already", schema: storedBlobsSchema },
    ],
  }, async (c) => {
    const { existed } = await blobs.put(
      checkBlobName(c.req.param("sha256")!),
      c.req.raw.body ?? new Blob([]).stream(),
    );
    return c.json({ stored: existed ? 0 : 1, existed: existed ? 1 : 0 }, existed ? 200 : 201);
  });

  serve(app, gate, {
    method: "get",
    path: "/api/v1/blobs/{sha256}",
    tag: "blobs",
    summary: "The bytes of a blob; HEAD for their size alone",
    role: "read",
    answers: [{ status: 200, description: "The bytes", contentType: "application/octet-stream" }],
  }, async (c) => {
    const sha256 = checkBlobName(c.req.param("sha256")!);
    const size = blobs.size(sha256);
    if (size === null) throw new MusterError("NotFound", `Cannot open blob "${sha256}": it is not stored`);
    const headers = {
      ...FOREIGN_CONTENT_HEADERS,
      "content-type": "application/octet-stream",
      "content-length": String(size),
      "content-disposition": `attachment; filename="${sha256}"`,
    };
    if (c.req.method === "HEAD") return new Response(null, { headers });
    return new Response(await blobs.open(sha256), { headers });
  });
}

async function* filesOf(c: ApiContext): AsyncGenerator<UnpackedFile> {
  if (c.req.raw.body === null) return;
  const files = unpackTar(c.req.raw.body);
  while (true) {
    const next = await files.next().catch((cause) => {
      throw new MusterError("InvalidInput", "Cannot store blobs: the body is not a tar of files", { cause });
    });
    if (next.done === true) return;
    yield next.value;
  }
}
