/** What the commands have in common: their description, what they get, and how they end. */

/** Removes characters that would control the terminal: names and messages are untrusted. */
export const printable = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Bidi_Control}]/gu, '');

/** Aligns columns; a missing value is a dash. The last column is as long as its text. */
export function tableOf(
  headings: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string {
  const cells = rows.map((row) => row.map((value) => printable(String(value ?? '')).trim() || '-'));
  const lines = [headings, ...cells];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The exit codes; docs/cli.md explains them. */
export const EXIT = { done: 0, failed: 1, usage: 2, unavailable: 3, denied: 4 } as const;

/** Ends the program with this message and exit code. */
export class CommandError extends Error {
  readonly exitCode: number;
  /** The API’s code, if the API refused. */
  readonly code: string | undefined;

  constructor(message: string, exitCode: number, code?: string) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
  }
}

export const usageError = (message: string): CommandError => new CommandError(message, EXIT.usage);

interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  /** What its value is, for the help: `INSTANT`. */
  readonly value?: string;
  readonly description: string;
}

/** The words and options after the command. */
export interface Given {
  readonly words: readonly string[];
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  is(option: string): boolean;
}

export interface Api {
  /** Returns the document’s only root field. Throws a CommandError if the API refuses or does not answer. */
  ask<Data>(document: string, variables?: object): Promise<Data>;
  /** Yields the root field of each event until the connection ends. Throws a CommandError as `ask` does. */
  events<Data>(document: string, variables: object): AsyncGenerator<Data>;
}

/** The result of a command: `data` is printed with --json, `text` otherwise. */
export interface Outcome {
  readonly data: unknown;
  readonly text: string;
  readonly exitCode?: number;
}

/** What a command may use beside the API. */
export interface Terminal {
  readonly isJson: boolean;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Writes a line to the standard output; resolves when the reader has room for the next. */
  print(line: string): Promise<void>;
  /** Writes a line to the standard error, for people. */
  note(line: string): void;
  /** Asks a yes-or-no question; resolves to undefined if no one is there to answer. */
  confirm(question: string): Promise<boolean | undefined>;
}

export interface Command {
  /** In the list of commands. */
  readonly summary: string;
  /** What follows the name: `<job> [options]`. */
  readonly usage: string;
  /** The most words that it takes. */
  readonly mostWords: number;
  readonly options: Readonly<Record<string, Option>>;
  /** Resolves to undefined if everything was printed already. */
  run(api: Api, given: Given, terminal: Terminal): Promise<Outcome | undefined>;
}
