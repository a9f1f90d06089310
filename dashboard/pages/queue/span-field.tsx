/** A time range: relative to now, or between two timestamps. */
import { useState } from 'react';
import { SPAN_WORDS, type Span, type SpanName } from '../../entries/queue-filter.rules.ts';
import { InstantField, SelectField } from '../../ui/field.tsx';

interface SpanFieldProps {
  readonly label: string;
  readonly names: readonly SpanName[];
  readonly value: Span | undefined;
  readonly onChange: (span: Span | undefined) => void;
}

export function SpanField({ label, names, value, onChange }: SpanFieldProps) {
  const [isOwn, setOwn] = useState(false);
  const between = typeof value === 'object' ? value : undefined;
  const isBetween = isOwn || between !== undefined;
  return (
    <div className="grid content-start gap-2">
      <SelectField
        label={label}
        value={isBetween ? 'between' : typeof value === 'string' ? value : ''}
        options={[
          ['', 'At any time'],
          ...names.map((name) => [name, SPAN_WORDS[name]] as const),
          ['between', 'Between two times'],
        ]}
        onChange={({ target }) => {
          setOwn(target.value === 'between');
          onChange(names.find((name) => name === target.value));
        }}
      />
      {isBetween && (
        <>
          <InstantField
            label={`${label} from`}
            hint="This instant included."
            value={between?.from}
            onInstant={(from) => onChange({ ...between, from })}
          />
          <InstantField
            label={`${label} before`}
            value={between?.to}
            onInstant={(to) => onChange({ ...between, to })}
          />
        </>
      )}
    </div>
  );
}
