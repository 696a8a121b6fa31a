import assert from "node:assert/strict";
import { MusterError } from "../../../core/errors.ts";
import { certificateFingerprint } from "../../../system/certificates.ts";
import { fetchAuthority } from "../../../system/fetch_authority.ts";
import { FLEET, fleetCertificates } from "../../fakes/fleet_certificates.ts";

/** Runs `test` against an HTTPS listener that shows `chain`. */
async function withListener(chain: string, key: string, test: (url: string) => Promise<void>) {
  const served: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert: chain, key, onListen: () => {} },
    (request) => {
      served.push(request.url);
      return new Response();
    },
  );
  try {
    await test(`https://127.0.0.1:${server.addr.port}`);
    assert.deepEqual(served, [], "a request was sent before the authority was known");
  } finally {
    await server.shutdown();
  }
}

Deno.test("fetchAuthority() answers the authority whose fingerprint was given, and the controller's name", async () => {
  const { authority, controller } = await fleetCertificates();
  const chain = `${controller.certificatePem}\n${authority.certificatePem}`;
  await withListener(chain, controller.keyPem, async (url) => {
    const found = await fetchAuthority(url, certificateFingerprint(authority.certificatePem));
    assert.equal(found.serverName, `controller.${FLEET}.muster.internal`);
    assert.equal(certificateFingerprint(found.ca), certificateFingerprint(authority.certificatePem));
  });
});

Deno.test("fetchAuthority() refuses another fingerprint, and an authority that did not sign", async () => {
  const { authority, controller } = await fleetCertificates();
  const other = await fleetCertificates();
  const chain = `${controller.certificatePem}\n${other.authority.certificatePem}`;
  await withListener(chain, controller.keyPem, async (url) => {
    for (const pem of [authority.certificatePem, other.authority.certificatePem]) {
      await assert.rejects(fetchAuthority(url, certificateFingerprint(pem)), (error) => {
        assert.ok(error instanceof MusterError && error.code === "NotAllowed", String(error));
        return true;
      });
    }
  });
});

Deno.test("fetchAuthority() says that nothing answers", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assert.rejects(fetchAuthority(`https://127.0.0.1:${port}`, "SHA256:00"), { code: "Unreachable" });
});
