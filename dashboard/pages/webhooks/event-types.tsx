/** Which events a webhook gets: the first few by name, all on hover. */
import { Badge } from '../../ui/badge.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';

interface EventTypesProps {
  /** Null: all. */
  readonly types: readonly string[] | null;
  readonly most?: number;
}

export function EventTypes({ types, most = 2 }: EventTypesProps) {
  if (types === null) return <span className="text-muted">All, those to come too</span>;
  const more = types.length - most;
  return (
    <span className="inline-flex flex-wrap gap-1 max-md:justify-end">
      {types.slice(0, most).map((type) => (
        <Badge key={type}>{type}</Badge>
      ))}
      {more > 0 && (
        <Tooltip text={types.slice(most).join(', ')}>
          <button type="button" className="rounded-full px-1.5 text-xs text-muted hover:text-text">
            and {more} more
          </button>
        </Tooltip>
      )}
    </span>
  );
}
