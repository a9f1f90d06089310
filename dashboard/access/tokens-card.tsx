/** The API tokens: owner, role, and last use. */

import { ActionButton, DoingButton, useDoing } from '../actions/action-button.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count, TOKEN_STATUS } from '../ui/words.ts';
import { createApiToken, revokeApiToken } from './access-actions.ts';
import { usePermission } from './viewer.tsx';

const Tokens = graphql(`
  query ApiTokens {
    apiTokens {
      id apiTokenId name role prefix status createdAt createdBy expiresAt lastUsedAt revokedAt revokedBy reason
      family { id familyId name }
    }
  }
`);
type Token = NonNullable<ResultOf<typeof Tokens>['apiTokens']>[number];

const columns = (onDone: () => void): readonly Column<Token>[] => [
  {
    name: 'Name',
    cell: ({ name, reason }) => (
      <div className="max-w-80 min-w-0">
        <p className="font-medium break-words">{name}</p>
        {reason !== null && <p className="text-sm break-words text-muted">{reason}</p>}
      </div>
    ),
  },
  { name: 'Status', cell: ({ status }) => <Status of={TOKEN_STATUS[status]} /> },
  { name: 'Role', cell: ({ role }) => role },
  {
    name: 'Family',
    cell: ({ family }) =>
      family === null ? <span className="text-muted">all</span> : <span className="break-words">{family.name}</span>,
  },
  {
    name: 'Begins with',
    cell: ({ prefix }) => (
      <span className="whitespace-nowrap">
        <Code>{prefix}</Code>
      </span>
    ),
  },
  {
    name: 'Created',
    cell: ({ createdAt, createdBy }) => (
      <div>
        <Time at={createdAt} />
        <p className="text-sm break-words text-muted">by {createdBy}</p>
      </div>
    ),
  },
  {
    name: 'Last used',
    cell: ({ lastUsedAt }) =>
      lastUsedAt === null ? <span className="text-muted">never</span> : <Time at={lastUsedAt} />,
  },
  {
    name: 'Ends',
    cell: ({ expiresAt, revokedAt, revokedBy }) =>
      revokedAt !== null ? (
        <div>
          <Time at={revokedAt} />
          <p className="text-sm break-words text-muted">revoked{revokedBy !== null && ` by ${revokedBy}`}</p>
        </div>
      ) : expiresAt === null ? (
        <span className="text-muted">when revoked</span>
      ) : (
        <Time at={expiresAt} />
      ),
  },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: ({ apiTokenId, name, prefix, status }) =>
      status === 'ACTIVE' && (
        <ActionButton action={revokeApiToken} input={{ apiTokenId }} subject={`${name} (${prefix}…)`} onDone={onDone} />
      ),
  },
];

/** The live stream does not publish tokens, so they are polled. */
const EVERY_MS = 15_000;
const MOST = 500;

export function TokensCard() {
  const { isAllowed, reason } = usePermission('apiTokens');
  const result = useLiveQuery({ query: Tokens, variables: {}, everyMs: EVERY_MS, isPaused: !isAllowed });
  // Kept outside the table: its dialog shows the token once, and must stay open when the first row appears.
  const creating = useDoing({ action: createApiToken, input: {}, onDone: result.refresh });
  return (
    <Card
      title="API tokens"
      hint="For frontends, scripts and other programs. Tokens with the same name are one caller, so you can replace a token without downtime."
      actions={<DoingButton of={creating} kind="primary" />}
      isFlush
    >
      {!isAllowed && (
        <div className="px-4 pb-4">
          <Notice tone="info">{reason}</Notice>
        </div>
      )}
      <Loaded result={result} height={16}>
        {({ apiTokens }) => (
          <>
            <Table
              label="API tokens"
              columns={columns(result.refresh)}
              rows={apiTokens ?? []}
              keyOf={({ id }) => id}
              lookOf={({ status }) => (status === 'ACTIVE' ? '' : 'text-muted')}
              empty={
                <Empty
                  title="No tokens."
                  actions={<DoingButton of={creating} kind="primary" label="Create the first" />}
                >
                  A program sends its token as <Code>Authorization: Bearer …</Code> and acts with its name and role. The
                  token is shown once, when it is created.
                </Empty>
              }
            />
            {(apiTokens?.length ?? 0) >= MOST && (
              <p className="border-t px-4 py-2 text-sm text-muted">The youngest {count(MOST)} are shown.</p>
            )}
          </>
        )}
      </Loaded>
      {creating.dialog}
    </Card>
  );
}
