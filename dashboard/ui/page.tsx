/** The frame of a page: its title, which also names the browser's tab, a sentence, and its actions. */
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { Breakable } from './breakable.tsx';

interface PageProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** The pages above this one. */
  readonly within?: readonly (readonly [title: string, href: string])[];
  /** Beside the title: a state. */
  readonly badge?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The page that was told last; the first one says itself that it is there. */
let told: string | undefined = window.location.pathname;

/** Those who hear the page are told that it is another one: its heading takes the focus. */
function useFocusOnNewPage() {
  const heading = useRef<HTMLHeadingElement>(null);
  const [location] = useLocation();
  useEffect(() => {
    if (told === location) return;
    told = location;
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [location]);
  // What stood in for a page goes with the focus: the page itself takes it anew.
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
        <div className="min-w-0">
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
          {description !== undefined && <p className="mt-0.5 max-w-prose break-words text-muted">{description}</p>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      <div className="grid gap-4">{children}</div>
    </div>
  );
}
