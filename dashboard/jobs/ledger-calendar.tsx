/** Months of the ledger: each day with its worst outcome and its number of fires. */

import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { serverNow } from '../graphql/client.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { TONE_LOOKS } from '../ui/text.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { count, counted, FIRE_OUTCOME } from '../ui/words.ts';
import { dayName, monthName, monthOf, monthsLater, placesBefore } from './calendar.rules.ts';
import { worstOf } from './fire.rules.ts';
import { OutcomeIcon } from './fires.tsx';
import type { Day, LedgerAddress } from './ledger-address.ts';

/* One month of the ledger. Arrow keys move between days; Enter lists a day's fires. */

interface MonthProps {
  readonly label: string;
  readonly month: string;
  readonly days: readonly Day[];
  readonly picked: string | undefined;
  /** The day in the tab order; the others are reached by arrow keys. */
  readonly firstStop: string | undefined;
  readonly onPick: (date: string) => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const WEEKDAYS = [5, 6, 7, 8, 9, 10, 11].map((day) =>
  new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', weekday: 'short' }).format(Date.UTC(2026, 0, day)),
);

function Month({ label, month, days, picked, firstStop, onPick }: MonthProps) {
  const move = (event: KeyboardEvent<HTMLElement>): void => {
    const by = STEPS[event.key];
    const all = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button[data-date]')];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    if (by === undefined || at < 0) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
  };
  const isStopHere = days.some(({ date }) => date === firstStop);
  const firstWithFires = days.find(({ dueCount }) => dueCount > 0)?.date;
  return (
    <section aria-label={label} onKeyDown={move} className="min-w-0">
      <h3 className="mb-1 text-sm font-medium">{monthName(month)}</h3>
      <div className="grid grid-cols-7 gap-1">
        {WEEKDAYS.map((name) => (
          <span key={name} aria-hidden className="text-center text-xs text-muted">
            {name.slice(0, 2)}
          </span>
        ))}
        {placesBefore(month) > 0 && <span aria-hidden style={{ gridColumn: `span ${placesBefore(month)}` }} />}
        {days.map((day) => (
          <DayCell
            key={day.date}
            day={day}
            isPicked={day.date === picked}
            isStop={day.date === (isStopHere ? firstStop : firstWithFires)}
            onPick={onPick}
          />
        ))}
      </div>
    </section>
  );
}

interface DayCellProps {
  readonly day: Day;
  readonly isPicked: boolean;
  readonly isStop: boolean;
  readonly onPick: (date: string) => void;
}

const SHAPE = 'grid h-11 min-w-0 content-between rounded-md px-1 py-0.5 text-left';

function DayCell({ day: { date, dueCount, counts }, isPicked, isStop, onPick }: DayCellProps) {
  const worst = worstOf(counts);
  const number = Number(date.slice(8));
  if (worst === undefined)
    return (
      <span className={`${SHAPE} text-xs text-muted`}>
        <span aria-hidden>{number}</span>
        <span className="sr-only">{dayName(date)}: no fire</span>
      </span>
    );
  const parts = counts.map((one) => `${count(one.count)} ${FIRE_OUTCOME[one.outcome].text.toLowerCase()}`);
  const text = `${dayName(date)}: ${counted(dueCount, 'fire', 'fires')}, ${parts.join(', ')}`;
  return (
    <Tooltip text={text}>
      <button
        type="button"
        data-date={date}
        tabIndex={isStop ? 0 : -1}
        aria-pressed={isPicked}
        onClick={() => onPick(date)}
        className={`${SHAPE} ${TONE_LOOKS[FIRE_OUTCOME[worst].tone]} hover:brightness-95 ${isPicked ? 'ring-2 ring-accent' : ''}`}
      >
        <span className="sr-only">{text}</span>
        <span aria-hidden className="flex items-center justify-between gap-0.5 text-xs">
          {number}
          <OutcomeIcon of={worst} />
        </span>
        <span aria-hidden className="truncate text-right text-xs leading-tight font-medium">
          {count(dueCount)}
        </span>
      </button>
    </Tooltip>
  );
}

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
