/** Months of the ledger: each day with its worst outcome and its number of fires. */
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { serverNow } from '../../../graphql/transport.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { monthName, monthOf, monthsLater } from './calendar.rules.ts';
import type { Day } from './calendar-query.ts';
import type { LedgerAddress } from './ledger-address.ts';
import { Month } from './month.tsx';

interface CalendarProps {
  readonly jobName: string;
  readonly days: readonly Day[];
  readonly zone: string;
  readonly address: LedgerAddress;
}

export function Calendar({ jobName, days, zone, address: { months, size, day, set } }: CalendarProps) {
  const last = months.at(-1) ?? '';
  const present = monthOf(serverNow(), zone);
  const picked = day ?? days.findLast(({ dueCount }) => dueCount > 0)?.date;
  return (
    <Card
      title="Calendar"
      hint={`The worst outcome of each day, in ${zone}. Choose a day to see its fires.`}
      actions={
        <>
          <Button isSmall onClick={() => set({ months: size === 1 ? '3' : '1', day: undefined })}>
            {size === 1 ? 'Show three months' : 'Show one month'}
          </Button>
          <span className="inline-flex items-center gap-1">
            <IconButton
              icon={ChevronLeft}
              isSmall
              label="Earlier"
              onClick={() => set({ month: monthsLater(last, -size), day: undefined })}
            />
            <Button
              isSmall
              disabledBecause={last === present ? 'Already shown.' : undefined}
              onClick={() => set({ month: undefined, day: undefined })}
            >
              This month
            </Button>
            <IconButton
              icon={ChevronRight}
              isSmall
              label="Later"
              disabledBecause={last >= present ? 'The ledger has only past fires.' : undefined}
              onClick={() => set({ month: monthsLater(last, size), day: undefined })}
            />
          </span>
        </>
      }
    >
      <div className={`grid gap-x-8 gap-y-4 ${size === 3 ? 'lg:grid-cols-3' : 'max-w-xl'}`}>
        {months.map((month) => (
          <Month
            key={month}
            label={`${jobName}, ${monthName(month)}`}
            month={month}
            days={days.filter(({ date }) => date.startsWith(month))}
            picked={day}
            firstStop={picked}
            onPick={(date) => set({ day: date === day ? undefined : date })}
          />
        ))}
      </div>
    </Card>
  );
}
