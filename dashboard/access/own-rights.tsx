/** The viewer, and each API operation with the reason if it is not allowed. */

import { Check, X } from 'lucide-react';
import { useSearchParams } from 'wouter';
import { Card, Facts } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { SelectField, TypedField } from '../ui/field.tsx';
import { Empty } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Badge } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count } from '../ui/words.ts';
import { KIND_WORDS, type Operation, operationsFound } from './access.rules.ts';
import { useViewer } from './viewer.tsx';

const HOW: Readonly<Record<ReturnType<typeof useViewer>['kind'], string>> = {
  ADMIN_TOKEN: 'by the admin token of the configuration',
  API_TOKEN: 'by an API token',
  LOCAL: 'not at all: access control is off, and only this machine can connect',
  OIDC: 'signed in at the organization’s sign-in',
  SYSTEM: 'the server itself',
};
const WHICH = [
  ['all', 'All operations'],
  ['allowed', 'What I may do'],
  ['refused', 'What I may not do'],
] as const;

export function WhoCard() {
  const { name, role, kind, family, expiresAt } = useViewer();
  return (
    <Card title="You">
      <Facts
        of={[
          ['Name', name],
          ['Role', role],
          ['Recognised', HOW[kind]],
          ['Sees', family == null ? 'all families' : `only the family ${family.name}`],
          ['Until', expiresAt === null ? 'no end is set' : <Time key="until" at={expiresAt} />],
        ]}
      />
    </Card>
  );
}

const COLUMNS: readonly Column<Operation>[] = [
  {
    name: 'Operation',
    cell: ({ name }) => (
      <span className="md:whitespace-nowrap">
        <Code>{name}</Code>
      </span>
    ),
  },
  { name: 'What it does', cell: ({ kind }) => KIND_WORDS[kind] },
  {
    name: 'You',
    cell: ({ isAllowed }) =>
      isAllowed ? (
        <Badge tone="good">
          <Check aria-hidden className="size-3" /> may
        </Badge>
      ) : (
        <Badge>
          <X aria-hidden className="size-3" /> may not
        </Badge>
      ),
  },
  { name: 'Why not', cell: ({ reason }) => <span className="text-muted">{reason}</span> },
];

export function OwnRightsCard() {
  const { operations } = useViewer();
  const [params, setParams] = useSearchParams();
  const search = params.get('search') ?? '';
  const asked = params.get('which');
  const which = asked === 'allowed' || asked === 'refused' ? asked : 'all';
  const set = (name: string, value: string): void =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  const found = operationsFound(operations, search, which);
  const allowed = operations.filter(({ isAllowed }) => isAllowed).length;
  return (
    <Card
      title="What you may do"
      hint={`${count(allowed)} of the API’s ${count(operations.length)} operations. These pages use nothing else.`}
      isFlush
    >
      <div className="grid gap-3 border-b px-4 pb-4 sm:grid-cols-2 lg:grid-cols-4">
        <TypedField label="Search" placeholder="retry, token …" value={search} onText={(text) => set('search', text)} />
        <SelectField
          label="Which"
          options={WHICH}
          value={which}
          onChange={({ target }) => set('which', target.value === 'all' ? '' : target.value)}
        />
      </div>
      <Table
        label="Operations"
        columns={COLUMNS}
        rows={found}
        keyOf={({ name, kind }) => `${kind} ${name}`}
        empty={<Empty title="No operation matches." />}
      />
    </Card>
  );
}
