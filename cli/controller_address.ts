import type { Address } from "../clients/typescript/client.ts";
import { isLoopback } from "../core/config.ts";
import { MusterError } from "../core/errors.ts";
import { type ClientFile, type KnownController, LOCAL_CONTEXT } from "../system/client_file.ts";

/** Where the words and files of this machine lead. */
export interface Choice {
  readonly address: Address;
  /** True: this machine's own controller, which may be started. False: something names another. */
  readonly isLocal: boolean;
  /** What chose it, for people. */
  readonly source: "flag" | "environment" | "context" | "this machine";
}

export interface ChoiceInput {
  /** `--controller`. */
  readonly flag: string | undefined;
  readonly env: (name: string) => string | undefined;
  readonly file: ClientFile;
  /** `controller/api.sock` of this machine. */
  readonly socket: string;
}

/**
 * Which controller is meant: the flag, else MUSTER_CONTROLLER, else the current context, else this machine's.
 * A flag or variable is a context's name, `local`, a URL, or `unix:PATH`. The token of a URL is that of the context
 * with the same URL, else MUSTER_TOKEN. Throws `InvalidInput` or `Unauthenticated`.
 */
export function chooseController(input: ChoiceInput): Choice {
  const local: Choice = {
    address: { kind: "socket", path: input.socket },
    isLocal: true,
    source: "this machine",
  };
  if (input.flag !== undefined) return named(input.flag, "flag", input, local);
  const variable = input.env("MUSTER_CONTROLLER") ?? "";
  if (variable !== "") return named(variable, "environment", input, local);
  const { current, contexts } = input.file;
  const known = current === null || current === LOCAL_CONTEXT ? undefined : contexts[current];
  if (known === undefined) return local;
  return { address: addressOf(known), isLocal: false, source: "context" };
}

function named(name: string, source: "flag" | "environment", input: ChoiceInput, local: Choice): Choice {
  if (name === LOCAL_CONTEXT) return { ...local, source };
  if (name.startsWith("unix:")) {
    return { address: { kind: "socket", path: name.slice("unix:".length) }, isLocal: false, source };
  }
  const context = Object.hasOwn(input.file.contexts, name) ? input.file.contexts[name] : undefined;
  const known = context ?? knownByUrl(parseControllerUrl(name), input);
  return { address: addressOf(known), isLocal: false, source };
}

function knownByUrl(url: string, input: ChoiceInput): KnownController {
  const context = Object.values(input.file.contexts).find((each) => each.url === url);
  if (context !== undefined) return context;
  const token = input.env("MUSTER_TOKEN") ?? "";
  if (token !== "") return { url, token };
  throw new MusterError("Unauthenticated", `Cannot use the controller "${url}": no token for it is known`, {
    hint: url.startsWith("https:") ? `muster login ${url} --ca SHA256:…` : `muster login ${url}`,
  });
}

/** `URL` without a slash at its end. Throws `InvalidInput` unless it is https, or http on loopback. */
export function parseControllerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !(url.protocol === "http:" || url.protocol === "https:")) {
    throw new MusterError(
      "InvalidInput",
      `Cannot use the controller "${text}": it is neither a URL nor a context`,
      {
        hint: "muster context list shows the contexts; a URL begins with https:// or http://",
      },
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new MusterError("InvalidInput", "Cannot use the controller's URL: it holds a user or password", {
      hint: `muster login ${url.protocol}//${url.host} takes the token on standard input`,
    });
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new MusterError(
      "InvalidInput",
      `Cannot use the controller "${text}": only loopback may be plain http`,
      {
        hint: `Use https://${url.host}`,
      },
    );
  }
  return `${url.protocol}//${url.host}`;
}

/** How to dial a known controller. Throws `Unauthenticated` if its authority is missing. */
export function addressOf(known: KnownController): Address {
  if (known.url.startsWith("http:")) return { kind: "http", url: known.url, token: known.token };
  if (known.ca === undefined || known.serverName === undefined) {
    throw new MusterError(
      "Unauthenticated",
      `Cannot use the controller "${known.url}": its authority is not known`,
      { hint: `muster login ${known.url} --ca SHA256:…` },
    );
  }
  return { kind: "https", url: known.url, token: known.token, ca: known.ca, serverName: known.serverName };
}
