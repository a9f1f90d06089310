/** All runs: by schedule, by hand, or as catch-up. */

import { Page } from '../ui/page.tsx';
import { RunsTable } from './runs-table.tsx';

export default function RunsPage() {
  return (
    <Page title="Runs" description="Executions of jobs: scheduled, by hand, or catching up on a missed fire.">
      <RunsTable />
    </Page>
  );
}
