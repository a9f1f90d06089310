/** One active alert: what is wrong, since when, and what to do about it. */
import { Link } from 'wouter';
import { usePermissions } from '../../access/viewer.tsx';
import { ActionButton } from '../../actions/action-button.tsx';
import { endSilence, silenceAlert } from '../../actions/alert-actions.ts';
import { CureButton } from '../../actions/cure-button.tsx';
import { Badge, Status } from '../../ui/badge.tsx';
import { ButtonLink } from '../../ui/button.tsx';
import { Time } from '../../ui/time.tsx';
import { ALERT_SEVERITY, count } from '../../ui/words.ts';
import { wayTo } from './alert.rules.ts';
import type { ActiveAlert, Silence } from './alert-documents.ts';

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

export function ActiveAlertItem({ alert, silence, onDone }: ActiveAlertItemProps) {
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
