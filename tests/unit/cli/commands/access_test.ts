import assert from "node:assert/strict";
import { join } from "node:path";
import { readClientFile } from "../../../../system/client_file.ts";
import { MusterError } from "../../../../core/errors.ts";
import { aStatusBody } from "../../../builders/api_bodies.ts";
import { createFakeClient } from "../../../fakes/fake_client.ts";
import { muster } from "../../../labs/cli_lab.ts";

/** Runs `test` with a MUSTER_HOME of its own. */
async function withHome(test: (env: { MUSTER_HOME: string }, client: string) => Promise<void>) {
  const home = await Deno.makeTempDir();
  try {
    await test({ MUSTER_HOME: home }, join(home, "client.json"));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("muster login keeps the URL, token and authority, and commands then go there", async () => {
  await withHome(async (env, path) => {
    const fingerprints: string[] = [];
    const authority = (_url: string, fingerprint: string) => {
      fingerprints.push(fingerprint);
      return Promise.resolve({ ca: "PEM", serverName: "controller.f1.muster.internal" });
    };
    const login = await muster(["login", "https://desk:7770", "--ca", "SHA256:ab"], {
      env,
      ports: { authority },
    });
    assert.deepEqual([login.code, fingerprints], [0, ["SHA256:ab"]]);
    assert.equal(login.out, 'Logged in to https://desk:7770 as context "desk"; commands now talk to it\n');
    assert.doesNotMatch(login.out + login.err, /mst_secret/);
    const known = {
      url: "https://desk:7770",
      token: "mst_secret",
      ca: "PEM",
      serverName: "controller.f1.muster.internal",
    };
    assert.deepEqual(await readClientFile(path), { current: "desk", contexts: { desk: known } });

    const { addresses } = await muster(["list"], { env, isRunning: false });
    assert.deepEqual(addresses, [{ kind: "https", ...known }]);
    assert.match((await muster(["context", "list"], { env })).out, /\n\* +desk +https:\/\/desk:7770\n/);
    await muster(["context", "use", "local"], { env });
    assert.equal((await muster(["list"], { env })).addresses[0]?.kind, "socket");
    assert.equal((await muster(["list", "--controller", "desk"], { env })).addresses[0]?.kind, "https");
  });
});

Deno.test("muster login keeps nothing when the token, authority or URL is wrong", async (t) => {
  const wrongToken = createFakeClient({
    status: () => Promise.reject(new MusterError("Unauthenticated", "Cannot log in: the token is not known")),
  });
  const cases: [string, string[], number, Parameters<typeof muster>[1]?][] = [
    ["a wrong token", ["https://desk", "--ca", "SHA256:ab"], 5, { client: wrongToken }],
    ["no token", ["https://desk", "--ca", "SHA256:ab"], 2, {
      ports: { readSecret: () => Promise.resolve("") },
    }],
    ["no fingerprint", ["https://desk"], 2],
    ["another authority", ["https://desk", "--ca", "SHA256:ab"], 5, {
      ports: {
        authority: () => Promise.reject(new MusterError("NotAllowed", "Cannot log in: another fingerprint")),
      },
    }],
    ["plain http elsewhere", ["http://desk"], 2],
    ["a reserved name", ["http://127.0.0.1:1", "--name", "local"], 2],
  ];
  for (const [name, words, expected, options] of cases) {
    await t.step(name, async () => {
      await withHome(async (env, path) => {
        const { code, err } = await muster(["login", ...words], { ...options, env });
        assert.equal(code, expected, err);
        await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
      });
    });
  }
});

Deno.test("muster context use names the nearest context", async () => {
  await withHome(async (env) => {
    const { code, err } = await muster(["context", "use", "locl"], { env });
    assert.equal(code, 3);
    assert.match(err, /there is none of this name\nhint: Did you mean "local"\?/);
  });
});

Deno.test("muster token create prints the token alone on standard output", async () => {
  const client = createFakeClient();
  const { out, err } = await muster(["token", "create", "laptop", "--role", "read", "--expires", "30d"], {
    client,
  });
  assert.equal(out, "mst_secret\n");
  assert.equal(
    err,
    'Token t4k2 for "laptop" may see everything and change nothing. It is shown this once:\n',
  );
  assert.deepEqual(client.calls[0]?.args, [{ name: "laptop", role: "read", expires_in: 30 * 86_400 }]);
  assert.equal((await muster(["token", "create", "x", "--role", "king"])).code, 2);
});

Deno.test("muster token create says how another machine logs in, where one can", async () => {
  const status = () =>
    Promise.resolve(aStatusBody({ url: "https://desk:7770", ca_fingerprint: "SHA256:ab" }));
  const { err } = await muster(["token", "create", "laptop"], { client: createFakeClient({ status }) });
  assert.match(err, /; muster login https:\/\/desk:7770 --ca SHA256:ab takes it on standard input\. It is/);
});

Deno.test("muster token list and revoke name tokens by their ids", async () => {
  assert.match((await muster(["token", "list"])).out, /t4k2 +laptop +submit +24h ago +never +for ever\n/);
  const client = createFakeClient();
  assert.equal((await muster(["token", "revoke", "t4k2"], { client })).out, "Revoked token t4k2\n");
  assert.deepEqual(client.calls[0], { method: "revokeToken", args: ["t4k2"] });
});
