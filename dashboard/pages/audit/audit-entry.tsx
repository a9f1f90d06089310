/** One audit entry: who, from where, why, and what changed. */
import { usePermission } from '../../access/viewer.tsx';
import { graphql, type ResultOf } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Status } from '../../ui/badge.tsx';
import { Facts } from '../../ui/card.tsx';
import { Code, Copied } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import type { Wording } from '../../ui/words.ts';
import { actionWords } from './audit-words.rules.ts';
import { Differences } from './differences.tsx';
import { TargetLink } from './target-link.tsx';

const One = graphql(`
  query AuditAct($id: ID!) {
    node(id: $id) {
      ... on AuditEntry {
        id sequence at actor actorId actorKind role action targetType targetId outcome reason requestId address
        tokenPrefix nodeId familyId link isChained before after
      }
    }
  }
`);
type Act = Extract<NonNullable<ResultOf<typeof One>['node']>, { sequence: unknown }>;

const KINDS: Readonly<Record<NonNullable<Act['actorKind']>, string>> = {
  ADMIN_TOKEN: 'by the admin token of the configuration',
  API_TOKEN: 'by an API token',
  LOCAL: 'not authenticated: local, without access control',
  OIDC: 'signed in',
  SYSTEM: 'the server itself',
};

const OUTCOMES: Readonly<Record<Act['outcome'], Wording>> = {
  DONE: { text: 'Done', tone: 'good' },
  DENIED: { text: 'Denied', tone: 'bad' },
};

export function AuditAct({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const isPaused = !usePermission('auditEntries').isAllowed;
  const result = useLiveQuery({ query: One, variables: { id }, isPaused });
  const act = result.data?.node;
  const isFound = act != null && 'sequence' in act;
  return (
    <Dialog
      title={isFound ? `${actionWords(act.action)}, no. ${act.sequence}` : 'Audit entry'}
      onClose={onClose}
      isWide
    >
      <Loaded result={result} height={16}>
        {() =>
          isFound ? (
            <Shown act={act} />
          ) : (
            <Notice tone="info">This audit entry does not exist, or you may not see it.</Notice>
          )
        }
      </Loaded>
    </Dialog>
  );
}

function Shown({ act }: { readonly act: Act }) {
  return (
    <>
      {act.outcome === 'DENIED' && <Notice tone="bad">Denied: missing rights. Nothing changed.</Notice>}
      {act.reason !== null && (
        <blockquote className="border-l-4 border-line-strong pl-3 break-words">{act.reason}</blockquote>
      )}
      <Facts
        of={[
          ['When', <Time key="at" at={act.at} as="exact" />],
          [
            'Who',
            <>
              {act.actor} <span className="text-muted">{act.actorId !== act.actor && `(${act.actorId})`}</span>
            </>,
          ],
          ['Role', act.role],
          ['Recognised', act.actorKind === null ? 'unknown: what is stored was changed' : KINDS[act.actorKind]],
          ['On', <TargetLink key="target" type={act.targetType} id={act.targetId} isWhole />],
          ['Outcome', <Status key="outcome" of={OUTCOMES[act.outcome]} />],
          ['Action', <Code key="action">{act.action}</Code>],
          [
            'Request',
            act.requestId === null ? null : <Copied key="request" of={act.requestId} label="the request’s id" />,
          ],
          ['From', act.address],
          ['Token', act.tokenPrefix === null ? null : <Code key="token">{`${act.tokenPrefix}…`}</Code>],
          ['Family', act.familyId === null ? null : <Copied key="family" of={act.familyId} label="the family’s id" />],
          ['Node', act.nodeId === null ? null : <Copied key="node" of={act.nodeId} label="the node’s id" />],
          ['In the chain', act.link === null ? 'not yet; within about a second' : `at place ${act.link}`],
        ]}
      />
      <Differences before={act.before} after={act.after} />
    </>
  );
}
