import type { TemplatePart } from "./template.ts";

/**
 * Where in a shell text a name stands, which decides how its value can be quoted. `unsafe`: quoting cannot be trusted
 * there (`why` says where that is), so only a number may be filled in. `dollar`: behind a `$`, where even a number would
 * become a parameter.
 */
export type ShellContext =
  | { readonly kind: "bare" }
  | { readonly kind: "double" }
  | { readonly kind: "single" }
  | { readonly kind: "dollar" }
  | { readonly kind: "unsafe"; readonly why: string };

/** What is open at a point of the text, innermost last. */
type Open =
  | "command"
  | "double"
  | "single"
  | "backtick"
  | "parameter"
  | "arithmetic"
  | "group"
  | "comment";

/**
 * The context of each name of a shell text, in their order. Follows quotes and `$( )` as POSIX shells do, and gives
 * up (`unsafe` from there on) where shells differ or a value could end what it stands in: here-documents, `$'`, `((`,
 * a `case` inside parentheses, quotes inside `${ }`.
 */
export function shellContexts(parts: readonly TemplatePart[]): ShellContext[] {
  const scanner = new ShellScanner();
  const contexts: ShellContext[] = [];
  for (const part of parts) {
    if (part.kind === "text") scanner.read(part.text);
    else contexts.push(scanner.context());
  }
  return contexts;
}

class ShellScanner {
  readonly #open: Open[] = ["command"];
  /** Why nothing can be said any more. */
  #lost: string | null = null;
  #isEscaped = false;
  #isAfterDollar = false;
  #hereDocument = false;
  /** How deep the `>&` or `<&` stands whose word is awaited or read. */
  #duplicates: number | null = null;
  /** The word being read, to know `#` and `case` at a word's begin. */
  #word = "";

  read(text: string): void {
    for (let at = 0; at < text.length && this.#lost === null; at++) {
      at += this.#step(text.charAt(at), text.slice(at + 1, at + 3));
    }
  }

  /** Of a name that stands here, which then counts as part of a word. */
  context(): ShellContext {
    const open = this.#open.at(-1) ?? "command";
    this.#word += "x";
    if (this.#isAfterDollar) return { kind: "dollar" };
    if (this.#lost !== null) return { kind: "unsafe", why: this.#lost };
    if (this.#isEscaped) {
      this.#isEscaped = false;
      return { kind: "unsafe", why: "after a backslash" };
    }
    if (this.#duplicates !== null) return { kind: "unsafe", why: "after >& or <&" };
    if (open === "command") return { kind: "bare" };
    if (open === "double" || open === "single") return { kind: open };
    return { kind: "unsafe", why: WHERE[open] };
  }

  /** Takes one character; answers how many of `ahead` it took with it. */
  #step(char: string, ahead: string): number {
    this.#isAfterDollar = false;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      // An escaped newline is nothing at all.
      return char === "\n" ? 0 : this.#append(char);
    }
    const open = this.#open.at(-1) ?? "command";
    if (open === "single") return this.#closeAt(char, "'");
    if (open === "comment") return char === "\n" ? this.#newline() : 0;
    if (char === "\\") {
      this.#isEscaped = true;
      return 0;
    }
    if (open === "backtick") return this.#closeAt(char, "`");
    if (char === "`") return this.#push("backtick");
    if (char === "$") return this.#dollar(ahead, open);
    if (open === "double") return this.#closeAt(char, '"');
    if (open === "command") return this.#command(char, ahead);
    return this.#expansion(char, ahead, open);
  }

  #dollar(ahead: string, open: Open): number {
    this.#word += "$";
    if (ahead === "((") return this.#push("arithmetic", 2);
    if (ahead.startsWith("(")) return this.#push("command", 1);
    if (ahead.startsWith("{")) return this.#push("parameter", 1);
    if (ahead.startsWith("'") && open !== "double") this.#lost = "after $'";
    this.#isAfterDollar = ahead === "";
    return 0;
  }

  #command(char: string, ahead: string): number {
    switch (char) {
      case "'":
        return this.#push("single");
      case '"':
        return this.#push("double");
      case "(":
        // Arithmetic in bash, two subshells in dash.
        if (ahead.startsWith("(")) this.#lost = "after ((";
        return this.#push("command");
      case ")":
        return this.#endWord() ?? this.#pop(")");
      case "\n":
        return this.#newline();
      case "#":
        // Only after a subshell's parenthesis is it a comment.
        if (this.#word === ")") this.#lost = "after )#";
        return this.#word === "" ? this.#push("comment") : this.#append(char);
      case "<":
      case ">":
        this.#redirect(char, ahead);
    }
    return /[\s;&|<>]/.test(char) ? this.#endWord() ?? 0 : this.#append(char);
  }

  #redirect(char: string, ahead: string): void {
    this.#endWord();
    if (char === "<" && ahead.startsWith("<")) this.#hereDocument = true;
    // bash 5.2 expands the word after it again, quotes or not: echo >&'`date`' runs date.
    if (ahead.startsWith("&")) this.#duplicates = this.#open.length;
  }

  #expansion(char: string, ahead: string, open: Open): number {
    if (char === "'" || char === '"') this.#lost = `after quotes ${WHERE[open]}`;
    if (open === "parameter") return this.#closeAt(char, "}");
    if (char === "(") return this.#push("group");
    if (char !== ")") return 0;
    this.#pop();
    if (open === "group") return 0;
    // It was a subshell inside $( ) after all.
    if (!ahead.startsWith(")")) this.#lost = "after $(( that does not end with ))";
    return 1;
  }

  #endWord(): null {
    // The ) of a pattern would seem to close the parenthesis.
    if (this.#word === "case" && this.#open.length > 1) this.#lost = "after a case inside parentheses";
    if (this.#word !== "" && this.#open.length === this.#duplicates) this.#duplicates = null;
    this.#word = "";
    return null;
  }

  #newline(): number {
    if (this.#open.at(-1) === "comment") this.#pop();
    this.#endWord();
    this.#word = "";
    if (this.#hereDocument) this.#lost = "in or after a here-document";
    return 0;
  }

  #append(char: string): number {
    this.#word += char;
    return 0;
  }

  #closeAt(char: string, end: string): number {
    if (char === end) this.#pop();
    return 0;
  }

  #push(open: Open, taken = 0): number {
    this.#open.push(open);
    this.#word = open === "command" ? "" : this.#word + "x";
    return taken;
  }

  #pop(word = "x"): number {
    if (this.#open.length > 1) this.#open.pop();
    this.#word = word;
    return 0;
  }
}

const WHERE = {
  command: "in a command",
  double: "in double quotes",
  single: "in single quotes",
  backtick: "in backticks",
  parameter: "in ${ }",
  arithmetic: "in $(( ))",
  group: "in $(( ))",
  comment: "in a comment",
} as const satisfies Record<Open, string>;
