import { html } from "hono/html";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";

type Document = ReturnType<Api["getOpenAPI31Document"]>;

/** `/openapi.json` and `/docs`. The document is made once, when it is first asked for. */
export function serveDocs(app: Api, gate: Gate, { about }: ApiParts): void {
  let made: Document | undefined;
  const document = () => made ??= openApiDocument(app, about.version);

  serve(app, gate, {
    method: "get",
    path: "/openapi.json",
    tag: "controller",
    summary: "This API as an OpenAPI 3.1 document",
    role: "read",
    answers: [{ status: 200, description: "The document", contentType: "application/json" }],
  }, (c) => c.json(document()));

  serve(app, gate, {
    method: "get",
    path: "/docs",
    tag: "controller",
    summary: "This API as a page",
    role: "read",
    answers: [{ status: 200, description: "The page", contentType: "text/html" }],
  }, async (c) => {
    c.header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    return c.html(await page(document()));
  });
}

/** Every operation with its least role as the scope of its security requirement. */
export function openApiDocument(app: Api, version: string): Document {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Muster", version, description: "One fleet, one queue. Errors bear the shape `Error`." },
    security: [{ bearer: [] }],
  });
}

function page(document: Document) {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <title>Muster API ${document.info.version}</title>
        <style>
    body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
    table { border-collapse: collapse; width: 100% } td { padding: .3rem .6rem .3rem 0; vertical-align: top }
    code { font-size: 14px } td:nth-child(3) { color: #666 }
    </style>
      </head>
      <body>
        <h1>Muster API ${document.info.version}</h1>
        <p>Send a token as <code>Authorization: Bearer TOKEN</code>, or use the unix socket. The shapes are in
    <code>/openapi.json</code>.</p>
        <table>${operations(document).map(row)}</table>
      </body>
    </html>
  `;
}

interface Listed {
  readonly method: string;
  readonly path: string;
  readonly role: string;
  readonly summary: string;
}

function row({ method, path, role, summary }: Listed) {
  return html`
    <tr>
      <td><code>${method}</code></td>
      <td><code>${path}</code></td>
      <td>${role}</td>
      <td>${summary}</td>
    </tr>
  `;
}

function operations(document: Document): Listed[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      const role = operation.security?.[0]?.bearer?.[0] ?? "anybody";
      return [{ method: method.toUpperCase(), path, role, summary: operation.summary ?? "" }];
    })
  );
}

const METHODS = ["get", "post", "put", "delete"] as const;
