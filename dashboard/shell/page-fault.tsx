/** Keeps a fault of one page from taking the others along. */
import { Component, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';

interface State {
  readonly error: Error | undefined;
}

export class PageFault extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    // A newer server has newer parts, and the old ones are gone.
    const isOld = /dynamically imported module|module script/i.test(error.message);
    return (
      <Page title={isOld ? 'There is a newer version' : 'This page has a fault'}>
        <Notice
          tone={isOld ? 'info' : 'bad'}
          isUrgent
          actions={
            <Button isSmall onClick={() => window.location.reload()}>
              Load it anew
            </Button>
          }
        >
          {isOld ? 'The server was updated while this page was open.' : `It could not be shown: ${error.message}`}
        </Notice>
      </Page>
    );
  }
}
