/** Enqueues many accounts from a table: read, map columns, check, send, show the results. */
import { CheckCard } from './check-card.tsx';
import { ColumnsCard } from './columns-card.tsx';
import { draft } from './draft.ts';
import { ResultCard } from './result-card.tsx';
import { sending } from './sending.ts';
import { SourceCard } from './source-card.tsx';

export default function EnqueueMany() {
  const { table } = draft.use();
  const { status } = sending.use();
  if (status !== 'idle') return <ResultCard />;
  if (table === undefined) return <SourceCard />;
  return (
    <>
      <ColumnsCard />
      <CheckCard />
    </>
  );
}
