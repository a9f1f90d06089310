/**
 * `GET` paths that return much data at once. It is streamed: memory use does not depend on its length, and
 * rows are read no faster than the client takes them. Each export is audited before its first byte is sent,
 * a refused one too, and ends when the caller’s credential does. A connection that breaks before the end
 * means that the file is incomplete.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { refuse } from '../http/body.ts';
import type { Handler } from '../http/exchange.ts';
import { type Admitted, type Gate, type Refused, turnAway } from '../http/gate.ts';
import type { Caller } from '../work/caller.ts';
import type { Services } from '../work/context.ts';
import { FACTS } from '../work/facts.ts';
import { unit } from '../work/unit.ts';
import { denial, PATHS } from './permissions.rules.ts';

/** Exports of one caller at a time on one node: each can keep a core and a connection to the database busy. */
const MOST_EXPORTS = 2;

interface ExportedFile {
  readonly kind: 'file';
  readonly contentType: string;
  readonly name: string;
  readonly parts: AsyncIterable<string>;
}

/** What one path exports. */
export interface Export<Input extends object> {
  readonly path: keyof typeof PATHS;
  readonly fact: 'auditTrailExported' | 'queueExported';
  readonly parameters: readonly (keyof Input & string)[];
  /** Reads the parameters, which are also written into the audit trail; a string says what is wrong with them. */
  read(parameters: URLSearchParams): Input | string;
  /** Why this caller may not have it although the table of permissions allows it. */
  refusalOf?(caller: Caller): string | undefined;
  /** Prepares the file; sends nothing yet. */
  begin(input: Input, request: Admitted & { readonly requestId: string }): Promise<ExportedFile | Refused>;
}

/** Creates the handlers of exports; they share the limit per caller. */
export function createExports(services: Services, gate: Pick<Gate, 'authenticate'>) {
  const running = new Map<string, number>();

  return <Input extends object>({ path, fact, parameters, read, refusalOf, begin }: Export<Input>): Handler =>
    async (exchange) => {
      const { request, response, requestId, url } = exchange;
      const found = await gate.authenticate(request, requestId);
      if (found.kind === 'refused') return turnAway(exchange, found);
      if (request.method !== 'GET')
        return refuse(exchange, 405, 'METHOD_NOT_ALLOWED', 'Exports are requested with GET.', { allow: 'GET' });
      if (found.isForeign)
        return refuse(
          exchange,
          403,
          'FORBIDDEN',
          'Another site requested this export in your name. Open it from this server.',
        );
      const input = parameterProblem(url.searchParams, parameters) ?? read(url.searchParams);
      if (typeof input === 'string') return refuse(exchange, 400, 'BAD_USER_INPUT', input);
      const { caller } = found;
      const after = { ...input } as Readonly<Record<string, unknown>>;
      const reason = denial(path, PATHS[path], caller) ?? refusalOf?.(caller);
      if (reason !== undefined) {
        await services.denials.record({ caller, actions: [FACTS[fact].action], reason, after });
        return refuse(exchange, 403, 'FORBIDDEN', reason);
      }
      const count = running.get(caller.id) ?? 0;
      if (count >= MOST_EXPORTS) {
        const message = `You have ${count} exports running on this server, at most ${MOST_EXPORTS} are allowed. Wait until one has ended.`;
        return refuse(exchange, 429, 'RATE_LIMITED', message, { 'retry-after': '1' });
      }
      running.set(caller.id, count + 1);
      try {
        const file = await begin(input, { ...found, requestId });
        if (file.kind === 'refused') return turnAway(exchange, file);
        await unit({ ...services, caller }, async (tx) => tx.happened(fact, { familyId: caller.familyId, after }));
        const parts = file.parts[Symbol.asyncIterator]();
        // What fails here is still answered with an error.
        const first = await parts.next();
        response.writeHead(200, {
          'content-type': file.contentType,
          'content-disposition': `attachment; filename="${file.name}"`,
          'cache-control': 'no-store',
        });
        const forget = found.onEnded(() => response.destroy());
        async function* all() {
          if (!first.done) yield first.value;
          yield* { [Symbol.asyncIterator]: () => parts };
        }
        await pipeline(Readable.from(all()), response)
          .catch((error: unknown) => services.logger.warn({ err: error, requestId }, 'An export was broken off'))
          .finally(forget);
      } finally {
        const left = (running.get(caller.id) ?? 1) - 1;
        if (left > 0) running.set(caller.id, left);
        else running.delete(caller.id);
      }
    };
}

/** A misspelt parameter would be left out, and more exported than was wanted. */
function parameterProblem(given: URLSearchParams, known: readonly string[]): string | undefined {
  for (const name of given.keys()) {
    if (!known.includes(name)) return `\`${name}\` is not a parameter of this path. It takes ${known.join(', ')}.`;
    if (given.getAll(name).length > 1) return `\`${name}\` is given more than once. Give it once.`;
  }
  return undefined;
}
