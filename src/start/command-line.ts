/** What was asked for on the command line. Nothing is started for a word that is not known. */
import { distance } from 'fastest-levenshtein';

export const KEYS_LOST_FLAG = '--master-key-is-lost';

/** The commands beside the server, each with its options and what it is for. */
const COMMANDS = {
  'db:url': [[], 'Prints the URL of the database, for psql.'],
  'db:seed': [[], 'Adds the demo family to a database that has no family.'],
  'keys:abandon': [[KEYS_LOST_FLAG], `Says what giving the key ring up would cost; with ${KEYS_LOST_FLAG}, does it.`],
  help: [[], 'Prints this.'],
  version: [[], 'Prints the version.'],
} as const satisfies Record<string, readonly [options: readonly string[], means: string]>;

type Command = keyof typeof COMMANDS | 'start';

const SYNONYMS: Readonly<Record<string, Command>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
};

export type CommandLine =
  | { readonly command: Command; readonly args: readonly string[] }
  | { readonly problem: string };

/** Reads the words behind the program's name; without any, the server is meant. */
export function readCommandLine(words: readonly string[]): CommandLine {
  const asked = words.map((word) => SYNONYMS[word]).find((command) => command !== undefined);
  if (asked !== undefined) return { command: asked, args: [] };
  const [word, ...args] = words;
  if (word === undefined) return { command: 'start', args };
  if (!isCommand(word)) return { problem: unknown(word.startsWith('-') ? 'option' : 'command', word, known()) };
  const options: readonly string[] = COMMANDS[word][0];
  const other = args.find((arg) => !options.includes(arg));
  if (other === undefined) return { command: word, args };
  return { problem: unknown(`option of ${word}`, other, options) };
}

/** What `--help` prints. */
export const HELP = `Usage: npm start                          starts the server
       npm start -- <command> [option]

${Object.entries(COMMANDS)
  .map(([name, [, means]]) => `  ${name.padEnd(14)} ${means}`)
  .join('\n')}

Settings are environment variables, or lines of a file .env: README.md lists them.
`;

const isCommand = (word: string): word is keyof typeof COMMANDS => Object.hasOwn(COMMANDS, word);

const known = (): readonly string[] => [...Object.keys(COMMANDS), ...Object.keys(SYNONYMS)];

function unknown(what: string, word: string, among: readonly string[]): string {
  const [nearest] = among.toSorted((one, other) => distance(one, word) - distance(other, word));
  const hint = nearest === undefined || distance(nearest, word) > 3 ? '' : ` Did you mean "${nearest}"?`;
  return `Unknown ${what} "${word}".${hint} "npm start -- help" lists what there is.`;
}
