/** The fire ledger of a job: a calendar, the list of fires, and an audit of a range. */

import { usePermission } from '../access/viewer.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { Loaded, Notice } from '../ui/notice.tsx';
import { useZone } from '../ui/preferences.ts';
import { spanOfMonths } from './calendar.rules.ts';
import { FireList } from './fire-list.tsx';
import { FireCalendar, useLedgerAddress } from './ledger-address.ts';
import { Audit } from './ledger-audit.tsx';
import { Calendar } from './ledger-calendar.tsx';

const BROWSER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function Ledger({ jobName, jobZone }: { readonly jobName: string; readonly jobZone: string }) {
  const { isAllowed, reason } = usePermission('fireCalendar');
  const zone = useZone(jobZone) ?? BROWSER_ZONE;
  const address = useLedgerAddress(zone);
  const { months } = address;
  const result = useLiveQuery({
    query: FireCalendar,
    variables: { jobName, timeZone: zone, ...spanOfMonths(months[0] ?? '', months.at(-1) ?? '', zone) },
    on: ['SCHEDULE'],
    isAbout: ({ SCHEDULE }) => SCHEDULE?.keys.has(jobName) === true,
    isPaused: !isAllowed,
  });
  if (!isAllowed) return <Notice tone="info">{reason}</Notice>;
  return (
    <Loaded result={result} height={32}>
      {({ fireCalendar }) => {
        const days = fireCalendar ?? [];
        const picked = days.find(({ date }) => date === address.day);
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
                  day={picked?.date}
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
