/** `queue`: lists entries. Its filter is also that of `retry`. */
import { type Command, type Given, tableOf, usageError } from './command.ts';

/** The options of `queue` and `retry` that choose entries. */
export const FILTER_OPTIONS = {
  status: {
    type: 'string',
    multiple: true,
    value: 'STATUS',
    description: 'With this status, such as failed; repeatable.',
  },
  family: { type: 'string', value: 'ID', description: 'Of this family.' },
  username: { type: 'string', value: 'START', description: 'Whose username begins with this.' },
  'error-code': {
    type: 'string',
    multiple: true,
    value: 'CODE',
    description: 'Whose last error has this code; repeatable.',
  },
} as const satisfies Command['options'];

/** The API’s filter for these options; the API checks the values. */
export function filterOf(given: Given) {
  const [status, codes] = [given.texts('status'), given.texts('error-code')].map((texts) =>
    texts.map((text) => text.toUpperCase()),
  );
  const [familyId, username] = [given.text('family'), given.text('username')];
  return {
    ...(status?.length && { status }),
    ...(familyId !== undefined && { familyId }),
    ...(username !== undefined && { username: { startsWith: username.toLowerCase() } }),
    ...(codes?.length && { errorCode: { in: codes } }),
  };
}

interface Entry {
  readonly entryId: string;
  readonly username: string;
  readonly status: string;
  readonly retryCount: number;
  readonly nextRetryAt: string | null;
  readonly lastErrorCode: string | null;
  readonly lastErrorMessage: string | null;
}

interface Page {
  readonly nodes: readonly Entry[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const LARGEST_PAGE = 100;
const QUEUE = `
  query ($filter: QueuedCreationFilter, $first: Int, $after: String) {
    queuedCreations(filter: $filter, first: $first, after: $after) {
      nodes { entryId username status retryCount nextRetryAt lastErrorCode lastErrorMessage createdAt completedAt }
      pageInfo { hasNextPage endCursor }
    }
  }`;

export const queue: Command = {
  summary: 'Lists entries of the queue, newest first.',
  usage: '[options]',
  mostWords: 0,
  options: {
    ...FILTER_OPTIONS,
    limit: { type: 'string', value: 'N', description: 'At most N entries, 20 unless given.' },
  },
  async run(api, given) {
    const limit = Number(given.text('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1) throw usageError('--limit is a whole number from 1.');
    const entries: Entry[] = [];
    let after: string | null = null;
    do {
      const first = Math.min(LARGEST_PAGE, limit - entries.length);
      const { nodes, pageInfo }: Page = await api.ask<Page>(QUEUE, { filter: filterOf(given), first, after });
      entries.push(...nodes);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null && entries.length < limit);
    const rows = entries.map((entry) => [
      entry.entryId,
      entry.username,
      entry.status.toLowerCase(),
      entry.retryCount,
      entry.nextRetryAt,
      entry.lastErrorCode === null ? null : `${entry.lastErrorCode}: ${entry.lastErrorMessage ?? ''}`,
    ]);
    const more = after === null ? '' : '\nThere are more; --limit shows them.';
    return {
      data: entries,
      text: `${tableOf(['ENTRY', 'USERNAME', 'STATUS', 'RETRIES', 'DUE', 'LAST ERROR'], rows)}${more}`,
    };
  },
};
