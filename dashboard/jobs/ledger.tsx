/** The fire ledger of a job: a calendar, the list of fires, and an audit of a range. */

import { usePermission } from '../access/viewer.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { Loaded, Notice } from '../ui/notice.tsx';
import { useZoneName } from '../ui/preferences.ts';
import { dayName, hourName } from './calendar.rules.ts';
import { FireList } from './fire-list.tsx';
import { FireCalendar, keyOf, useLedgerAddress } from './ledger-address.ts';
import { Audit } from './ledger-audit.tsx';
import { Calendar } from './ledger-calendar.tsx';

interface LedgerProps {
  readonly jobName: string;
  readonly jobZone: string;
  /** The job fires at least every hour. */
  readonly isFrequent: boolean;
}

export function Ledger({ jobName, jobZone, isFrequent }: LedgerProps) {
  const { isAllowed, reason } = usePermission('fireCalendar');
  const zone = useZoneName(jobZone);
  const address = useLedgerAddress(zone, isFrequent);
  const { view, span } = address;
  const result = useLiveQuery({
    query: FireCalendar,
    variables: { jobName, timeZone: zone, ...span, isHourly: view === 'hours' },
    on: ['SCHEDULE'],
    isAbout: ({ SCHEDULE }) => SCHEDULE?.keys.has(jobName) === true,
    isPaused: !isAllowed,
  });
  if (!isAllowed) return <Notice tone="info">{reason}</Notice>;
  return (
    <Loaded result={result} height={32}>
      {({ fireCalendar }) => {
        const days = fireCalendar ?? [];
        const picked = days.find((one) => keyOf(view, one) === address.day);
        const from = picked?.startsAt ?? days[0]?.startsAt;
        const to = picked?.endsAt ?? days.at(-1)?.endsAt;
        return (
          <>
            <Calendar jobName={jobName} days={days} zone={zone} address={address} />
            {from !== undefined && to !== undefined && (
              <>
                <FireList
                  jobName={jobName}
                  jobZone={jobZone}
                  from={from}
                  to={to}
                  title={
                    picked === undefined
                      ? undefined
                      : `${dayName(picked.date)}${view === 'hours' ? `, ${hourName(picked.startsAt, zone)}:00` : ''}`
                  }
                  days={picked === undefined ? days : [picked]}
                  address={address}
                />
                <Audit key={`${from} ${to}`} jobName={jobName} jobZone={jobZone} from={from} to={to} />
              </>
            )}
          </>
        );
      }}
    </Loaded>
  );
}
