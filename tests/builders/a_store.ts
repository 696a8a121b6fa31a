import { openStore } from "../../controller/store/sqlite_store.ts";
import type { Store } from "../../controller/store/store.ts";
import { systemClock } from "../../system/clock.ts";
import { silentLog } from "../../system/log.ts";

/** An empty store in memory. */
export function aStore(): Store & Disposable {
  const store = openStore(":memory:", { log: silentLog, clock: systemClock });
  return Object.assign(store, { [Symbol.dispose]: () => void store.close() });
}
