/** Anything a terminal could obey, but newline and tab. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** The text without control sequences and control characters; newlines and tabs stay. */
export function stripControls(text: string): string {
  return createControlStripper()(text);
}

/** The text with control characters written out (`\x1b`), so that a person sees them and no terminal obeys them. */
export function showControls(text: string): string {
  return text.replace(CONTROLS, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/**
 * `stripControls` for a text that arrives in chunks and may be cut inside a sequence. Keeps nothing but where it is,
 * so that output without an end cannot fill memory.
 */
export function createControlStripper(): (chunk: string) => string {
  let state: Parser = "text";
  return (chunk) => {
    if (state === "text" && !CONTROL.test(chunk)) return chunk;
    let kept = "";
    for (const char of chunk) {
      const before: Parser = state;
      state = nextState(state, char);
      if (state === "text" && (before === "text" || char === "\n") && !CONTROL.test(char)) kept += char;
    }
    return kept;
  };
}

/**
 * Inside which sequence a character stands (ECMA-48): after ESC, between ESC and its last character, between CSI
 * and its last character, in a string (title, link, picture), or after the ESC that may end the string.
 */
type Parser = "text" | "escape" | "intermediate" | "csi" | "string" | "stringEscape";

function nextState(state: Parser, char: string): Parser {
  // No sequence spans lines: one that was never closed must not swallow the rest of a log.
  if (char === "\n") return "text";
  const code = char.charCodeAt(0);
  if (state === "string") return inString(code);
  if (state === "stringEscape") return char === "\\" ? "text" : afterEscape(char);
  if (code === 0x1b) return "escape";
  if (code === 0x9b) return "csi";
  if (code === 0x90 || code === 0x98 || (code >= 0x9d && code <= 0x9f)) return "string";
  if (state === "escape") return afterEscape(char);
  if (state === "intermediate") return isBetween(code, 0x20, 0x2f) ? "intermediate" : "text";
  if (state === "csi") return isBetween(code, 0x40, 0x7e) || code > 0x9f ? "text" : "csi";
  return "text";
}

function inString(code: number): Parser {
  if (code === 0x1b) return "stringEscape";
  // BEL, the C1 terminator, CAN and SUB end it.
  return [0x07, 0x9c, 0x18, 0x1a].includes(code) ? "text" : "string";
}

function afterEscape(char: string): Parser {
  if (char === "[") return "csi";
  if ("]PX^_".includes(char)) return "string";
  if (char === "\x1b") return "escape";
  return isBetween(char.charCodeAt(0), 0x20, 0x2f) ? "intermediate" : "text";
}

function isBetween(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}
