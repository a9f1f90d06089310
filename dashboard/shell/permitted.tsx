/** Shows a page to viewers who may see it, and the reason to those who may not. */
import type { ReactNode } from 'react';
import { usePermissions, useViewer } from '../access/viewer.tsx';
import { Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';

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
