/** Parses the command line. An unknown word starts nothing. */
import { distance } from 'fastest-levenshtein';

/** The commands of the server, with their descriptions. */
export const SERVER_COMMANDS = {
  start: 'Starts the server, as npm start does.',
  'db:url': 'Prints the URL of the database, for psql.',
  'db:seed': 'Adds the demo family to a database that has no family.',
} as const;

const COMMANDS = { ...SERVER_COMMANDS, help: 'Prints this.', version: 'Prints the version.' } as const;

type Command = keyof typeof COMMANDS;

const SYNONYMS: Readonly<Record<string, Command>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
};

export type CommandLine = { readonly command: Command } | { readonly problem: string };

/** Parses the words after the program’s name; without any, the command is `start`. No command has options. */
export function readCommandLine(words: readonly string[]): CommandLine {
  const asked = words.map((word) => SYNONYMS[word]).find((command) => command !== undefined);
  if (asked !== undefined) return { command: asked };
  const [word, other] = words;
  if (word === undefined) return { command: 'start' };
  const problem = (what: string, which: string, among: readonly string[]): { problem: string } => ({
    problem: `${unknownWord(what, which, among)} "npm start -- help" lists the commands.`,
  });
  if (!isCommand(word)) return problem(word.startsWith('-') ? 'option' : 'command', word, known());
  return other === undefined ? { command: word } : problem(`option of ${word}`, other, []);
}

/** What `--help` prints. */
export const HELP = `Usage: npm start -- <command>

${Object.entries(COMMANDS)
  .map(([name, means]) => `  ${name.padEnd(14)} ${means}`)
  .join('\n')}

Settings are environment variables, or lines of a file .env: docs/settings.md lists them.
"npx family-hub-jobs help" lists the commands for a running server.
`;

const isCommand = (word: string): word is keyof typeof COMMANDS => Object.hasOwn(COMMANDS, word);

const known = (): readonly string[] => [...Object.keys(COMMANDS), ...Object.keys(SYNONYMS)];

/** Says that there is no such word, and which is the nearest. */
export function unknownWord(what: string, word: string, among: readonly string[]): string {
  const [nearest] = among.toSorted((one, other) => distance(one, word) - distance(other, word));
  const hint = nearest === undefined || distance(nearest, word) > 3 ? '' : ` Did you mean "${nearest}"?`;
  return `Unknown ${what} "${word}".${hint}`;
}
