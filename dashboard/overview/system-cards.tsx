/** Summaries of the provider with its circuit and of the nodes, each linking to its page. */

import { usePermission } from '../access/viewer.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { isBeforeOpening } from '../provider/provider.rules.ts';
import { Card, Facts } from '../ui/card.tsx';
import { Loaded, Notice } from '../ui/notice.tsx';
import { Status } from '../ui/text.tsx';
import { Length, Time } from '../ui/time.tsx';
import { CIRCUIT_STATE, counted, NODE_STATE } from '../ui/words.ts';
import { LeadCard } from './lead-card.tsx';

const SystemQuery = graphql(`
  query System {
    identityProvider { name url latencyP50 latencyP95 lastCheck { isOk message checkedAt } circuit { state openedAt nextProbeAt } }
    serverNodes { id name state lastBeatAt attemptsInHand runsInHand }
  }
`);

export function SystemCards() {
  const { isAllowed, reason } = usePermission('serverNodes');
  const result = useLiveQuery({
    query: SystemQuery,
    variables: {},
    on: ['CIRCUIT'],
    everyMs: 5_000,
    isPaused: !isAllowed,
  });
  if (!isAllowed)
    return (
      <Card title="System">
        <Notice tone="info">{reason}</Notice>
      </Card>
    );
  // One query feeds both cards; only the first shows its problem.
  const quiet = { ...result, problem: undefined };
  return (
    <>
      <LeadCard title="Identity provider" href="/provider">
        <Loaded result={result}>
          {({ identityProvider }) => identityProvider !== null && <ProviderFacts of={identityProvider} />}
        </Loaded>
      </LeadCard>
      <LeadCard title="Nodes" href="/nodes">
        <Loaded result={quiet}>{({ serverNodes }) => <NodeList of={serverNodes ?? []} />}</Loaded>
      </LeadCard>
    </>
  );
}

type System = ResultOf<typeof SystemQuery>;

function ProviderFacts({ of: provider }: { readonly of: NonNullable<System['identityProvider']> }) {
  const { circuit, lastCheck } = provider;
  return (
    <Facts
      of={[
        [
          'Circuit',
          <span key="state" className="inline-flex flex-wrap items-center gap-2">
            <Status of={CIRCUIT_STATE[circuit.state]} />
            {circuit.nextProbeAt !== null && (
              <span className="text-sm text-muted">
                probe in <Time at={circuit.nextProbeAt} as="countdown" />
              </span>
            )}
          </span>,
        ],
        ['Provider', `${provider.name}, ${provider.url}`],
        [
          'Calls',
          <span key="latency">
            p50 <Length of={provider.latencyP50} /> · p95 <Length of={provider.latencyP95} />
          </span>,
        ],
        [
          'Last check',
          lastCheck === null ? (
            'Not yet'
          ) : (
            <span key="check">
              {lastCheck.isOk ? 'Passed' : lastCheck.message}
              {isBeforeOpening(lastCheck, circuit) && ', before the circuit opened'}{' '}
              <span className="text-muted">
                <Time at={lastCheck.checkedAt} />
              </span>
            </span>
          ),
        ],
      ]}
    />
  );
}

function NodeList({ of: nodes }: { readonly of: NonNullable<System['serverNodes']> }) {
  return (
    <ul className="grid gap-2">
      {nodes
        .filter(({ state }) => state !== 'GONE')
        .slice(0, 6)
        .map(({ id, name, state, attemptsInHand, runsInHand }) => (
          <li key={id} className="flex items-center justify-between gap-3">
            <span className="min-w-0 truncate">{name}</span>
            <span className="flex shrink-0 items-center gap-2 text-sm text-muted">
              {counted(attemptsInHand, 'attempt', 'attempts')}, {counted(runsInHand, 'run', 'runs')}
              <Status of={NODE_STATE[state]} />
            </span>
          </li>
        ))}
    </ul>
  );
}
