/**
 * The frame of every page: the navigation beside the page or behind a button, the bar above it, and the keyboard
 * shortcuts.
 */

import { Menu as MenuIcon, Search } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { preloadAll, ROUTES } from '../routes.ts';
import { IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { goToRows } from '../ui/table.tsx';
import { AccountMenu } from './account-menu.tsx';
import { Connection, ConnectionNotice } from './connection.tsx';
import { HelpSheet, Keys, TABLES } from './help-sheet.tsx';
import { Navigation } from './navigation.tsx';
import { PageFault } from './page-fault.tsx';
import { useRecentEntries } from './recent-entries.ts';
import { useKeyboard, useShortcut } from './shortcuts.ts';

const loadPalette = () => import('./palette/palette.tsx');
const Palette = lazy(loadPalette);
/**
 * The delay before the palette's and the pages' code is fetched in advance, so that keystrokes right after the shortcut
 * are not lost and the next page opens at once.
 */
const SETTLED_MS = 2_000;

export function Shell({ children }: { readonly children: ReactNode }) {
  const [opened, setOpened] = useState<'palette' | 'help' | 'navigation'>();
  const close = (): void => setOpened(undefined);
  useKeyboard(opened !== undefined);
  useEffect(() => {
    const timer = setTimeout(
      () =>
        void loadPalette()
          .catch(() => undefined)
          .then(preloadAll),
      SETTLED_MS,
    );
    return () => clearTimeout(timer);
  }, []);
  useShortcut({ keys: 'mod+k', does: 'Find an entry or an action', place: 'Everywhere' }, () => setOpened('palette'));
  useShortcut({ keys: '/', does: 'Find an entry or an action', place: 'Everywhere' }, () => setOpened('palette'));
  useShortcut({ keys: '?', does: 'This sheet', place: 'Everywhere' }, () => setOpened('help'));
  useShortcut({ keys: 'j', does: 'To the rows, and to the next one', place: TABLES }, () => goToRows());
  useRecentEntries();
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-panel focus:px-3 focus:py-2"
      >
        To the content
      </a>
      {ROUTES.map(
        ({ path, nav }) => nav !== undefined && <GoKey key={path} path={path} title={nav.title} letter={nav.key} />,
      )}
      <aside className="sticky top-0 hidden h-dvh w-56 shrink-0 overflow-y-auto border-r bg-panel lg:block">
        <Brand />
        <Navigation />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b bg-panel px-3 md:px-6">
          <div className="lg:hidden">
            <IconButton icon={MenuIcon} label="Pages" onClick={() => setOpened('navigation')} />
          </div>
          <button
            type="button"
            onClick={() => setOpened('palette')}
            className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md border bg-ground px-2.5 text-muted hover:border-line-strong sm:max-w-96"
          >
            <Search aria-hidden className="size-4 shrink-0" />
            <span className="flex-1 truncate text-left">Find an entry or an action</span>
            <span className="max-sm:hidden">
              <Keys of="mod+k" />
            </span>
          </button>
          <div className="ml-auto flex items-center gap-2">
            <Connection />
            <AccountMenu onHelp={() => setOpened('help')} />
          </div>
        </header>
        <main id="main" tabIndex={-1} className="min-w-0 flex-1">
          <ConnectionNotice />
          {children}
        </main>
      </div>
      {opened === 'palette' && (
        <PageFault onClose={close}>
          <Suspense fallback={null}>
            <Palette onClose={close} />
          </Suspense>
        </PageFault>
      )}
      {opened === 'help' && <HelpSheet onClose={close} />}
      {opened === 'navigation' && (
        <Dialog title="Family Hub Jobs" onClose={close}>
          <Navigation onGo={close} />
        </Dialog>
      )}
    </div>
  );
}

const Brand = () => (
  <Link href="/" className="flex h-12 items-center gap-2 px-5 font-semibold">
    <img src="/icon.svg" alt="" className="size-5" />
    Family Hub Jobs
  </Link>
);

function GoKey({ path, title, letter }: { readonly path: string; readonly title: string; readonly letter: string }) {
  const [, go] = useLocation();
  useShortcut({ keys: `g ${letter}`, does: title, place: 'Go to' }, () => go(path));
  return null;
}
