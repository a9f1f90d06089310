#!/usr/bin/env node
/**
 * The program `family-hub-jobs`: the commands of the server, and a client of a running server’s API. The client
 * imports nothing of the server, so that it starts fast.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { SERVER_COMMANDS, unknownWord } from '../start/command-line.ts';
import { VERSION } from '../version.ts';
import { openApi } from './api.ts';
import { type Command, CommandError, EXIT, type Given, type Terminal, usageError } from './command.ts';
import { generalHelp, helpOf } from './help.ts';
import { jobs, run } from './jobs.ts';
import { pause, resume } from './pause.ts';
import { queue } from './queue.ts';
import { retry } from './retry.ts';
import { watch } from './watch.ts';

const COMMANDS: Readonly<Record<string, Command>> = { jobs, run, queue, retry, pause, resume, watch };
const INTERRUPTED = 130;

const EVERYWHERE: Command['options'] = {
  json: { type: 'boolean', description: 'Print JSON instead of a table; errors too.' },
  help: { type: 'boolean', description: 'Print this.' },
};

const [word, ...rest] = process.argv.slice(2);

async function main(): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
  try {
    return await obey(word, rest, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return INTERRUPTED;
    const { message, exitCode, code } =
      error instanceof CommandError ? error : new CommandError(String(error), EXIT.failed);
    process.stderr.write(`${rest.includes('--json') ? JSON.stringify({ code, message }) : message}\n`);
    return exitCode;
  }
}

async function obey(name: string | undefined, words: readonly string[], signal: AbortSignal): Promise<number> {
  switch (name) {
    case undefined:
    case 'help':
    case '-h':
    case '--help': {
      const about = words[0] === undefined ? undefined : COMMANDS[words[0]];
      process.stdout.write(
        about === undefined ? generalHelp(COMMANDS, SERVER_COMMANDS) : helpOf(words[0] ?? '', about, EVERYWHERE),
      );
      return EXIT.done;
    }
    case 'version':
    case '-v':
    case '--version':
      process.stdout.write(`${VERSION}\n`);
      return EXIT.done;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const known = [...Object.keys(COMMANDS), ...Object.keys(SERVER_COMMANDS), 'help', 'version'];
    throw usageError(`${unknownWord('command', name, known)} "family-hub-jobs help" lists the commands.`);
  }
  const given = read(name, command, words);
  if (given.is('help')) {
    process.stdout.write(helpOf(name, command, EVERYWHERE));
    return EXIT.done;
  }
  const terminal = terminalOf(given, signal);
  const outcome = await command.run(openApi(process.env, signal), given, terminal);
  if (outcome === undefined) return EXIT.done;
  await terminal.print(terminal.isJson ? JSON.stringify(outcome.data, null, 2) : outcome.text);
  return outcome.exitCode ?? EXIT.done;
}

/** Parses what follows the command. Throws a CommandError for words and options that it does not take. */
function read(name: string, command: Command, words: readonly string[]): Given {
  const options = { ...command.options, ...EVERYWHERE };
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
    const tooMany = positionals[command.mostWords];
    if (tooMany !== undefined) throw new Error(`Unexpected argument '${tooMany}'.`);
    const texts = (option: string): string[] =>
      [values[option] ?? []].flat().filter((value) => typeof value === 'string');
    return { words: positionals, texts, text: (option) => texts(option)[0], is: (option) => values[option] === true };
  } catch (error) {
    // Node’s first sentence is the problem; the rest explains words that begin with a dash.
    const [problem] = (error as Error).message.split(/\.(?: To specify|\n|$)/);
    throw usageError(`${problem}. "family-hub-jobs help ${name}" explains the command.`);
  }
}

const terminalOf = (given: Given, signal: AbortSignal): Terminal => ({
  isJson: given.is('json'),
  signal,
  async print(line) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain', { signal }).catch(() => undefined);
  },
  note: (line) => void process.stderr.write(`${line}\n`),
  async confirm(question) {
    if (!process.stdin.isTTY || given.is('json')) return undefined;
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    // In a terminal Ctrl-C comes here and not as a signal; Ctrl-D closes the input.
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    const closed = once(lines, 'close').then(() => '');
    try {
      return /^y(es)?$/i.test((await Promise.race([lines.question(`${question} [y/N] `, { signal }), closed])).trim());
    } finally {
      lines.close();
    }
  },
});

if (word !== undefined && Object.hasOwn(SERVER_COMMANDS, word)) {
  process.setSourceMapsEnabled(true);
  await import('../main.ts');
} else {
  // The reader of a pipe has seen enough, as in "… watch | head".
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) =>
    process.exit(code === 'EPIPE' ? EXIT.done : EXIT.failed),
  );
  process.exitCode = await main();
}
