/** All runs: by schedule, by hand, or as catch-up. */
import { RunsTable } from '../../jobs/runs-table.tsx';
import { Page } from '../../ui/page.tsx';

export default function RunsPage() {
  return (
    <Page
      title="Runs"
      description="One run is one execution of a job: scheduled, by hand, or catching up on a missed fire."
    >
      <RunsTable />
    </Page>
  );
}
