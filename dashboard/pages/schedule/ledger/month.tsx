/** One month of the ledger. Arrow keys move between days; Enter lists a day's fires. */
import type { KeyboardEvent } from 'react';
import { worstOf } from '../../../jobs/fire.rules.ts';
import { TONE_LOOKS } from '../../../ui/badge.tsx';
import { Tooltip } from '../../../ui/tooltip.tsx';
import { count, counted, FIRE_OUTCOME } from '../../../ui/words.ts';
import { dayName, monthName, placesBefore } from './calendar.rules.ts';
import type { Day } from './calendar-query.ts';
import { OutcomeIcon } from './outcome-icon.tsx';

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

export function Month({ label, month, days, picked, firstStop, onPick }: MonthProps) {
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
