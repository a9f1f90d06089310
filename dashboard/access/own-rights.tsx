/** The viewer, the operations of the API that they may use, and why they may not use the others. */

import { Card, Facts } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';
import { count } from '../ui/words.ts';
import { KIND_WORDS, type Operation } from './access.rules.ts';
import { useViewer } from './viewer.tsx';

const HOW: Readonly<Record<ReturnType<typeof useViewer>['kind'], string>> = {
  ADMIN_TOKEN: 'by the admin token of the configuration',
  API_TOKEN: 'by an API token',
  LOCAL: 'not at all: access control is off, and only this machine can connect',
  OIDC: 'signed in at the organization’s sign-in',
  SYSTEM: 'the server itself',
};
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

const REFUSED: readonly Column<Operation>[] = [
  { name: 'Operation', cell: ({ name }) => <Code>{name}</Code> },
  { name: 'What it does', cell: ({ kind }) => KIND_WORDS[kind] },
  { name: 'Why not', isWide: true, cell: ({ reason }) => <span className="text-muted">{reason}</span> },
];

const KINDS = ['QUERY', 'MUTATION', 'SUBSCRIPTION'] as const;

export function OwnRightsCards() {
  const { operations } = useViewer();
  const allowed = operations.filter(({ isAllowed }) => isAllowed);
  const refused = operations.filter(({ isAllowed }) => !isAllowed);
  return (
    <>
      <Card
        title="What you may do"
        hint={`${count(allowed.length)} of the API’s ${count(operations.length)} operations. These pages use nothing else.`}
      >
        <Facts
          of={KINDS.map((kind) => [
            KIND_WORDS[kind],
            <ul key={kind} className="flex flex-wrap gap-x-2 gap-y-1.5">
              {allowed
                .filter((operation) => operation.kind === kind)
                .map(({ name }) => (
                  <li key={name} className="min-w-0">
                    <Code>{name}</Code>
                  </li>
                ))}
            </ul>,
          ])}
        />
      </Card>
      {refused.length > 0 && (
        <Card title="What you may not do" isFlush>
          <Table
            label="Refused operations"
            columns={REFUSED}
            rows={refused}
            keyOf={({ name, kind }) => `${kind} ${name}`}
          />
        </Card>
      )}
    </>
  );
}
