/** What fires next, the circuit, the nodes and the alerts, each in a few lines that lead to its page. */
import { Link } from 'wouter';
import { usePermission } from '../../access/viewer.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { isBeforeOpening } from '../../provider/last-check.rules.ts';
import { Badge, Status } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty, Notice } from '../../ui/notice.tsx';
import { Length, Time } from '../../ui/time.tsx';
import { ALERT_SEVERITY, CIRCUIT_STATE, counted, DST_NOTE, NODE_STATE } from '../../ui/words.ts';

const NextFires = graphql(`
  query NextFires {
    jobSchedules { id name isPaused timeZone cronDescription currentRun { id } nextFireTimes(first: 1) { at dst } }
  }
`);

const MORE = 'text-sm text-accent hover:underline';

export function NextFiresCard() {
  const { isAllowed, reason } = usePermission('jobSchedules');
  const result = useLiveQuery({
    query: NextFires,
    variables: {},
    on: ['SCHEDULE', 'JOB_RUN'],
    everyMs: 30_000,
    isPaused: !isAllowed,
  });
  return (
    <Card
      title="Next fires"
      actions={
        <Link href="/schedules" className={MORE}>
          Schedules
        </Link>
      }
    >
      {!isAllowed && <Notice tone="info">{reason}</Notice>}
      <Loaded result={result}>
        {({ jobSchedules }) => (
          <ul className="grid gap-3">
            {soonestFirst(jobSchedules ?? []).map(
              ({ name, isPaused, cronDescription, timeZone, currentRun, nextFireTimes: [next] }) => (
                <li key={name} className="flex items-start justify-between gap-3">
                  <span className="min-w-0">
                    <Link href={`/schedules/${name}`} className="font-medium break-words hover:underline">
                      {name}
                    </Link>
                    <span className="block text-sm text-muted">{cronDescription}</span>
                  </span>
                  <span className="grid shrink-0 justify-items-end gap-1 text-right">
                    <Time at={next?.at} as="countdown" jobZone={timeZone} />
                    {isPaused && <Badge tone="warn">Paused</Badge>}
                    {currentRun !== null && <Badge tone="info">Running</Badge>}
                    {next?.dst != null && <Badge tone="warn">{DST_NOTE[next.dst]}</Badge>}
                  </span>
                </li>
              ),
            )}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

const soonestFirst = <Schedule extends { readonly nextFireTimes: readonly { readonly at: string }[] }>(
  schedules: readonly Schedule[],
): Schedule[] =>
  [...schedules].sort((one, other) =>
    (one.nextFireTimes[0]?.at ?? '9').localeCompare(other.nextFireTimes[0]?.at ?? '9'),
  );

const SystemQuery = graphql(`
  query System {
    identityProvider { name url latencyP50 latencyP95 lastCheck { isOk message checkedAt } circuit { state openedAt nextProbeAt } }
    serverNodes { id name state lastBeatAt attemptsInHand runsInHand }
    alerts(first: 4, filter: { isOn: true }) { nodes { id summary severity raisedAt isSilenced } }
  }
`);

export function SystemCards() {
  const { isAllowed, reason } = usePermission('serverNodes');
  const result = useLiveQuery({
    query: SystemQuery,
    variables: {},
    on: ['CIRCUIT', 'ALERT'],
    everyMs: 5_000,
    isPaused: !isAllowed,
  });
  if (!isAllowed)
    return (
      <Card title="System">
        <Notice tone="info">{reason}</Notice>
      </Card>
    );
  return (
    <>
      <Card
        title="Identity provider"
        actions={
          <Link href="/provider" className={MORE}>
            More
          </Link>
        }
      >
        <Loaded result={result}>
          {({ identityProvider: provider }) =>
            provider !== null && (
              <Facts
                of={[
                  [
                    'Circuit',
                    <span key="state" className="inline-flex flex-wrap items-center gap-2">
                      <Status of={CIRCUIT_STATE[provider.circuit.state]} />
                      {provider.circuit.nextProbeAt !== null && (
                        <span className="text-sm text-muted">
                          probe in <Time at={provider.circuit.nextProbeAt} as="countdown" />
                        </span>
                      )}
                    </span>,
                  ],
                  ['Provider', `${provider.name}, ${provider.url}`],
                  [
                    'Answers in',
                    <span key="latency">
                      <Length of={provider.latencyP50} />{' '}
                      <span className="text-muted">
                        (95 %: <Length of={provider.latencyP95} />)
                      </span>
                    </span>,
                  ],
                  [
                    'Last check',
                    provider.lastCheck === null ? (
                      'Not yet'
                    ) : (
                      <span key="check">
                        {provider.lastCheck.isOk ? 'As it should be' : provider.lastCheck.message}
                        {isBeforeOpening(provider.lastCheck, provider.circuit) && ', before the circuit opened'}{' '}
                        <span className="text-muted">
                          <Time at={provider.lastCheck.checkedAt} />
                        </span>
                      </span>
                    ),
                  ],
                ]}
              />
            )
          }
        </Loaded>
      </Card>
      <Card
        title="Nodes"
        actions={
          <Link href="/nodes" className={MORE}>
            More
          </Link>
        }
      >
        <Loaded result={{ ...result, problem: undefined }}>
          {({ serverNodes }) => (
            <ul className="grid gap-2">
              {(serverNodes ?? [])
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
          )}
        </Loaded>
      </Card>
      <Card
        title="Alerts"
        actions={
          <Link href="/alerts" className={MORE}>
            More
          </Link>
        }
      >
        <Loaded result={{ ...result, problem: undefined }}>
          {({ alerts }) =>
            (alerts?.nodes.length ?? 0) === 0 ? (
              <Empty title="No alert is on.">The server watches itself by its rules; what it finds stands here.</Empty>
            ) : (
              <ul className="grid gap-2">
                {alerts?.nodes.map(({ id, summary, severity, raisedAt, isSilenced }) => (
                  <li key={id} className="grid gap-0.5">
                    <span className="flex items-center gap-2">
                      <Status of={ALERT_SEVERITY[severity]} />
                      <span className="text-sm text-muted">
                        <Time at={raisedAt} />
                        {isSilenced && ', silenced'}
                      </span>
                    </span>
                    <span>{summary}</span>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
    </>
  );
}
