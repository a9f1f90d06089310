/** The active alerts, most urgent first. */
import { CircleCheck } from 'lucide-react';
import { usePermission } from '../../access/viewer.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useNow } from '../../ui/now.ts';
import { Time } from '../../ui/time.tsx';
import { ActiveAlertItem } from './active-alert.tsx';
import { byUrgency, silenceOf } from './alert.rules.ts';
import { ActiveQuery } from './alert-documents.ts';
import { useSilences } from './use-silences.ts';

export function ActiveAlerts() {
  const isPaused = !usePermission('alerts').isAllowed;
  const result = useLiveQuery({ query: ActiveQuery, variables: {}, on: ['ALERT'], everyMs: 15_000, isPaused });
  const silences = useSilences();
  const now = useNow(5_000);
  const refresh = (): void => {
    result.refresh();
    silences.refresh();
  };
  return (
    <Loaded result={result} height={16}>
      {({ alerts }) =>
        alerts === null ? null : alerts.nodes.length === 0 ? (
          <NoAlert />
        ) : (
          <>
            {alerts.pageInfo.hasNextPage && <Notice tone="warn">Only the 100 newest are shown.</Notice>}
            {alerts.nodes.toSorted(byUrgency).map((alert) => (
              <ActiveAlertItem
                key={alert.id}
                alert={alert}
                silence={alert.isSilenced ? silenceOf(alert, silences.data?.alertSilences ?? [], now) : undefined}
                onDone={refresh}
              />
            ))}
          </>
        )
      }
    </Loaded>
  );
}

const CircuitNow = graphql(`
  query CircuitNow {
    identityProvider { circuit { state openedAt } }
  }
`);

/** No alert is active, but one may follow: an open circuit raises an alert only after a while. */
function NoAlert() {
  const { data } = useLiveQuery({
    query: CircuitNow,
    variables: {},
    on: ['CIRCUIT'],
    isPaused: !usePermission('identityProvider').isAllowed,
  });
  const circuit = data?.identityProvider?.circuit;
  if (circuit === undefined || circuit.state === 'CLOSED') return <AllIsWell />;
  return (
    <Notice
      tone="warn"
      actions={
        <ButtonLink isSmall href="/provider">
          To the identity provider
        </ButtonLink>
      }
    >
      No alert is on, but the circuit to the identity provider is not closed
      {circuit.openedAt !== null && (
        <>
          {' '}
          (since <Time at={circuit.openedAt} as="clock" />)
        </>
      )}
      : entries wait. It raises an alert if it stays open.
    </Notice>
  );
}

const AllIsWell = () => (
  <div className="rounded-lg border bg-panel px-4 py-10 text-center">
    <CircleCheck aria-hidden className="mx-auto size-10 text-good" />
    <p className="mt-3 text-lg font-semibold">All is well</p>
    <p className="mx-auto mt-1 max-w-prose text-muted">
      Nothing needs attention. The server evaluates its alert rules every few seconds. Alerts appear here with what to
      do about them, and disappear when their cause is gone.
    </p>
  </div>
);
