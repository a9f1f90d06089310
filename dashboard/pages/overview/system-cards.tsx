/** What fires next, the circuit, the nodes and the alerts, each in a few lines that lead to its page. */
import { Link } from 'wouter';
import { usePermission } from '../../access/viewer.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Badge, Status } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty, Notice } from '../../ui/notice.tsx';
import { Length, Time } from '../../ui/time.tsx';
import { ALERT_SEVERITY, CIRCUIT_STATE, counted, DST_NOTE, NODE_STATE } from '../../ui/words.ts';

const NextFires = graphql(`
  query NextFires {
    nextFireTimes(first: 6) { jobName at localTime dst }
    jobSchedules { id name isPaused timeZone cronDescription }
  }
`);

const MORE = 'text-sm text-accent hover:underline';

export function NextFiresCard() {
  const { isAllowed, reason } = usePermission('nextFireTimes');
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
        {({ nextFireTimes, jobSchedules }) => (
          <ol className="grid gap-2">
            {(nextFireTimes ?? []).map(({ jobName, at, dst }) => {
              const schedule = jobSchedules?.find(({ name }) => name === jobName);
              return (
                <li key={`${jobName} ${at}`} className="flex items-baseline justify-between gap-3">
                  <span className="min-w-0">
                    <Link href={`/schedules/${jobName}`} className="break-words hover:underline">
                      {jobName}
                    </Link>{' '}
                    {schedule?.isPaused === true && <Badge tone="warn">Paused: skipped</Badge>}
                    {dst !== null && <Badge tone="warn">{DST_NOTE[dst]}</Badge>}
                  </span>
                  <span className="shrink-0 text-right">
                    <Time at={at} as="countdown" jobZone={schedule?.timeZone} />
                    <span className="ml-2 text-sm text-muted">
                      <Time at={at} as="clock" jobZone={schedule?.timeZone} />
                    </span>
                  </span>
                </li>
              );
            })}
          </ol>
        )}
      </Loaded>
    </Card>
  );
}

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
                        {provider.lastCheck.isOk ? 'As it should be' : provider.lastCheck.message}{' '}
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
              {(serverNodes ?? []).slice(0, 5).map(({ id, name, state, attemptsInHand, runsInHand }) => (
                <li key={id} className="flex items-center justify-between gap-3">
                  <span className="min-w-0 truncate">{name}</span>
                  <span className="flex shrink-0 items-center gap-2 text-sm text-muted">
                    {counted(attemptsInHand + runsInHand, 'task', 'tasks')} in hand
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
