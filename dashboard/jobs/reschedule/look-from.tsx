/** The start of the preview: now, the next clock change, or any instant. */
import { serverNow } from '../../graphql/transport.ts';
import { Button } from '../../ui/button.tsx';
import { InstantField } from '../../ui/field.tsx';
import { Time } from '../../ui/time.tsx';
import { nextClockChange } from './reschedule.rules.ts';

interface LookFromProps {
  readonly timeZone: string;
  /** Undefined: now. */
  readonly value: string | undefined;
  readonly onChange: (after: string | undefined) => void;
}

const BEFORE_MS = 2 * 86_400_000;

export function LookFrom({ timeZone, value, onChange }: LookFromProps) {
  const change = nextClockChange(timeZone.trim(), serverNow());
  return (
    <div className="flex flex-wrap items-start gap-2">
      <div className="w-60">
        <InstantField label="Preview from" hint="Empty: from now." value={value} onInstant={onChange} />
      </div>
      <Button
        className="mt-6"
        disabledBecause={value === undefined ? 'The preview starts now.' : undefined}
        onClick={() => onChange(undefined)}
      >
        Now
      </Button>
      {change !== undefined && (
        <Button
          className="h-auto! min-h-8 py-1 text-left whitespace-normal! sm:mt-6"
          onClick={() => onChange(new Date(change - BEFORE_MS).toISOString())}
        >
          <span>
            When the clocks change, <Time at={new Date(change).toISOString()} as="clock" jobZone={timeZone} />
          </span>
        </Button>
      )}
    </div>
  );
}
