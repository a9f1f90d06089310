/** Keeps an error in one page, or in a dialog above it, from breaking the others. */
import { Component, type ReactNode } from 'react';
import { useLocation, useSearch } from 'wouter';
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
