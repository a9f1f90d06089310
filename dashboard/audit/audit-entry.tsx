/** One audit entry: who, from where, why, and what changed. */

import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Facts } from '../ui/card.tsx';
import { Code, Copied } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loaded, Notice } from '../ui/notice.tsx';
import { None, Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import type { Wording } from '../ui/words.ts';
import { actionWords, targetOf } from './audit-words.rules.ts';
import { type Difference, differencesOf, nameWords, shown } from './difference.rules.ts';

/* Before and after side by side; changes are named in words, not only by colour. */

const MARKS: Readonly<Record<Difference['kind'], readonly [text: string, look: string]>> = {
  changed: ['changed', 'text-warn'],
  added: ['set', 'text-good'],
  removed: ['removed', 'text-bad'],
  same: ['as it was', 'text-muted'],
};

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function Differences({ before, after }: { readonly before: unknown; readonly after: unknown }) {
  const all = differencesOf(before, after);
  if (all.length === 0) return null;
  const hasBefore = all.some(({ kind }) => kind !== 'added');
  return (
    <section aria-label="What changed" className="min-w-0 overflow-x-auto rounded-lg border">
      <table className="w-full border-collapse text-sm">
        <thead className="text-left text-muted">
          <tr className="border-b">
            <th scope="col" className="px-3 py-1.5 font-medium">
              Field
            </th>
            {hasBefore && (
              <th scope="col" className="px-3 py-1.5 font-medium">
                Before
              </th>
            )}
            <th scope="col" className="px-3 py-1.5 font-medium">
              {hasBefore ? 'After' : 'Value'}
            </th>
            {hasBefore && (
              <th scope="col" className="px-3 py-1.5 max-sm:hidden">
                <span className="sr-only">What happened to it</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {all.map(({ name, before: was, after: is, kind }) => (
            <tr key={name} className={`border-b align-top last:border-0 ${kind === 'same' ? 'text-muted' : ''}`}>
              <th scope="row" className="px-3 py-1.5 text-left font-normal">
                {nameWords(name)}
              </th>
              {hasBefore && (
                <td className={`px-3 py-1.5 ${kind === 'changed' || kind === 'removed' ? 'bg-bad-soft/50' : ''}`}>
                  {kind === 'added' ? '–' : <Value of={was} />}
                </td>
              )}
              <td className={`px-3 py-1.5 ${kind === 'changed' || kind === 'added' ? 'bg-good-soft/50' : ''}`}>
                {kind === 'removed' ? '–' : <Value of={kind === 'same' ? was : is} />}
              </td>
              {hasBefore && (
                <td className={`px-3 py-1.5 whitespace-nowrap max-sm:hidden ${MARKS[kind][1]}`}>{MARKS[kind][0]}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Value({ of }: { readonly of: unknown }) {
  if (typeof of === 'string' && INSTANT.test(of)) return <Time at={of} as="exact" />;
  const text = shown(of);
  if (text.length <= 200) return <span className="break-words">{text}</span>;
  return (
    <details>
      <summary className="text-accent">{Array.isArray(of) ? `${of.length} of them` : `${text.slice(0, 60)}…`}</summary>
      <span className="font-mono text-xs break-all">{text}</span>
    </details>
  );
}

/* An audit entry's target, linked to its page. */

export function TargetLink({
  type,
  id,
  isWhole = false,
}: {
  type: string | null;
  id: string | null;
  isWhole?: boolean;
}) {
  const target = targetOf(type, id);
  if (target === undefined) return <None />;
  const { text, href } = target;
  const name =
    target.id !== undefined && !isWhole && /^[0-9a-f-]{36}$/.test(target.id) ? `${target.id.slice(0, 8)}…` : target.id;
  const label = name === undefined ? text : `${text} ${name}`;
  return href === undefined ? (
    <span title={target.id}>{label}</span>
  ) : (
    <Link href={href} title={target.id} className="text-accent hover:underline">
      {label}
    </Link>
  );
}

const One = graphql(`
  query AuditEntry($id: ID!) {
    node(id: $id) {
      ... on AuditEntry {
        id sequence at actor actorId actorKind role action targetType targetId outcome reason requestId address
        tokenPrefix nodeId familyId link isChained before after
      }
    }
  }
`);
type Entry = Extract<NonNullable<ResultOf<typeof One>['node']>, { sequence: unknown }>;

const KINDS: Readonly<Record<NonNullable<Entry['actorKind']>, string>> = {
  ADMIN_TOKEN: 'by the admin token of the configuration',
  API_TOKEN: 'by an API token',
  LOCAL: 'not authenticated: local, without access control',
  OIDC: 'signed in',
  SYSTEM: 'the server itself',
};

const OUTCOMES: Readonly<Record<Entry['outcome'], Wording>> = {
  DONE: { text: 'Done', tone: 'good' },
  DENIED: { text: 'Denied', tone: 'bad' },
};

export function AuditEntryDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const isPaused = !usePermission('auditEntries').isAllowed;
  const result = useLiveQuery({ query: One, variables: { id }, isPaused });
  const entry = result.data?.node;
  const isFound = entry != null && 'sequence' in entry;
  return (
    <Dialog
      title={isFound ? `${actionWords(entry.action)}, no. ${entry.sequence}` : 'Audit entry'}
      onClose={onClose}
      isWide
    >
      <Loaded result={result} height={16}>
        {() =>
          isFound ? (
            <Shown entry={entry} />
          ) : (
            <Notice tone="info">This audit entry does not exist, or you may not see it.</Notice>
          )
        }
      </Loaded>
    </Dialog>
  );
}

function Shown({ entry }: { readonly entry: Entry }) {
  return (
    <>
      {entry.outcome === 'DENIED' && <Notice tone="bad">Denied: missing rights. Nothing changed.</Notice>}
      {entry.reason !== null && (
        <blockquote className="border-l-4 border-line-strong pl-3 break-words">{entry.reason}</blockquote>
      )}
      <Facts
        of={[
          ['When', <Time key="at" at={entry.at} as="exact" />],
          [
            'Who',
            <>
              {entry.actor} <span className="text-muted">{entry.actorId !== entry.actor && `(${entry.actorId})`}</span>
            </>,
          ],
          ['Role', entry.role],
          ['Recognised', entry.actorKind === null ? 'unknown: what is stored was changed' : KINDS[entry.actorKind]],
          ['On', <TargetLink key="target" type={entry.targetType} id={entry.targetId} isWhole />],
          ['Outcome', <Status key="outcome" of={OUTCOMES[entry.outcome]} />],
          ['Action', <Code key="action">{entry.action}</Code>],
          [
            'Request',
            entry.requestId === null ? null : <Copied key="request" of={entry.requestId} label="the request’s id" />,
          ],
          ['From', entry.address],
          ['Token', entry.tokenPrefix === null ? null : <Code key="token">{`${entry.tokenPrefix}…`}</Code>],
          [
            'Family',
            entry.familyId === null ? null : <Copied key="family" of={entry.familyId} label="the family’s id" />,
          ],
          ['Node', entry.nodeId === null ? null : <Copied key="node" of={entry.nodeId} label="the node’s id" />],
          ['In the chain', entry.link === null ? 'not yet; within about a second' : `at place ${entry.link}`],
        ]}
      />
      <Differences before={entry.before} after={entry.after} />
    </>
  );
}
