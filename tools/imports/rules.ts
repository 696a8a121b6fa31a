/**
 * Which folder may import which, besides itself; "*" is anything. Folders are the first part of a path, and a
 * file at the top is its own folder. This is the table of the architecture: a new edge is an entry here, with
 * its reason in the commit.
 */
export const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  system: ["core", "deno.json"], // the version
  proto: ["core"],
  content: ["core", "system"],
  drivers: ["core", "system"],
  recipes: ["core", "system"],
  mesh: ["core", "system", "proto"],
  sync: ["core", "system", "content", "mesh"],
  web: ["core"],
  clients: ["core"],
  gateway: ["core", "system"],
  controller: [
    ...["core", "system", "proto", "content", "drivers", "recipes", "mesh", "sync", "gateway", "web"],
  ],
  agent: ["core", "system", "proto", "content", "drivers", "mesh", "sync", "gateway"],
  cli: ["core", "system", "content", "clients"],
  "main.ts": ["core", "cli", "controller", "agent", "system"],
  tests: ["*"],
  bench: ["*"],
  tools: ["*"],
};

/** Folders that ship nothing: they may import any library. */
export const FREE_FOLDERS: readonly string[] = ["tests", "bench", "tools"];

/** Where an outside library may be imported: files, or folders that end in "/". Any library not named here has no place. */
export const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "zod": ["core/schema.ts"],
  "yaml": ["core/yaml.ts"],
  "csv-parse": ["core/csv.ts"],
  "csv-stringify": ["core/csv.ts"],
  "picomatch": ["core/glob.ts"],
  "fastest-levenshtein": ["core/suggest.ts"],
  "ssh2": ["system/"],
  "ssh-config": ["system/"],
  "@peculiar/x509": ["system/"],
  "reflect-metadata": ["system/"],
  "tar-stream": ["system/tar.ts"],
  "@grpc/grpc-js": ["proto/"],
  "protobufjs": ["proto/"],
  "hono": ["controller/api/", "gateway/", "web/"],
  "@hono/zod-openapi": ["controller/api/"],
  "prom-client": ["controller/api/"],
  "node:sqlite": ["controller/store/"],
  "commander": ["cli/parser.ts"],
  "cli-table3": ["cli/output/"],
  "cli-progress": ["cli/output/"],
  "libp2p": ["mesh/"],
  "@libp2p/": ["mesh/"],
  "@chainsafe/": ["mesh/"],
  "@multiformats/": ["mesh/"],
};

/** Libraries that cost a start many milliseconds. Names that end in "/" stand for all of a scope. */
export const HEAVY: readonly string[] = [
  "libp2p",
  "@libp2p/",
  "@chainsafe/",
  "ssh2",
  "@grpc/",
  "protobufjs",
  "@google-cloud/",
  "@aws-sdk/",
  "@azure/",
  "@kubernetes/",
  "@peculiar/x509",
  "reflect-metadata",
];

/** Where the program starts. Roles are loaded from here by `await import()`. */
export const ENTRY = "main.ts";

/** Folders whose lazily loaded parts a short command (`muster status`) pays for as well. */
export const SHORT_COMMANDS: readonly string[] = ["cli", "clients"];
