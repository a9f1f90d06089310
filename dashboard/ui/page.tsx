/** The frame of a page: its title, which is also the title of the browser's tab, a description, and its actions. */

import * as Radix from '@radix-ui/react-tabs';
import { ArrowLeft, ArrowRight, ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from './button.tsx';
import { Breakable } from './text.tsx';

interface PageProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** The parent pages. */
  readonly within?: readonly (readonly [title: string, href: string])[];
  /** A state, shown beside the title. */
  readonly badge?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The path of the page announced last. The browser announces the first page itself. */
let told: string | undefined = window.location.pathname;

/** Announces a new page to screen readers by moving the focus to its heading. */
function useFocusOnNewPage() {
  const heading = useRef<HTMLHeadingElement>(null);
  const [location] = useLocation();
  useEffect(() => {
    if (told === location) return;
    told = location;
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [location]);
  // A placeholder page loses the focus when it is removed, so the page that replaces it takes the focus again.
  useLayoutEffect(() => {
    const own = heading.current;
    return () => {
      if (own !== null && document.activeElement === own) told = undefined;
    };
  }, []);
  return heading;
}

export function Page({ title, description, within = [], badge, actions, children }: PageProps) {
  const heading = useFocusOnNewPage();
  useEffect(() => {
    document.title = `${title} – Family Hub Jobs`;
  }, [title]);
  return (
    <div className="mx-auto max-w-350 px-4 py-5 md:px-6">
      <header className="mb-4 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-80">
          {within.length > 0 && (
            <nav aria-label="Breadcrumb" className="mb-1 flex flex-wrap items-center gap-1 text-sm text-muted">
              {within.map(([name, href]) => (
                <span key={href} className="inline-flex items-center gap-1">
                  <Link href={href} className="hover:text-text hover:underline">
                    {name}
                  </Link>
                  <ChevronRight aria-hidden className="size-3.5" />
                </span>
              ))}
            </nav>
          )}
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 ref={heading} tabIndex={-1} className="min-w-0 text-xl font-semibold break-words">
              <Breakable text={title} />
            </h1>
            {badge}
          </div>
          {description !== undefined && (
            <p className="mt-0.5 max-w-4xl break-words text-pretty text-muted">{description}</p>
          )}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      <div className="grid gap-4">{children}</div>
    </div>
  );
}

/* Sections of a page, of which one is shown. */

interface TabsProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly tabs: readonly { readonly value: string; readonly title: ReactNode; readonly content: ReactNode }[];
}

export const Tabs = ({ label, value, onChange, tabs }: TabsProps) => (
  <Radix.Root value={value} onValueChange={onChange} className="min-w-0">
    <Radix.List aria-label={label} className="mb-4 flex gap-1 overflow-x-auto overflow-y-hidden border-b">
      {tabs.map((tab) => (
        <Radix.Trigger
          key={tab.value}
          value={tab.value}
          className="-mb-px rounded-t-md border-b-2 border-transparent px-3 py-2 whitespace-nowrap text-muted -outline-offset-2! hover:text-text data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text"
        >
          {tab.title}
        </Radix.Trigger>
      ))}
    </Radix.List>
    {tabs.map((tab) => (
      <Radix.Content key={tab.value} value={tab.value} className="grid gap-4">
        {tab.content}
      </Radix.Content>
    ))}
  </Radix.Root>
);

/* Buttons to the previous and next page of a list; nothing when there is only one page. */

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
