/** The due time of one or many entries, with buttons for a few common delays. */
import { serverNow } from '../graphql/transport.ts';
import { Button } from '../ui/button.tsx';
import { InstantField } from '../ui/field.tsx';

const SOON: readonly (readonly [text: string, minutes: number])[] = [
  ['In 15 min', 15],
  ['In 1 h', 60],
  ['In 4 h', 240],
  ['In 24 h', 1_440],
];

interface RunAtFieldProps {
  readonly value: string | undefined;
  readonly problem: string | undefined;
  readonly onInstant: (runAt: string | undefined) => void;
}

export const RunAtField = ({ value, problem, onInstant }: RunAtFieldProps) => (
  <>
    <InstantField label="Due at" value={value} onInstant={onInstant} problem={problem} required />
    <fieldset className="flex flex-wrap gap-2">
      <legend className="sr-only">Soon</legend>
      {SOON.map(([text, minutes]) => (
        <Button key={text} isSmall onClick={() => onInstant(new Date(serverNow() + minutes * 60_000).toISOString())}>
          {text}
        </Button>
      ))}
    </fieldset>
  </>
);
