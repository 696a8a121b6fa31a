import { MusterError } from "./errors.ts";
import { nearest } from "./suggest.ts";

/** Literal text, or a name to fill in. `width`: zero-padded digits of an index, 0 for none. */
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "name"; readonly name: string; readonly width: number };

/** A text with names to fill in, parsed once. */
export interface Template {
  /** As it was written, for messages. */
  readonly source: string;
  readonly parts: readonly TemplatePart[];
}

/** What a template of one task is filled with. Filled-in values are never read again as templates. */
export interface TemplateValues {
  /** Counts from 1. */
  readonly index: number;
  readonly columns: ReadonlyMap<string, string>;
}

/** The name that every template knows; no column may bear it. */
export const INDEX = "index";

/**
 * Parses `{index}`, `{index:05}` (zero-padded to 5 digits), `{column}`, and `{{` and `}}` for literal braces.
 * Throws `InvalidInput` for a lone brace, an empty name, or a format that is none.
 *
 * @example
 * renderTemplate(parseTemplate("out-{index:03}.txt"), { index: 7, columns: new Map() }) // out-007.txt
 */
export function parseTemplate(text: string): Template {
  const parts: TemplatePart[] = [];
  let literal = "";
  let at = 0;
  while (at < text.length) {
    const brace = nextBrace(text, at);
    literal += text.slice(at, brace);
    if (brace === text.length) break;
    const char = text.charAt(brace);
    if (text.charAt(brace + 1) === char) {
      literal += char;
      at = brace + 2;
      continue;
    }
    const close = char === "{" ? nextBrace(text, brace + 1) : text.length;
    if (text.charAt(close) !== "}") throw unreadable(text, `a lone ${char} at character ${brace + 1}`);
    if (literal !== "") parts.push({ kind: "text", text: literal });
    literal = "";
    parts.push(parseName(text, text.slice(brace + 1, close)));
    at = close + 1;
  }
  if (literal !== "") parts.push({ kind: "text", text: literal });
  return { source: text, parts };
}

/** The names it fills in, each once, in their order. */
export function templateNames(template: Template): string[] {
  return [...new Set(template.parts.flatMap((part) => part.kind === "name" ? [part.name] : []))];
}

/** The text with every name filled in; `quote` is applied to each value. */
export function renderTemplate(
  template: Template,
  values: TemplateValues,
  quote: (value: string) => string = (value) => value,
): string {
  let text = "";
  for (const part of template.parts) {
    text += part.kind === "text" ? part.text : quote(partValue(part, values));
  }
  return text;
}

/** What one name is filled in with. */
export function partValue(
  part: Extract<TemplatePart, { kind: "name" }>,
  values: TemplateValues,
): string {
  if (part.name === INDEX) return String(values.index).padStart(part.width, "0");
  const value = values.columns.get(part.name);
  if (value === undefined) throw new RangeError(`No value for {${part.name}}: the template was not checked`);
  return value;
}

/**
 * Throws `InvalidInput` if a template holds a name that is neither `index` nor one of `columns`. `what` says whose
 * templates they are: `command`, `env FOO`.
 */
export function checkTemplates(
  templates: readonly Template[],
  columns: readonly string[],
  what: string,
): void {
  const known = new Set([INDEX, ...columns]);
  for (const template of templates) {
    const name = templateNames(template).find((each) => !known.has(each));
    if (name !== undefined) throw unknownName(template, name, [...known], what);
  }
}

function nextBrace(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x7b || code === 0x7d) return at;
  }
  return text.length;
}

function parseName(text: string, inner: string): TemplatePart {
  const colon = inner.indexOf(":");
  const name = colon < 0 ? inner : inner.slice(0, colon);
  if (name === "") throw unreadable(text, `{${inner}} has no name`);
  if (colon < 0) return { kind: "name", name, width: 0 };
  if (name !== INDEX) throw unreadable(text, `{${inner}} has a format, which only {index:05} may have`);
  const format = /^0([1-9]\d?)$/.exec(inner.slice(colon + 1));
  if (format === null) throw unreadable(text, `{${inner}} has a bad format, wanted one like {index:05}`);
  return { kind: "name", name, width: Number(format[1]) };
}

const BRACES = "write {{ and }} for literal braces";

function unreadable(text: string, why: string): MusterError {
  return new MusterError("InvalidInput", `Cannot read template ${quoted(text)}: ${why}; ${BRACES}`);
}

function unknownName(
  template: Template,
  name: string,
  known: readonly string[],
  what: string,
): MusterError {
  const shown = known.slice(0, 20).map((each) => `{${each}}`).join(", ");
  const more = known.length > 20 ? ` and ${known.length - 20} more` : "";
  const meant = nearest(name, known);
  return new MusterError(
    "InvalidInput",
    `Cannot read template ${quoted(template.source)} of ${what}: unknown name {${name}}, ` +
      `known: ${shown}${more}; ${BRACES}`,
    meant === undefined ? {} : { hint: `Did you mean {${meant}}?` },
  );
}

/** Quoted, on one line, and no longer than a message bears. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
