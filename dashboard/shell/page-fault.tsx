/** Keeps an error in one page, or in a dialog above it, from breaking the others. */

import { Component, type ReactNode } from 'react';
import { useLocation, useSearch } from 'wouter';
import { usePermissions, useViewer } from '../access/viewer.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';

/** An error belongs to one address: another address starts without it. */
export function PageFault({ onClose, children }: PageFaultProps) {
  const [path] = useLocation();
  const search = useSearch();
  return (
    <Boundary address={`${path}?${search}`} onClose={onClose}>
      {children}
    </Boundary>
  );
}

interface PageFaultProps {
  /** Set for content above the page: the error is then shown in a dialog, which this closes. */
  readonly onClose?: (() => void) | undefined;
  readonly children: ReactNode;
}

interface BoundaryProps extends PageFaultProps {
  readonly address: string;
}

interface State {
  readonly error: Error | undefined;
  readonly address: string;
}

class Boundary extends Component<BoundaryProps, State> {
  override state: State = { error: undefined, address: this.props.address };

  static getDerivedStateFromError(error: Error): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps({ address }: BoundaryProps, state: State): State | null {
    return address === state.address ? null : { error: undefined, address };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    // A newer server has new files, and the old ones are gone.
    const isOld = /dynamically imported module|module script/i.test(error.message);
    const { onClose } = this.props;
    const title = isOld ? 'There is a newer version' : 'This page has an error';
    const notice = (
      <Notice
        tone={isOld ? 'info' : 'bad'}
        isUrgent
        actions={
          <Button isSmall onClick={() => window.location.reload()}>
            Reload
          </Button>
        }
      >
        {isOld ? 'The server was updated while this page was open.' : `The page could not be shown: ${error.message}`}
      </Notice>
    );
    return onClose === undefined ? (
      <Page title={title}>{notice}</Page>
    ) : (
      <Dialog title={title} onClose={onClose}>
        {notice}
      </Dialog>
    );
  }
}

/* A placeholder while a page's code is loading. */

/** `title`: undefined if only the page itself knows it. */
export function LatePage({ title }: { readonly title: string | undefined }) {
  const skeleton = <div aria-hidden className="h-64 animate-pulse rounded-lg bg-raised" />;
  if (title !== undefined) return <Page title={title}>{skeleton}</Page>;
  return <div className="mx-auto max-w-350 px-4 py-5 md:px-6">{skeleton}</div>;
}

/* Shows a page to viewers who may see it, and the reason to those who may not. */

interface PermittedProps {
  readonly title: string | undefined;
  /** The root field that the page requires; undefined when it requires none. */
  readonly needs: string | undefined;
  readonly children: ReactNode;
}

export function Permitted({ title, needs, children }: PermittedProps) {
  const may = usePermissions();
  const { name, role } = useViewer();
  if (needs === undefined) return children;
  const { isAllowed, reason } = may(needs);
  if (isAllowed) return children;
  return (
    <Page title={title ?? 'No access'}>
      <Notice tone="info">
        You are {name} ({role}). {reason}
      </Notice>
    </Page>
  );
}
