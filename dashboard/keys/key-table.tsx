/** The keys of the ring, newest first. */

import { retireEncryptionKey } from '../access/access-actions.ts';
import { ActionButton } from '../actions/action-button.tsx';
import { Code, Copied } from '../ui/copy.tsx';
import { Empty } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { None, Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { counted, KEY_STATE } from '../ui/words.ts';
import { PURPOSE, type Sealed, whyNotRetire } from './key.rules.ts';
import type { Key } from './key-queries.ts';

interface KeyTableProps {
  readonly keys: readonly Key[];
  /** Undefined until counted. */
  readonly counts: ReadonlyMap<string, Sealed> | undefined;
  readonly onDone: () => void;
}

const columns = ({ counts, onDone }: Omit<KeyTableProps, 'keys'>): readonly Column<Key>[] => [
  {
    name: 'For',
    cell: ({ keyId, purpose }) => (
      <div>
        <p className="font-medium md:whitespace-nowrap">{PURPOSE[purpose][0]}</p>
        <p className="text-sm text-muted">{PURPOSE[purpose][1]}</p>
        <Copied of={keyId} label="the key’s id" isShort />
      </div>
    ),
  },
  { name: 'State', cell: ({ state }) => <Status of={KEY_STATE[state]} /> },
  {
    name: 'Encrypted with it',
    cell: ({ keyId, purpose }) =>
      purpose !== 'SEAL' ? (
        <None />
      ) : counts === undefined ? (
        <span className="text-muted">counting …</span>
      ) : (
        <SealedCell of={counts.get(keyId)} />
      ),
  },
  {
    name: 'Since',
    cell: ({ state, activatedAt, retiredAt, supersededAt }) => (
      <div className="text-sm md:whitespace-nowrap">
        <p>
          {state === 'PENDING' ? (
            'active in a moment'
          ) : (
            <>
              active <Time at={activatedAt} />
            </>
          )}
        </p>
        {/* A superseded key stays active until its successor is active. */}
        {supersededAt !== null && state !== 'ACTIVE' && (
          <p className="text-muted">
            superseded <Time at={supersededAt} />
          </p>
        )}
        {retiredAt !== null && (
          <p className="text-muted">
            retired <Time at={retiredAt} />
          </p>
        )}
      </div>
    ),
  },
  { name: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
  {
    name: 'Master key',
    cell: ({ masterKeyId }) => (
      <span className="whitespace-nowrap">
        <Code>{masterKeyId}</Code>
      </span>
    ),
  },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: ({ keyId, purpose, state }) =>
      purpose === 'SEAL' &&
      state !== 'RETIRED' && (
        <ActionButton
          action={retireEncryptionKey}
          input={{ keyId }}
          subject={`key ${keyId.slice(0, 8)}…`}
          disabledBecause={whyNotRetire(purpose, state)}
          onDone={onDone}
        />
      ),
  },
];

const SealedCell = ({ of: { entries, secrets } = { entries: 0, secrets: 0 } }: { readonly of: Sealed | undefined }) =>
  entries + secrets === 0 ? (
    <span className="text-muted">Nothing</span>
  ) : (
    <div className="md:whitespace-nowrap">
      {entries > 0 && <p>{counted(entries, 'password', 'passwords')}</p>}
      {secrets > 0 && <p>{counted(secrets, 'webhook secret', 'webhook secrets')}</p>}
    </div>
  );

export const KeyTable = ({ keys, ...rest }: KeyTableProps) => (
  <Table
    label="Keys"
    columns={columns(rest)}
    rows={keys}
    keyOf={({ id }) => id}
    lookOf={({ state }) => (state === 'RETIRED' ? 'text-muted' : '')}
    empty={<Empty title="No keys.">The server creates its keys at its first start.</Empty>}
  />
);
