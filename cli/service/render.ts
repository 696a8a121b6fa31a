import { LAUNCHD_LABEL } from "../../system/service.ts";

/** What a service manager is told. */
export interface ServiceSpec {
  /** Argument vector; the first is an absolute path. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Both outputs are appended to it. */
  readonly log: string;
}

/** A systemd user unit. Every value is quoted, so that no path can add a directive, a variable or a specifier. */
export function renderUnit({ argv, env }: ServiceSpec): string {
  const environment = Object.entries(env).map(([name, value]) =>
    `Environment=${unitQuote(`${name}=${value}`)}`
  );
  return [
    "[Unit]",
    "Description=Muster controller",
    "",
    "[Service]",
    `ExecStart=${argv.map((word) => unitQuote(word).replaceAll("$", "$$$$")).join(" ")}`,
    ...environment,
    "Restart=on-failure",
    "RestartSec=2",
    // Wrong settings, or another controller at work: starting again would not help.
    "RestartPreventExitStatus=2 6",
    // Tasks of the agent it starts live on when the controller is stopped.
    "KillMode=process",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/** A launchd agent's property list. */
export function renderPlist({ argv, env, log }: ServiceSpec): string {
  const words = argv.map((word) => `    <string>${xmlText(word)}</string>`);
  const variables = Object.entries(env).flatMap(([name, value]) => [
    `    <key>${xmlText(name)}</key>`,
    `    <string>${xmlText(value)}</string>`,
  ]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    "  <key>Label</key>",
    `  <string>${LAUNCHD_LABEL}</string>`,
    "  <key>ProgramArguments</key>",
    "  <array>",
    ...words,
    "  </array>",
    "  <key>EnvironmentVariables</key>",
    "  <dict>",
    ...variables,
    "  </dict>",
    "  <key>RunAtLoad</key>",
    "  <true/>",
    "  <key>KeepAlive</key>",
    "  <dict>",
    "    <key>SuccessfulExit</key>",
    "    <false/>",
    "  </dict>",
    "  <key>AbandonProcessGroup</key>",
    "  <true/>",
    "  <key>StandardOutPath</key>",
    `  <string>${xmlText(log)}</string>`,
    "  <key>StandardErrorPath</key>",
    `  <string>${xmlText(log)}</string>`,
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
}

/** In double quotes, with C escapes, and `%` doubled: systemd.syntax(7), systemd.unit(5). */
function unitQuote(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("%", "%%");
  return `"${escaped}"`;
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
