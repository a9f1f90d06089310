/** Enqueues accounts: one by a form, or many from a table. */

import { lazy, Suspense } from 'react';
import { useSearchParams } from 'wouter';
import { Page, Tabs } from '../ui/page.tsx';
import { EnqueueOne } from './enqueue-one.tsx';

const EnqueueMany = lazy(() => import('./many/enqueue-many.tsx'));

export default function EnqueuePage() {
  const [search, setSearch] = useSearchParams();
  const tab = search.get('tab') === 'many' ? 'many' : 'one';
  return (
    <Page
      title="Enqueue"
      description="A managed account, created at the identity provider and retried until it exists."
    >
      <Tabs
        label="How many"
        value={tab}
        onChange={(chosen) => setSearch(chosen === 'many' ? { tab: 'many' } : {}, { replace: true })}
        tabs={[
          { value: 'one', title: 'One', content: <EnqueueOne /> },
          {
            value: 'many',
            title: 'Many',
            content: (
              <Suspense fallback={null}>
                <EnqueueMany />
              </Suspense>
            ),
          },
        ]}
      />
    </Page>
  );
}
