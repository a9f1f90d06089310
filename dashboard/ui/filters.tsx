/** The filters of a list: a few are always visible, the rest are folded so that a phone need not scroll past them. */
import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import type { ListAddress } from './list-address.ts';

interface FiltersProps {
  readonly address: Pick<ListAddress, 'get' | 'isFiltered' | 'clear'>;
  readonly children: ReactNode;
  /** The folded filters; open at first if the address uses one of them. */
  readonly more: {
    readonly title: string;
    /** Their names in the address. */
    readonly names: readonly string[];
    readonly fields: ReactNode;
  };
}

export function Filters({ address, children, more }: FiltersProps) {
  const [isOpen] = useState(more.names.some((name) => address.get(name) !== undefined));
  return (
    <search aria-label="Filters" className="grid gap-3 border-b px-4 pb-4">
      <div className="grid grid-cols-2 items-start gap-3 lg:grid-cols-4">{children}</div>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <details open={isOpen} className="min-w-0 flex-1">
          <summary className="w-max text-accent">{more.title}</summary>
          <div className="mt-3 grid items-start gap-3 sm:grid-cols-2 lg:grid-cols-5">{more.fields}</div>
        </details>
        {address.isFiltered && (
          <Button isSmall onClick={address.clear}>
            Clear the filters
          </Button>
        )}
      </div>
    </search>
  );
}
