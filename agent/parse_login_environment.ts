/** What shells keep for themselves, and our own question's. */
const SHELL_OWN = new Set(["_", "PWD", "OLDPWD", "SHLVL", "TERM"]);

/**
 * The variables between two lines that hold `mark`, each ended by NUL (or, where there is none, by a newline). Null if a
 * mark is missing or nothing stands between. Names no shell can export are left out, and so are exported functions.
 */
export function parseLoginEnvironment(text: string, mark: string): Record<string, string> | null {
  const begin = text.indexOf(`${mark}\n`);
  if (begin < 0) return null;
  const start = begin + mark.length + 1;
  const end = text.indexOf(mark, start);
  if (end < 0) return null;
  const body = text.slice(start, end);
  const entries = body.includes("\0") ? body.split("\0") : body.split("\n");
  const found: Record<string, string> = {};
  for (const entry of entries) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/.exec(entry.replace(/^\n+/, ""));
    if (match !== null && !SHELL_OWN.has(match[1]!)) found[match[1]!] = match[2]!;
  }
  return Object.keys(found).length === 0 ? null : found;
}
