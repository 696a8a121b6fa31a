import assert from "node:assert/strict";
import type { Role } from "../../core/api/fleet.ts";
import { openApiDocument } from "../../controller/api/docs.ts";
import { apiLab } from "../labs/api_lab.ts";

interface Operation {
  readonly method: string;
  readonly path: string;
  /** Null: anybody. */
  readonly role: Role | null;
}

const METHODS = ["get", "put", "post", "delete", "patch", "options", "head", "trace"] as const;

/** Every operation of the OpenAPI document, its parameters filled with something. */
function operations(lab: ReturnType<typeof apiLab>): Operation[] {
  const document = openApiDocument(lab.app, "0");
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      const role = (operation.security?.[0]?.bearer?.[0] ?? null) as Role | null;
      return [{ method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, "1"), role }];
    })
  );
}

const HOST = "127.0.0.1:7770";

async function status(
  lab: ReturnType<typeof apiLab>,
  { method, path }: Operation,
  headers: Record<string, string>,
): Promise<number> {
  const response = await lab.app.request(`http://${HOST}${path}`, { method, headers }, lab.connection);
  if (!response.ok) assertError(await response.json(), `${method} ${path}`);
  else await response.body?.cancel();
  return response.status;
}

/** Every refusal is the one shape: words, a code, a trace id. */
function assertError(body: unknown, where: string): void {
  const { error } = body as { error: Record<string, unknown> };
  assert.equal(typeof error.code, "string", where);
  assert.match(String(error.message), /^Cannot [^\n]+$/, where);
  assert.match(String(error.trace_id), /^[0-9a-f-]{36}$/, where);
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

Deno.test("the OpenAPI document holds every route of the app, and only /healthz is public", () => {
  using lab = apiLab();
  const listed = operations(lab);
  const documented = new Set(listed.map(({ method, path }) => `${method} ${path}`));
  for (const { method, path } of lab.app.routes) {
    if (method === "ALL") continue;
    assert.ok(
      documented.has(`${method} ${path.replaceAll(/:\w+/g, "1")}`),
      `${method} ${path} is undocumented`,
    );
  }
  assert.ok(listed.length >= 25);
  assert.deepEqual(listed.filter(({ role }) => role === null).map(({ path }) => path), ["/healthz"]);
});

Deno.test("every operation but /healthz refuses a missing, malformed, unknown, expired or revoked token", async (t) => {
  using lab = apiLab();
  const expired = await lab.token("owner", 1);
  const revoked = await lab.token("owner");
  await lab.parts.tokens.revoke(lab.parts.tokens.find(revoked)!.id);
  lab.time.now += 2_000;
  const cases: [string, Record<string, string>][] = [
    ["no token", {}],
    ["an empty one", { authorization: "Bearer " }],
    ["another scheme", { authorization: "Basic b3duZXI6b3duZXI=" }],
    ["a wrong one", bearer("muster_wrong")],
    ["an expired one", bearer(expired)],
    ["a revoked one", bearer(revoked)],
  ];
  for (const operation of operations(lab).filter(({ role }) => role !== null)) {
    await t.step(`${operation.method} ${operation.path}`, async () => {
      for (const [name, headers] of cases) assert.equal(await status(lab, operation, headers), 401, name);
    });
  }
  assert.deepEqual(lab.calls, []);
});

Deno.test("every operation refuses a role below its own and lets its own in", async (t) => {
  const ranks: Role[] = ["read", "submit", "owner"];
  for (const operation of operations(apiLab()).filter(({ role }) => role !== null)) {
    await t.step(`${operation.method} ${operation.path}`, async () => {
      for (const role of ranks) {
        using lab = apiLab();
        const seen = await status(lab, operation, bearer(await lab.token(role)));
        const isEnough = ranks.indexOf(role) >= ranks.indexOf(operation.role!);
        if (isEnough) assert.ok(seen !== 401 && seen !== 403, `${role} got ${seen}`);
        else assert.equal(seen, 403, role);
      }
    });
  }
});

Deno.test("every operation refuses a Host that is not ours and a foreign Origin, whatever the token", async (t) => {
  using lab = apiLab();
  const token = bearer(await lab.token("owner"));
  for (const operation of operations(lab)) {
    await t.step(`${operation.method} ${operation.path}`, async () => {
      for (const host of ["evil.example", "evil.example:7770", "127.0.0.1", "127.0.0.1:7771"]) {
        assert.equal(await status(lab, operation, { ...token, host }), 421, host);
      }
      for (
        const origin of ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:7770"]
      ) {
        assert.equal(await status(lab, operation, { ...token, host: HOST, origin }), 403, origin);
      }
    });
  }
  assert.deepEqual(lab.calls, []);
});

Deno.test("the page's own origin is let in, and no answer allows another origin", async () => {
  using lab = apiLab();
  const headers = { ...bearer(await lab.token("read")), origin: `http://${HOST}`, host: HOST };
  const response = await lab.app.request(`http://${HOST}/api/v1/jobs`, { headers }, lab.connection);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("access-control-allow-origin"), null);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("the unix socket stands for the owner, but a token that is given must be valid", async () => {
  using lab = apiLab();
  const ask = (headers: Record<string, string>) =>
    lab.app.request("http://anything/api/v1/tokens", { headers }, lab.socket);
  assert.equal((await ask({})).status, 200);
  assert.equal((await ask(bearer("muster_wrong"))).status, 401);
  assert.equal((await ask(bearer(await lab.token("read")))).status, 403);
});

Deno.test("a request that no listener vouches for is misdirected", async () => {
  using lab = apiLab();
  assert.equal((await lab.app.request(`http://${HOST}/healthz`)).status, 421);
});
