/** The event types of a webhook: the first few by name, the others in a tooltip. */
import { Fragment } from 'react';
import { Code } from '../ui/copy.tsx';
import { Tooltip } from '../ui/tooltip.tsx';

interface EventTypesProps {
  /** Null: all. */
  readonly types: readonly string[] | null;
  readonly most?: number;
}

export function EventTypes({ types, most = 2 }: EventTypesProps) {
  if (types === null) return <span className="text-muted">All, including future ones</span>;
  const more = types.length - most;
  return (
    <span className="leading-6">
      {types.slice(0, most).map((type) => (
        <Fragment key={type}>
          <Code>{type}</Code>{' '}
        </Fragment>
      ))}
      {more > 0 && (
        <Tooltip text={types.slice(most).join(', ')}>
          <button type="button" className="text-sm whitespace-nowrap text-muted hover:text-text">
            and {more} more
          </button>
        </Tooltip>
      )}
    </span>
  );
}
