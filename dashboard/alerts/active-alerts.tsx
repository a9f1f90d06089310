/** The active alerts, most urgent first. */

import { CircleCheck } from 'lucide-react';
import { Link } from 'wouter';
import { usePermission, usePermissions } from '../access/viewer.tsx';
import { ActionButton, CureButton } from '../actions/action-button.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Loaded, Notice } from '../ui/notice.tsx';
import { Badge, Status } from '../ui/text.tsx';
import { Time, useNow } from '../ui/time.tsx';
import { ALERT_SEVERITY, count } from '../ui/words.ts';
import { byUrgency, silenceOf, wayTo } from './alert.rules.ts';
import { endSilence, silenceAlert } from './alert-actions.ts';
import { type ActiveAlert, ActiveQuery, type Silence, useSilences } from './alert-documents.ts';

/* One active alert: what is wrong, since when, and what to do about it. */

interface ActiveAlertItemProps {
  readonly alert: ActiveAlert;
  /** The silence that covers it. */
  readonly silence: Silence | undefined;
  readonly onDone: () => void;
}

const EDGES = { CRITICAL: 'border-l-bad', WARNING: 'border-l-warn', INFO: 'border-l-info' } as const;

/** The query that each linked page needs; not every caller who sees alerts may use it. */
const NEEDED: Readonly<Record<string, string>> = {
  '/access': 'apiTokens',
  '/audit': 'auditEntries',
  '/events': 'outboxEvents',
  '/keys': 'encryptionKeys',
  '/webhooks': 'webhooks',
};

function ActiveAlertItem({ alert, silence, onDone }: ActiveAlertItemProps) {
  const { alertId, severity, summary, rule, title, startedAt, notFoundAt, isSilenced, explanation, subject } = alert;
  const way = wayTo(subject);
  const may = usePermissions();
  const needed = NEEDED[/^\/\w*/.exec(way?.href ?? '')?.[0] ?? ''];
  return (
    <article
      aria-label={title}
      className={`grid gap-3 rounded-lg border border-l-4 bg-panel px-4 py-3 ${isSilenced ? 'border-l-line-strong' : EDGES[severity]}`}
    >
      <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-72">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-muted">
            <Status of={ALERT_SEVERITY[severity]} />
            <Link href={`/alerts?tab=history&rule=${rule}`} className="hover:underline">
              {title}
            </Link>
            <span>
              since <Time at={startedAt} as="clock" /> (<Time at={startedAt} />)
            </span>
            {alert.count > 1 && <Badge>{count(alert.count)}×</Badge>}
            {isSilenced && <Badge>Silenced</Badge>}
          </p>
          <h2 className="mt-1 font-semibold break-words">{summary}</h2>
        </div>
        <div className="flex flex-wrap gap-2">
          {way !== undefined && (
            <ButtonLink isSmall href={way.href} disabledBecause={needed && may(needed).reason}>
              {way.text}
            </ButtonLink>
          )}
          {silence === undefined ? (
            <ActionButton action={silenceAlert} input={{ alertId }} subject={title} onDone={onDone} />
          ) : (
            <ActionButton
              action={endSilence}
              input={{ silenceId: silence.silenceId }}
              subject={title}
              onDone={onDone}
            />
          )}
        </div>
      </header>
      {explanation?.blockers.map(({ __typename, message, cure }) => (
        <div
          key={`${__typename} ${message}`}
          className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 rounded-md bg-raised px-3 py-2"
        >
          <p className="min-w-0 flex-1 basis-64 break-words">{message}</p>
          {cure !== null && <CureButton cure={cure} subject={title} isPrimary onDone={onDone} />}
        </div>
      ))}
      {silence !== undefined && (
        <p className="text-sm text-muted">
          Silenced by {silence.createdBy} until <Time at={silence.endsAt} as="clock" /> (<Time at={silence.endsAt} />
          ): {silence.reason}
        </p>
      )}
      {notFoundAt !== null && (
        <p className="text-sm text-muted">
          Not found since <Time at={notFoundAt} as="clock" />. It is resolved once that has lasted for a minute.
        </p>
      )}
    </article>
  );
}

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
