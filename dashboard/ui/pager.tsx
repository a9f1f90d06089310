/** Buttons to the previous and next page of a list; nothing when there is only one page. */
import { ArrowLeft, ArrowRight } from 'lucide-react';
import { Button } from './button.tsx';

interface PagerProps {
  readonly of: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly onPage: (page: { readonly after: string | undefined } | { readonly before: string | undefined }) => void;
}

export const Pager = ({ of: { hasNextPage, hasPreviousPage, startCursor, endCursor }, onPage }: PagerProps) =>
  hasNextPage || hasPreviousPage ? (
    <nav aria-label="Pages of the list" className="flex justify-between gap-2 border-t px-4 py-2">
      <Button
        isSmall
        icon={ArrowLeft}
        disabledBecause={hasPreviousPage ? undefined : 'This is the newest page.'}
        onClick={() => onPage({ before: startCursor ?? undefined })}
      >
        Newer
      </Button>
      <Button
        isSmall
        icon={ArrowRight}
        disabledBecause={hasNextPage ? undefined : 'This is the oldest page.'}
        onClick={() => onPage({ after: endCursor ?? undefined })}
      >
        Older
      </Button>
    </nav>
  ) : null;
