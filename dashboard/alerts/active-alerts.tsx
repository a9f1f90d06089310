/** The active alerts, most urgent first. */

import { Link } from 'wouter';
import { usePermission, usePermissions } from '../access/viewer.tsx';
import { ActionButton, CureButton } from '../actions/action-button.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
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
  /** The most urgent one: its cure is the page's primary action. */
  readonly isFirst: boolean;
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

function ActiveAlertItem({ alert, silence, isFirst, onDone }: ActiveAlertItemProps) {
  const { alertId, severity, summary, rule, title, startedAt, notFoundAt, isSilenced, explanation, subject } = alert;
  const way = wayTo(subject);
  const blockers = explanation?.blockers ?? [];
  const may = usePermissions();
  const needed = NEEDED[/^\/\w*/.exec(way?.href ?? '')?.[0] ?? ''];
  return (
    <article
      aria-label={title}
      className={`flex flex-wrap items-start gap-x-6 gap-y-2 rounded-lg border border-l-4 bg-panel px-4 py-2.5 ${isSilenced ? 'border-l-line-strong' : EDGES[severity]}`}
    >
      <div className="min-w-0 flex-1 basis-72 break-words">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-muted">
          <Status of={ALERT_SEVERITY[severity]} />
          <Link href={`/alerts?tab=history&rule=${rule}`} className="hover:underline">
            {title}
          </Link>
          <Time at={startedAt} />
          {alert.count > 1 && <Badge>{count(alert.count)}×</Badge>}
          {isSilenced && <Badge>Silenced</Badge>}
        </p>
        <h2 className="mt-1 font-semibold">{summary}</h2>
        {blockers.map(({ __typename, message }) => (
          <p key={`${__typename} ${message}`} className="text-muted">
            {message}
          </p>
        ))}
        {silence !== undefined && (
          <p className="text-sm text-muted">
            Silenced by {silence.createdBy} until <Time at={silence.endsAt} as="clock" />: {silence.reason}
          </p>
        )}
        {notFoundAt !== null && (
          <p className="text-sm text-muted">
            Not found since <Time at={notFoundAt} as="clock" />. It is resolved once that has lasted for a minute.
          </p>
        )}
      </div>
      <div className="flex flex-wrap gap-2">
        {blockers.map(
          ({ __typename, message, cure }, index) =>
            cure !== null && (
              <CureButton
                key={`${__typename} ${message}`}
                cure={cure}
                subject={title}
                isPrimary={isFirst && index === 0}
                onDone={onDone}
              />
            ),
        )}
        {way !== undefined && (
          <ButtonLink isSmall href={way.href} disabledBecause={needed && may(needed).reason}>
            {way.text}
          </ButtonLink>
        )}
        {silence === undefined ? (
          <ActionButton action={silenceAlert} input={{ alertId }} subject={title} onDone={onDone} />
        ) : (
          <ActionButton action={endSilence} input={{ silenceId: silence.silenceId }} subject={title} onDone={onDone} />
        )}
      </div>
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
            {alerts.nodes.toSorted(byUrgency).map((alert, index) => (
              <ActiveAlertItem
                key={alert.id}
                alert={alert}
                isFirst={index === 0}
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

const NoAlert = () => (
  <Empty
    title="No alert is on."
    actions={
      <ButtonLink isSmall href="/">
        To the overview
      </ButtonLink>
    }
  >
    Alerts appear here with what to do about them, and disappear when their cause is gone. The overview also lists what
    raises an alert only after a while.
  </Empty>
);
