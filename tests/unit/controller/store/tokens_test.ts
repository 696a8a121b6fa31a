import assert from "node:assert/strict";
import { createTokens, ensureOwnerToken, refusalOf } from "../../../../controller/store/tokens.ts";
import { MusterError } from "../../../../core/errors.ts";
import { aStore } from "../../../builders/a_store.ts";

function aVault() {
  const store = aStore();
  const clock = { time: 1_000_000, now: () => clock.time, monotonicMs: () => clock.time };
  return {
    store,
    clock,
    tokens: createTokens({ store, clock }),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

const OWNER = { name: "owner", role: "owner", expiresInSeconds: null } as const;

Deno.test("create() stores a hash, never the token", async () => {
  using vault = aVault();
  const { token, record } = await vault.tokens.create(OWNER);
  assert.match(token, /^muster_[A-Za-z0-9_-]{43}$/);
  const rows = vault.store.read((db) => db.prepare("SELECT * FROM tokens").all());
  assert.doesNotMatch(JSON.stringify(rows), new RegExp(token.slice(7, 27)));
  assert.deepEqual(vault.tokens.find(token), record);
  assert.equal(vault.tokens.find(`${token}x`), null);
});

Deno.test("refusalOf() ends a token at its expiry and at its revocation", async () => {
  using vault = aVault();
  const { record } = await vault.tokens.create({ ...OWNER, expiresInSeconds: 60 });
  assert.equal(refusalOf(record, vault.clock.time + 59_999), null);
  assert.equal(refusalOf(record, vault.clock.time + 60_000), "expired");
  assert.equal(refusalOf(await vault.tokens.revoke(record.id), vault.clock.time), "revoked");
});

Deno.test("revoke() takes an id or a name that one token bears, and keeps the first time", async () => {
  using vault = aVault();
  const first = await vault.tokens.create({ ...OWNER, name: "ci" });
  const revoked = await vault.tokens.revoke("ci");
  assert.equal(revoked.id, first.record.id);
  vault.clock.time += 5_000;
  assert.equal((await vault.tokens.revoke(first.record.id)).revokedAt, revoked.revokedAt);
  await vault.tokens.create({ ...OWNER, name: "ci" });
  await vault.tokens.create({ ...OWNER, name: "ci" });
  await assert.rejects(vault.tokens.revoke("ci"), (error: MusterError) => error.code === "Conflict");
  await assert.rejects(vault.tokens.revoke("nobody"), (error: MusterError) => error.code === "NotFound");
});

Deno.test("touch() writes at most once a minute", async () => {
  using vault = aVault();
  const { token } = await vault.tokens.create(OWNER);
  const use = async () => {
    vault.tokens.touch(vault.tokens.find(token)!);
    await vault.store.write(() => {}); // Its commit is that of the touch.
    return vault.tokens.find(token)!.lastUsedAt;
  };
  const first = vault.clock.time;
  assert.equal(await use(), first);
  vault.clock.time += 59_000;
  assert.equal(await use(), first);
  vault.clock.time += 1_000;
  assert.equal(await use(), first + 60_000);
});

Deno.test("list() pages from the newest and refuses a cursor that is none", async () => {
  using vault = aVault();
  for (const name of ["a", "b", "c"]) {
    vault.clock.time++;
    await vault.tokens.create({ ...OWNER, name });
  }
  const page = vault.tokens.list(2);
  assert.deepEqual(page.items.map(({ name }) => name), ["c", "b"]);
  const rest = vault.tokens.list(2, page.next!);
  assert.deepEqual([rest.items.map(({ name }) => name), rest.next], [["a"], null]);
  assert.throws(() => vault.tokens.list(2, "none"), (error: MusterError) => error.code === "InvalidInput");
});

Deno.test("ensureOwnerToken() keeps a valid owner's token and replaces any other", async () => {
  using vault = aVault();
  const { tokens, clock } = vault;
  const token = await ensureOwnerToken(tokens, clock, null);
  assert.equal(tokens.find(token)?.role, "owner");
  assert.equal(await ensureOwnerToken(tokens, clock, token), token);
  const reader = await tokens.create({ ...OWNER, role: "read" });
  for (const bad of ["muster_unknown", reader.token]) {
    const made = await ensureOwnerToken(tokens, clock, bad);
    assert.equal(tokens.find(made)?.role, "owner");
    assert.notEqual(made, bad);
  }
  await tokens.revoke(tokens.find(token)!.id);
  assert.notEqual(await ensureOwnerToken(tokens, clock, token), token);
});
