/**
 * Parses the Dockerfile and .dockerignore, as far as this project uses their syntax, so that a test can compare
 * them with the tree and the configuration without Docker.
 */
export interface Instruction {
  readonly name: string;
  /** The text after the name, with continued lines joined. */
  readonly value: string;
}

/** The instructions in order, without comments. */
export function parseDockerfile(text: string): Instruction[] {
  return text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [name = ''] = line.split(/\s+/);
      return { name: name.toUpperCase(), value: line.slice(name.length).trim() };
    });
}

/** The environment variables that the ENV instructions set. */
export function imageEnvironment(instructions: readonly Instruction[]): Record<string, string> {
  return Object.fromEntries(
    instructions
      .filter(({ name }) => name === 'ENV')
      .flatMap(({ value }) => value.split(/\s+/))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

export interface Copy {
  /** The source stage; undefined for the build context. */
  readonly stage: string | undefined;
  readonly sources: readonly string[];
}

export function copies(instructions: readonly Instruction[]): Copy[] {
  return instructions
    .filter(({ name }) => name === 'COPY')
    .map(({ value }) => {
      const words = value.split(/\s+/);
      const flags = words.filter((word) => word.startsWith('--'));
      const stage = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
      return { stage, sources: words.filter((word) => !word.startsWith('--')).slice(0, -1) };
    });
}

/** The command in exec form, `["node", ...]`, at the end of an instruction. */
export function execForm(value: string): string[] {
  return JSON.parse(value.slice(value.indexOf('['))) as string[];
}

/**
 * Whether Docker excludes this path of the context: the last pattern that matches it or a parent folder decides,
 * and `!` includes it again.
 */
export function isDockerIgnored(dockerignore: string, path: string): boolean {
  const parts = path.split('/');
  const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let isIgnored = false;
  for (const line of dockerignore.split('\n')) {
    const pattern = line.trim();
    if (pattern === '' || pattern.startsWith('#')) continue;
    const isException = pattern.startsWith('!');
    const matcher = new RegExp(`^${toRegExp(pattern.replace(/^!/, '').replace(/^\/|\/$/g, ''))}$`);
    if (paths.some((candidate) => matcher.test(candidate))) isIgnored = !isException;
  }
  return isIgnored;
}

function toRegExp(pattern: string): string {
  return pattern
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((piece) => {
      if (piece === '**/') return '(?:.*/)?';
      if (piece === '**') return '.*';
      if (piece === '*') return '[^/]*';
      if (piece === '?') return '[^/]';
      return piece.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
}
