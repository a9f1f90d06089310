/** The ledger as a calendar: each day or hour with its worst outcome. */

import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { SelectField } from '../ui/field.tsx';
import { TONE_LOOKS } from '../ui/text.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { count, counted, FIRE_OUTCOME } from '../ui/words.ts';
import { dayName, hourName, monthName, placesBefore } from './calendar.rules.ts';
import { worstOf } from './fire.rules.ts';
import { OutcomeIcon } from './fires.tsx';
import { type Day, keyOf, type LedgerAddress, VIEWS } from './ledger-address.ts';

const WEEKDAYS = [5, 6, 7, 8, 9, 10, 11].map((day) =>
  new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', weekday: 'short' }).format(Date.UTC(2026, 0, day)),
);

/** How many cells an arrow key moves; `row`: how many are in a row. */
const steps = (row: number): Readonly<Record<string, number>> => ({
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -row,
  ArrowDown: row,
});

/** Arrow keys move between the cells; Enter lists the fires of one. */
function move(event: KeyboardEvent<HTMLElement>, row: number): void {
  const by = steps(row)[event.key];
  const all = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button[data-cell]')];
  const at = all.indexOf(document.activeElement as HTMLButtonElement);
  if (by === undefined || at < 0) return;
  event.preventDefault();
  all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
}

interface CellProps {
  readonly of: Day;
  /** The number that is shown, and the whole name. */
  readonly number: string;
  readonly name: string;
  readonly isHour: boolean;
  readonly isPicked: boolean;
  /** The cell in the tab order; the others are reached by arrow keys. */
  readonly isStop: boolean;
  readonly onPick: () => void;
}

const SHAPE = 'grid min-w-0 content-between rounded-md px-1 py-0.5 text-left text-xs';

function Cell({ of: { dueCount, counts }, number, name, isHour, isPicked, isStop, onPick }: CellProps) {
  const worst = worstOf(counts);
  const shape = `${SHAPE} ${isHour ? 'h-9' : 'h-11'}`;
  if (worst === undefined)
    return (
      <span className={`${shape} text-muted`}>
        <span aria-hidden>{number}</span>
        <span className="sr-only">{name}: no fire</span>
      </span>
    );
  const parts = counts.map((one) => `${count(one.count)} ${FIRE_OUTCOME[one.outcome].text.toLowerCase()}`);
  const text = `${name}: ${counted(dueCount, 'fire', 'fires')}, ${parts.join(', ')}`;
  return (
    <Tooltip text={text}>
      <button
        type="button"
        data-cell
        tabIndex={isStop ? 0 : -1}
        aria-pressed={isPicked}
        onClick={onPick}
        className={`${shape} ${TONE_LOOKS[FIRE_OUTCOME[worst].tone]} hover:brightness-95 ${isPicked ? 'ring-2 ring-accent' : ''}`}
      >
        <span className="sr-only">{text}</span>
        <span aria-hidden className="flex items-center justify-between gap-0.5">
          {number}
          {!isHour && <OutcomeIcon of={worst} />}
        </span>
        <span aria-hidden className="flex justify-end leading-tight font-medium">
          {isHour ? <OutcomeIcon of={worst} /> : <span className="truncate">{count(dueCount)}</span>}
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

export function Calendar({ jobName, days, zone, address }: CalendarProps) {
  const { view, periods, present, stepped, day: picked, set } = address;
  const isHourly = view === 'hours';
  const last = periods.at(-1) ?? '';
  const withFires = days.filter(({ dueCount }) => dueCount > 0);
  const stop = picked ?? withFires.map((one) => keyOf(view, one)).at(-1);
  const cellsOf = (group: readonly Day[]): ReactNode => {
    const isStopHere = group.some((one) => keyOf(view, one) === stop);
    const first = group.find(({ dueCount }) => dueCount > 0);
    return group.map((one) => {
      const key = keyOf(view, one);
      return (
        <Cell
          key={key}
          of={one}
          number={isHourly ? hourName(one.startsAt, zone) : String(Number(one.date.slice(8)))}
          name={isHourly ? `${dayName(one.date)}, ${hourName(one.startsAt, zone)}:00` : dayName(one.date)}
          isHour={isHourly}
          isPicked={key === picked}
          isStop={isStopHere ? key === stop : one === first}
          onPick={() => set({ day: key === picked ? undefined : key })}
        />
      );
    });
  };
  const dates = [...new Set(days.map(({ date }) => date))].reverse();
  return (
    <Card
      title="Calendar"
      hint={`The worst outcome of each ${isHourly ? 'hour' : 'day'}. Choose one to see its fires.`}
      actions={
        <>
          <SelectField
            label="What the calendar shows"
            isLabelHidden
            value={view}
            options={VIEWS}
            onChange={({ target }) => set({ view: target.value, end: undefined, day: undefined })}
          />
          <span className="inline-flex items-center gap-1">
            <IconButton
              icon={ChevronLeft}
              isSmall
              label="Earlier"
              onClick={() => set({ end: stepped(-1), day: undefined })}
            />
            <Button
              isSmall
              disabledBecause={last === present ? 'Already shown.' : undefined}
              onClick={() => set({ end: undefined, day: undefined })}
            >
              Now
            </Button>
            <IconButton
              icon={ChevronRight}
              isSmall
              label="Later"
              disabledBecause={last >= present ? 'The ledger has only past fires.' : undefined}
              onClick={() => set({ end: stepped(1), day: undefined })}
            />
          </span>
        </>
      }
    >
      {isHourly ? (
        <div className="grid gap-1.5">
          {dates.map((date) => (
            <section
              key={date}
              aria-label={`${jobName}, ${dayName(date)}`}
              onKeyDown={(event) => move(event, 12)}
              className="grid items-center gap-x-3 lg:grid-cols-[6rem_minmax(0,1fr)]"
            >
              <h3 className="text-sm text-muted">{dayName(date, 'short')}</h3>
              <div className="grid grid-cols-12 gap-0.5 sm:grid-cols-24">
                {cellsOf(days.filter((one) => one.date === date))}
              </div>
            </section>
          ))}
        </div>
      ) : (
        <div className={`grid gap-x-8 gap-y-4 ${view === '3' ? 'lg:grid-cols-3' : 'max-w-xl'}`}>
          {periods.map((month) => (
            <section
              key={month}
              aria-label={`${jobName}, ${monthName(month)}`}
              onKeyDown={(event) => move(event, 7)}
              className="min-w-0"
            >
              <h3 className="mb-1 text-sm font-medium">{monthName(month)}</h3>
              <div className="grid grid-cols-7 gap-1">
                {WEEKDAYS.map((name) => (
                  <span key={name} aria-hidden className="text-center text-xs text-muted">
                    {name.slice(0, 2)}
                  </span>
                ))}
                {placesBefore(month) > 0 && <span aria-hidden style={{ gridColumn: `span ${placesBefore(month)}` }} />}
                {cellsOf(days.filter(({ date }) => date.startsWith(month)))}
              </div>
            </section>
          ))}
        </div>
      )}
    </Card>
  );
}
