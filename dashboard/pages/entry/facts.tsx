/** The entry's details, and its ids to copy. */
import type { ReactNode } from 'react';
import { Card, Facts } from '../../ui/card.tsx';
import { Copied } from '../../ui/copy.tsx';
import { Time } from '../../ui/time.tsx';
import { USER_ROLE } from '../../ui/words.ts';
import type { Entry } from './entry-query.ts';
import { DESTROYED_BECAUSE } from './entry-words.ts';

type Fact = readonly [name: string, value: ReactNode];

export function EntryFacts({ entry }: { readonly entry: Entry }) {
  return (
    <div className="grid content-start gap-4">
      <Card title="Account">
        <Facts of={accountOf(entry)} />
      </Card>
      <Card title="Timing">
        <Facts of={courseOf(entry)} />
      </Card>
      <Card title="Ids">
        <Facts of={idsOf(entry)} />
        <p className="mt-2 text-sm text-muted">The entry’s id is also the account’s id at the identity provider.</p>
      </Card>
    </div>
  );
}

function accountOf(entry: Entry): Fact[] {
  const { fullName, role, family, createdBy, user } = entry;
  const by = createdBy === null ? undefined : `${createdBy.fullName} (${USER_ROLE[createdBy.role].toLowerCase()})`;
  const password = <Password entry={entry} />;
  return [
    ['Full name', fullName],
    ['Role', USER_ROLE[role]],
    ['Family', orGone(family?.name, 'It was deleted')],
    ['Asked for by', orGone(by, 'That user was deleted')],
    ['Password', password],
    ['User', orGone(user?.fullName, 'Not created yet')],
  ];
}

function courseOf({ createdAt, updatedAt, nextRetryAt, retryCount, maxRetries }: Entry): Fact[] {
  const enqueued = <Time at={createdAt} />;
  const changed = <Time at={updatedAt} />;
  const due = nextRetryAt === null ? orGone(undefined, 'No more attempts') : <Time at={nextRetryAt} />;
  return [
    ['Enqueued', enqueued],
    ['Last changed', changed],
    ['Due', due],
    ['Retries', `${retryCount} of ${maxRetries} in this series`],
  ];
}

function idsOf({ entryId, family, createdBy, user }: Entry): Fact[] {
  const ids: readonly (readonly [name: string, id: string | undefined, label: string])[] = [
    ['Entry', entryId, 'the entry’s id'],
    ['Family', family?.familyId, 'the family’s id'],
    ['Asked for by', createdBy?.userId, 'the id of who asked for it'],
    ['User', user?.userId, 'the user’s id'],
  ];
  return ids.flatMap(([name, id, label]) => {
    if (id === undefined) return [];
    const shown = <Copied key={name} of={id} label={label} />;
    return [[name, shown] as const];
  });
}

const orGone = (value: string | undefined, gone: string): ReactNode =>
  value ?? <span className="text-muted">{gone}</span>;

function Password({ entry: { passwordDestroyedAt, passwordDestroyedBecause } }: { readonly entry: Entry }) {
  if (passwordDestroyedAt === null) return <>Encrypted; destroyed when no longer needed</>;
  return (
    <>
      Destroyed <Time at={passwordDestroyedAt} />
      {passwordDestroyedBecause !== null && `, since ${DESTROYED_BECAUSE[passwordDestroyedBecause]}`}
    </>
  );
}
