/** What `help` prints. */
import type { Command } from './command.ts';

const list = (lines: readonly (readonly [name: string, meaning: string])[]): string => {
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join('\n');
};

/** The commands, the environment and the exit codes. */
export const generalHelp = (
  commands: Readonly<Record<string, Command>>,
  serverCommands: Readonly<Record<string, string>>,
): string => `Usage: family-hub-jobs <command> [options]

Commands for a running server:
${list(Object.entries(commands).map(([name, { summary }]) => [name, summary]))}

Commands of the server itself:
${list(Object.entries(serverCommands))}

"family-hub-jobs help <command>" explains a command. All print JSON with --json.

Environment:
  FAMILY_HUB_URL    The server; http://127.0.0.1:4000 unless set.
  FAMILY_HUB_TOKEN  An API token, where the server has access control.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 the server does not answer or is busy (try again),
4 not permitted, 130 interrupted.
`;

/** One command with its options. */
export const helpOf = (
  name: string,
  { summary, usage, options }: Command,
  everywhere: Command['options'],
): string => `Usage: family-hub-jobs ${name} ${usage}

${summary}

${list(
  Object.entries({ ...options, ...everywhere }).map(([option, { value, description }]) => [
    `--${option}${value === undefined ? '' : ` ${value}`}`,
    description,
  ]),
)}
`;
